"""The words that columns hold: action types, policies, verdicts, statuses."""

VERBS = ("view", "like", "comment", "share", "follow", "report")
RESPONSES = ("like", "comment", "share")
"""What a viewer does who is moved by a video."""
ENTITY_TYPES = ("account", "video", "ring")
ENTITY = ("policy", "entity_type", "entity_id")
"""Identifies what is judged, and for what."""
POLICIES = ("spam_ring", "bot_network", "artificial_engagement", "coordinated_reupload")
VIDEO_POLICIES = ("artificial_engagement", "coordinated_reupload")
DECISIVE = ("violating", "benign")
"""Verdicts that say something of what was judged."""
VERDICTS = (*DECISIVE, "unsure")
DECISION_SOURCES = ("queue", "random_audit", "user_report", "appeal")
SELECTIONS = ("risk", "uncertain", "audit")
MEASURES = {
    "precision": "share of the answered cases that are violating",
    "recall": "share of the violating active accounts with a score at or above the threshold, from random audits",
    "agreement": "share of the cases that two reviewers decided on in which the second said what the first had said",
    "overturned": "share of the appeals that ended otherwise than the verdict before",
    "overdue": "share of the cases that had no answer when they were due",
}
MODEL_STATUSES = ("champion", "challenger", "refused", "retired")

ACTIVE_DAYS = 28
"""An account or video is active at `as_of` when it has an event in this many days before it."""
UNSUPERVISED = "unsupervised"
"""The model_version of scores that rest on ring evidence alone, before a first model is trained."""
