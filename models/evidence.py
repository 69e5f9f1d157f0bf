"""What a ring says of itself, of an account or of a video before any decision: the log-odds every score starts at."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import logit

Columns = Mapping[str, np.ndarray] | pd.DataFrame


@dataclass(frozen=True)
class Evidence:
    """How ring evidence becomes a chance: the score of a ring × how firmly the entity is tied to it.

    It counts when one of the columns `breaks` is 1: the ring breaks a policy that the entity would then break too.
    `score` and `tie` name the feature columns of the two factors, `ring` that of the ring. Anyone else gets `unknown`:
    rare, but not impossible. No chance is nearer to 1 than `unknown` is to 0, as evidence that nobody looked at is
    never certain.
    """

    breaks: tuple[str, ...]
    score: str
    tie: str
    unknown: float
    ring: str = "ring_id"

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
        score, tie = (np.asarray(values[name], np.float64) for name in (self.score, self.tie))
        breaks = np.any([np.asarray(values[name], np.float64) == 1 for name in self.breaks], axis=0)
        held = np.where(breaks, score * np.clip(tie, 0.0, 1.0), 0.0)
        counts = np.nan_to_num(held) > self.unknown
        by_score, both = (
            logit(np.clip(np.where(counts, chance, self.unknown), self.unknown, 1 - self.unknown))
            for chance in (score, held)
        )
        return by_score - self.base, both - by_score

    def base_margin(self, values: Columns) -> np.ndarray:
        """Log-odds by ring evidence alone."""
        score, tie = self.lifts(values)
        return self.base + score + tie

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        return cls(**{**told, "breaks": tuple(told["breaks"])})


def evidence_of(entity_type: str, policy: str, unknown: float) -> Evidence:
    """The evidence that speaks about a policy.

    Of a ring: its own. Of an account: the ring that it is tied to most firmly. Of a video that may be a re-upload: the
    ring that uploads the same work. Of a video whose engagement may be bought: the ring that acts on it, by how surely
    it acts for it.
    """
    if entity_type in ("account", "ring"):
        return Evidence((f"ring_is_{policy}",), "ring_score", "ring_strength", unknown)
    if policy == "coordinated_reupload":
        breaks = (f"copying_ring_is_{policy}",)
        return Evidence(breaks, "copying_ring_score", "copying_ring_tie", unknown, ring="copying_ring_id")
    acting = ("engaging_ring_is_artificial_engagement", "engaging_ring_is_bot_network")
    return Evidence(acting, "engaging_ring_score", "engaging_ring_tie", unknown)


@dataclass(frozen=True)
class Prior:
    """What is known without any decision: ring evidence, and the features of an even sample of the active entities."""

    evidence: Evidence
    sample: pd.DataFrame

    @cached_property
    def margins(self) -> np.ndarray:
        """Log-odds of the sample by ring evidence alone."""
        return self.evidence.base_margin(self.sample)
