"""Say why a case is in the review queue: what stands out, what its ring did, or that a draw took it."""

from collections.abc import Mapping
from typing import Any

from wording.figures import Clause, joined, listed
from wording.reasons import sentence

DRAWN = "Drawn at random to measure what is missed"
OF_THE_DRAWN = (Clause("{events_28d:,} acts in the last 28 days"), Clause("signed up {age_days:,.0f} days ago"))
"""What an audit tells: nothing of scores or rings, as a reviewer who knew them would find what they say."""
RING_ALONE = "Ring of {ring_size} accounts that act together beyond chance."
NEAR_THE_THRESHOLD = "Near the threshold: the verdict teaches the model most here"
STANDS_OUT = Clause("Stands out: {stands_out}")
OF_RING = {
    "account": Clause("In ring {ring_id}: {ring_evidence}"),
    "video": Clause("By ring {ring_id}: {ring_evidence}"),
}
NOTHING_SINGLE = "The model gives a chance of {score:.0%} that it breaks the policy, for no single reason"


def case_evidence(selection: str, case: Mapping[str, Any]) -> str:
    """Return why a case is in the queue: a candidate by its fields, and the selection that took it."""
    if selection == "audit":
        return joined(": ", (DRAWN, listed(OF_THE_DRAWN, case))) + "."
    if case["entity_type"] == "ring":
        return case["ring_evidence"] or RING_ALONE.format_map(case)
    parts = _parts(case) or [NOTHING_SINGLE.format_map(case)]
    if selection == "uncertain":
        parts.insert(0, NEAR_THE_THRESHOLD)
    return ". ".join(part.rstrip(". ") for part in parts) + "."


def _parts(case: Mapping[str, Any]) -> list[str]:
    """Return what stands out of an account or a video, and the evidence of its ring, as far as there is any."""
    entity_type = case["entity_type"]
    stands_out = sentence(entity_type, case["reasons"] or []) or None
    row = {**case, "stands_out": stands_out, "ring_evidence": case["ring_evidence"] or None}
    return [part for part in (STANDS_OUT.of(row), OF_RING[entity_type].of(row)) if part]
