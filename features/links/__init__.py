"""Find links: pairs of accounts that act together beyond chance, and the evidence of each.

`comparable_actions` brings actions of every kind into one form. `linked` finds the pairs that share unlikely objects,
tests them kind by kind, and combines the kinds. `at_false_discovery_rate` says which pairs to keep.
"""

from features.links.actions import comparable_actions
from features.links.audiences import non_engaging_repeat_viewers, watching
from features.links.combine import account_links, at_false_discovery_rate
from features.links.cosharing import co_sharing
from features.links.evidence import linked
from features.links.templates import shared_templates, templates
from features.links.works import shared_works, works

__all__ = [
    "account_links",
    "at_false_discovery_rate",
    "co_sharing",
    "comparable_actions",
    "linked",
    "non_engaging_repeat_viewers",
    "shared_templates",
    "shared_works",
    "templates",
    "watching",
    "works",
]
