"""Why a case is in the queue: candidates, and what reviewers read of them."""

import pytest

from wording.cases import case_evidence

REASONS = [
    {"feature": feature, "value": value, "contribution": contribution}
    for feature, value, contribution in (("ring_score", 0.24, 2.0), ("link_count", 3.0, 0.5), ("likes_28d", 0.0, -0.2))
]
STANDS_OUT = (
    "Stands out: its ring is judged abusive with chance 0.24; it acts together with 3 other accounts beyond chance"
)
NO_REASON = "The model gives a chance of 90% that it breaks the policy, for no single reason"
NEAR = "Near the threshold: the verdict teaches the model most here"
UNKNOWN = dict.fromkeys(("ring_id", "ring_size", "ring_evidence", "events_28d", "age_days"))
ACCOUNT = UNKNOWN | {"entity_type": "account", "score": 0.9, "reasons": []}
VIDEO, RING = ACCOUNT | {"entity_type": "video"}, ACCOUNT | {"entity_type": "ring", "ring_size": 10}
OF_RING = {"ring_id": 77, "ring_evidence": "5 accounts (of 2). 1 more."}


@pytest.mark.parametrize(
    ("selection", "case", "words"),
    [
        ("risk", ACCOUNT | {"reasons": REASONS}, f"{STANDS_OUT}."),
        ("risk", ACCOUNT | {"reasons": REASONS} | OF_RING, f"{STANDS_OUT}. In ring 77: 5 accounts (of 2). 1 more."),
        ("risk", VIDEO | OF_RING, "By ring 77: 5 accounts (of 2). 1 more."),
        ("risk", ACCOUNT | {"reasons": None}, f"{NO_REASON}."),
        ("risk", ACCOUNT | {"reasons": REASONS[2:], "ring_evidence": ""}, f"{NO_REASON}."),
        ("risk", RING | OF_RING, "5 accounts (of 2). 1 more."),
        ("risk", RING, "Ring of 10 accounts that act together beyond chance."),
        ("uncertain", ACCOUNT | {"reasons": REASONS}, f"{NEAR}. {STANDS_OUT}."),
        ("uncertain", ACCOUNT, f"{NEAR}. {NO_REASON}."),
        ("audit", ACCOUNT | {"reasons": REASONS} | OF_RING, "Drawn at random to measure what is missed."),
        (
            "audit",
            ACCOUNT | {"events_28d": 1_031, "age_days": 1_427.2},
            "Drawn at random to measure what is missed: 1,031 acts in the last 28 days, signed up 1,427 days ago.",
        ),
        ("audit", ACCOUNT | {"age_days": 3.0}, "Drawn at random to measure what is missed: signed up 3 days ago."),
    ],
)
def test_a_case_says_why_it_is_here(selection, case, words):
    assert case_evidence(selection, case) == words
