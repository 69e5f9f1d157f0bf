"""A case as a reviewer gets it: its id, when it is due, and why it is here in words."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from conf import Policies
from lake.schemas import REVIEW_QUEUE
from lake.store import midnight
from review.capacity import Candidate

Words = Callable[[str, list[Any]], str]
"""Puts reasons about an entity of a type into words: the strongest that speak for violating, on one line; empty when
none does.
"""


def case_id(as_of: date, policy: str, entity_type: str, entity_id: int) -> str:
    """The same entity, policy and day always make the same id."""
    text = f"{policy}/{entity_type}/{entity_id}/{as_of}"
    return f"{policy}-{entity_type}-{as_of:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def evidence(selection: str, one: Candidate, words: Words) -> str:
    """Why the case is here.

    An audit says nothing of scores or rings: a reviewer who knew them would find what they say.
    """
    if selection == "audit":
        return _audit_evidence(one)
    if one.entity_type == "ring":
        return one.ring_evidence or f"Ring of {one.ring_size} accounts that act together beyond chance."
    parts = []
    if reasons := words(one.entity_type, one.reasons or []):
        parts.append(f"Stands out: {reasons}")
    if one.ring_evidence:
        whose = "In" if one.entity_type == "account" else "By"
        parts.append(f"{whose} ring {one.ring_id}: {one.ring_evidence}")
    if not parts:
        parts.append(f"The model gives a chance of {one.score:.0%} that it breaks the policy, for no single reason")
    if selection == "uncertain":
        parts.insert(0, "Near the threshold: the verdict teaches the model most here")
    return ". ".join(part.rstrip(". ") for part in parts) + "."


def _audit_evidence(one: Candidate) -> str:
    facts = []
    if one.events_28d is not None:
        facts.append(f"{one.events_28d:,} acts in the last 28 days")
    if one.age_days is not None:
        facts.append(f"signed up {one.age_days:,.0f} days ago")
    return "Drawn at random to measure what is missed" + (f": {', '.join(facts)}." if facts else ".")


def case(
    as_of: date,
    policies: Policies,
    selection: str,
    one: Candidate,
    lawful_hours: int | None,
    words: Words,
) -> tuple:
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
        "evidence": evidence(selection, one, words),
        "opened_at": opened_at,
        "due_at": opened_at + timedelta(hours=hours),
        "ring_size": one.ring_size,
    }
    return tuple(row[name] for name in REVIEW_QUEUE.columns)
