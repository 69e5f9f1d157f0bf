"""A case as a reviewer gets it: its id, when it is due, and why it is here."""

import hashlib
from datetime import date, timedelta

from conf import Policies
from lake.schemas import REVIEW_QUEUE
from lake.store import midnight
from review.capacity import Candidate
from wording.cases import case_evidence


def case_id(as_of: date, policy: str, entity_type: str, entity_id: int) -> str:
    """The same entity, policy and day always make the same id."""
    text = f"{policy}/{entity_type}/{entity_id}/{as_of}"
    return f"{policy}-{entity_type}-{as_of:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def case(as_of: date, policies: Policies, selection: str, one: Candidate, lawful_hours: int | None) -> tuple:
    """The row of a new case; `lawful_hours` is what the law of its countries leaves, None when it says nothing."""
    policy, opened_at = policies.policies[one.policy], midnight(as_of)
    hours = min(policy.due_hours, lawful_hours or policy.due_hours)
    row = {
        "as_of": as_of,
        "case_id": case_id(as_of, *one.key),
        "queue": policy.queue,
        "policy": one.policy,
        "entity_type": one.entity_type,
        "entity_id": one.entity_id,
        "ring_id": one.ring_id,
        "score": one.score,
        "reach": one.reach,
        "priority": one.priority,
        "selection": selection,
        "inclusion_probability": one.inclusion_probability,
        "reasons": [] if selection == "audit" else (one.reasons or []),
        "evidence": case_evidence(selection, vars(one)),
        "opened_at": opened_at,
        "due_at": opened_at + timedelta(hours=hours),
        "ring_size": one.ring_size,
    }
    return tuple(row[name] for name in REVIEW_QUEUE.columns)
