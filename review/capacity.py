"""Sharing out the day's capacity: how many cases each selection may open, and what becomes of capacity that is left."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conf import Policies


@dataclass(frozen=True)
class Stock:
    """What a policy has to choose from: risk entities above its floor, uncertain ones, rings to explore on a cold
    start, active accounts.
    """

    risk: int = 0
    uncertain: int = 0
    explorable: int = 0
    active: int = 0


@dataclass(frozen=True)
class Plan:
    """How many cases a policy's draws aim at; risk takes what is left."""

    audit: float
    uncertain: float
    explore: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """An entity that may become a case, and what a case says about it."""

    policy: str
    entity_type: str
    entity_id: int
    ring_id: int | None
    score: float
    reach: int
    priority: float
    flagged: bool = True
    inclusion_probability: float = 1.0
    order: float = 0.0
    reasons: list[Any] = field(default_factory=list, compare=False)
    ring_size: int | None = None
    ring_evidence: str | None = None
    events_28d: int | None = None
    age_days: float | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.policy, self.entity_type, self.entity_id

    @property
    def rank(self) -> tuple[bool, float, str, int]:
        """Flagged ones first, of these and of the others highest priority first, ties by key."""
        return not self.flagged, -self.priority, self.entity_type, self.entity_id


def plan(policies: Policies, stock: Mapping[str, Stock]) -> dict[str, Plan]:
    """How many audits, uncertain cases and rings that are explored to draw for each policy.

    Each policy's shares first. Capacity that its risk cannot use goes to the risk of other policies of its queue; what
    no risk of the queue can use goes to the policy's uncertain cases, then to audits: a quiet day is a day to measure.
    A share of 0 switches that draw off.
    """
    review = policies.review
    plans: dict[str, Plan] = {}
    for members in _queues(policies).values():
        shares, spare, need = {}, {}, {}
        for name in members:
            has, capacity = stock.get(name, Stock()), policies.policies[name].capacity
            audit = min(capacity * review.audit_share, has.active)
            uncertain = min(capacity * review.uncertain_share, has.uncertain, capacity - audit)
            explore = min(capacity * review.explore_share, has.explorable, capacity - audit - uncertain)
            remaining = capacity - audit - uncertain - explore
            shares[name] = Plan(audit, uncertain, explore)
            spare[name], need[name] = max(0.0, remaining - has.risk), max(0.0, has.risk - remaining)
        total = sum(spare.values())
        unused = max(0.0, total - sum(need.values()))
        for name in members:
            own = unused * spare[name] / total if total else 0.0
            has, base = stock.get(name, Stock()), shares[name]
            more_uncertain = min(own, has.uncertain - base.uncertain) if review.uncertain_share else 0.0
            more_audits = min(own - more_uncertain, has.active - base.audit) if review.audit_share else 0.0
            plans[name] = Plan(base.audit + more_audits, base.uncertain + more_uncertain, base.explore)
    return plans


def subsampled(drawn: list[Candidate], remaining: int) -> list[Candidate]:
    """A draw that fits: a simple random part of it when it holds more than `remaining`, its probabilities times it.

    The two-phase probability keeps weighted sums unbiased (Saerndal, Swensson & Wretman 1992, chapter 9).
    """
    if len(drawn) <= remaining:
        return drawn
    part = remaining / len(drawn)
    kept = sorted(drawn, key=lambda one: (one.order, one.key))[:remaining]
    return [replace(one, inclusion_probability=one.inclusion_probability * part) for one in kept]


def fill(
    policies: Policies,
    audits: Iterable[Candidate],
    uncertain: Iterable[Candidate],
    risk: Iterable[Candidate],
) -> list[tuple[str, Candidate]]:
    """(selection, candidate) of each new case, never more than the capacity of any queue.

    Audits come first, whatever else would take them; then uncertain cases that are no audit; then risk cases that are
    neither: those that are flagged, the best-ranked first, up to the policy's capacity, then those of the queue's other
    policies; what is left goes to risk cases that are not flagged in the same way.
    """
    by_policy: dict[str, dict[str, list[Candidate]]] = {name: defaultdict(list) for name in policies.policies}
    for selection, candidates in (("audit", audits), ("uncertain", uncertain), ("risk", risk)):
        for one in candidates:
            by_policy[one.policy][selection].append(one)
    chosen: list[tuple[str, Candidate]] = []
    for members in _queues(policies).values():
        remaining_by_policy: dict[str, int] = {}
        risky: dict[str, list[Candidate]] = {}
        for name in members:
            capacity = policies.policies[name].capacity
            taken: set[tuple[str, str, int]] = set()
            for selection in ("audit", "uncertain"):
                fresh = [one for one in by_policy[name][selection] if one.key not in taken]
                kept = subsampled(fresh, capacity - len(taken))
                taken |= {one.key for one in kept}
                chosen += [(selection, one) for one in sorted(kept, key=lambda one: one.rank)]
            remaining_by_policy[name] = capacity - len(taken)
            risky[name] = [one for one in by_policy[name]["risk"] if one.key not in taken]
        chosen += [("risk", one) for one in shared_out(remaining_by_policy, risky)]
    return chosen


def shared_out(remaining_by_policy: Mapping[str, int], risky: Mapping[str, Sequence[Candidate]]) -> list[Candidate]:
    """The risk cases of one queue, whose policies have so many cases left: no more than all of it.

    What is flagged goes before all else, whatever its policy; each policy's own part goes to its own first.
    """
    own, left = dict(remaining_by_policy), sum(remaining_by_policy.values())
    chosen: list[Candidate] = []
    for flagged in (True, False):
        first, then = [], []
        for name, candidates in risky.items():
            ranked = sorted((one for one in candidates if one.flagged == flagged), key=lambda one: one.rank)
            first += ranked[: own[name]]
            then += ranked[own[name] :]
            own[name] -= min(own[name], len(ranked))
        for some in (first, then):
            some.sort(key=lambda one: (one.rank, one.policy))
            chosen += some[: left - len(chosen)]
    return chosen


def _queues(policies: Policies) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for name, policy in policies.policies.items():
        members[policy.queue].append(name)
    return members
