"""What a ring says of itself, of an account or of a video before any decision: the log-odds every score starts at."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import logit

from features.membership import member_chance
from lake.schemas import POLICIES

BELIEVED = 2.0
"""Decisions that an unlearned share is worth."""
Columns = Mapping[str, np.ndarray] | pd.DataFrame


@dataclass(frozen=True)
class Evidence:
    """How ring evidence becomes a chance: the score of a ring × how firmly the entity is tied to it.

    It counts as far as `shares` say where one of the columns `breaks` is 1: the ring breaks a policy, and that share of
    the members of such rings breaks this one too; all of them where no shares are told. `score` and `tie` name the
    feature columns of the two factors, `ring` that of the ring. Anyone else gets `unknown`: rare, but not impossible.
    No chance is nearer to 1 than `unknown` is to 0, as evidence that nobody looked at is never certain.
    """

    breaks: tuple[str, ...]
    score: str
    tie: str
    unknown: float
    ring: str = "ring_id"
    shares: tuple[float, ...] = ()

    @property
    def columns(self) -> list[str]:
        return [*self.breaks, self.score, self.tie]

    def with_features(self, features: Sequence[str]) -> list[str]:
        """The columns that this evidence looks at, and `features`, which trees do."""
        return sorted({*features, *self.columns})

    @property
    def base(self) -> float:
        """Log-odds of an entity in no such ring."""
        return float(logit(self.unknown))

    def lifts(self, values: Columns) -> tuple[np.ndarray, np.ndarray]:
        """How far the ring's score lifts the log-odds above `base`, and how much the tie takes back of it.

        `values` has the columns by name; NaN is unknown and lifts nothing.
        """
        score = np.asarray(values[self.score], np.float64)
        held = self._abusive(values) * self._breaking(values)
        counts = np.nan_to_num(held) > self.unknown
        by_score, both = (
            logit(np.clip(np.where(counts, chance, self.unknown), self.unknown, 1 - self.unknown))
            for chance in (score, held)
        )
        return by_score - self.base, both - by_score

    def _abusive(self, values: Columns) -> np.ndarray:
        """The chance of belonging to an abusive ring, whatever that breaks; NaN is unknown."""
        score, tie = (np.asarray(values[name], np.float64) for name in (self.score, self.tie))
        return member_chance(score, np.clip(tie, 0.0, 1.0))

    def _breaking(self, values: Columns) -> np.ndarray:
        """The share of those who belong to the entity's ring, were it abusive, that break the policy."""
        shares = self.shares or (1.0,) * len(self.breaks)
        told = [
            np.where(np.asarray(values[name], np.float64) == 1, share, 0.0)
            for name, share in zip(self.breaks, shares, strict=True)
        ]
        return np.max(told, axis=0)

    def learned(self, values: Columns, labels: np.ndarray) -> Self:
        """The same with shares as decisions tell them: of the decided members of rings of each policy, each counted by
        the chance that the ring is abusive and theirs, how many are violating.

        Platforms call the same behaviour by different names: who uploads stolen films is a spammer on one, and on
        another that is a policy of its own. What is believed beforehand counts as `BELIEVED` decisions.
        """
        if not self.shares:
            return self
        abusive = np.nan_to_num(self._abusive(values))
        of_rings = [np.where(np.asarray(values[name], np.float64) == 1, abusive, 0.0) for name in self.breaks]
        return self.counted(
            {name: (each.sum(), each @ labels) for name, each in zip(self.breaks, of_rings, strict=True)}
        )

    def counted(self, decided: Mapping[str, tuple[float, float]]) -> Self:
        """As `learned`, from how many members of rings of each of `breaks` are decided, and how many are violating."""
        shares = [
            float((violating + BELIEVED * believed) / (members + BELIEVED))
            for (members, violating), believed in zip(map(decided.__getitem__, self.breaks), self.shares, strict=True)
        ]
        return replace(self, shares=tuple(shares))

    def base_margin(self, values: Columns) -> np.ndarray:
        """Log-odds by ring evidence alone."""
        score, tie = self.lifts(values)
        return self.base + score + tie

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        return cls(**{**told, "breaks": tuple(told["breaks"]), "shares": tuple(told.get("shares", ()))})


def evidence_of(entity_type: str, policy: str, unknown: float) -> Evidence:
    """The evidence that speaks about a policy.

    Of a ring: its own. Of an account: the ring that it is tied to most firmly, which says of its own policy alone until
    decisions say otherwise (`Evidence.learned`). Of a video that may be a re-upload: the ring that uploads the same
    work. Of a video and any other policy, such as that its engagement may be bought: the ring that acts on it, one of
    that policy or of bots, by how surely it acts for it.
    """
    if entity_type == "account":
        shares = {f"ring_is_{name}": float(name == policy) for name in POLICIES}
        return Evidence(tuple(shares), "ring_score", "ring_strength", unknown, shares=tuple(shares.values()))
    if entity_type == "ring":
        return Evidence((f"ring_is_{policy}",), "ring_score", "ring_strength", unknown)
    if policy == "coordinated_reupload":
        breaks = (f"copying_ring_is_{policy}",)
        return Evidence(breaks, "copying_ring_score", "copying_ring_tie", unknown, ring="copying_ring_id")
    acting = (f"engaging_ring_is_{policy}", "engaging_ring_is_bot_network")
    return Evidence(acting, "engaging_ring_score", "engaging_ring_tie", unknown)


@dataclass(frozen=True)
class Prior:
    """What is known without any decision: ring evidence, and the features of an even sample of the active entities."""

    evidence: Evidence
    sample: pd.DataFrame

    def learned(self, features: pd.DataFrame, labels: np.ndarray) -> "Prior":
        """The same with evidence whose shares decisions have told."""
        return Prior(self.evidence.learned(features, labels), self.sample)

    @cached_property
    def margins(self) -> np.ndarray:
        """Log-odds of the sample by ring evidence alone."""
        return self.evidence.base_margin(self.sample)
