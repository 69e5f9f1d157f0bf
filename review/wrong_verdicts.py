"""How often verdicts are wrong: what is believed beforehand, and what verdicts that were given twice tell of it.

Sources:

- Joseph, Gyorkos & Coupal 1995, Gelman & Carpenter 2020: that it is uncertain is a part of what is estimated.
- Ibrahim & Chen 2000: a power prior, for evidence from elsewhere that counts in part.
- Roberts 2018: the additive sequence of points that fills a cube evenly in any dimension.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from scipy.special import betaincinv

from conf import Prevalence
from lake.schemas import DECISIVE
from lake.store import before, only_row
from review.design_based import Floats

PAIRS = 256
"""Pairs of chances of a false positive and of a false negative that are looked at."""
CELLS = 384
"""Shares that are looked at in each stratum."""
EDGES = np.square(np.sin(np.pi / 2 * np.arange(CELLS + 1) / CELLS))
SHARES = np.square(np.sin(np.pi / 2 * (np.arange(CELLS) + 0.5) / CELLS))
"""Shares at even steps of the angle whose squared sine they are: close together near 0 and 1, where it matters."""


@dataclass(frozen=True)
class Errors:
    """What is known of wrong verdicts: pairs of chances, of a false positive (violating is said of a benign account)
    and of a false negative, each pair with its weight. The weights add up to 1.
    """

    false_positives: Floats
    false_negatives: Floats
    weights: Floats
    chances: Floats = field(repr=False)
    """Logarithms of the chances of what reviewers say of an account: a row for each kind of `posterior.said`, which
    holds every pair at every share of SHARES, and a last one for no verdict of before. Of the first four kinds the
    shares are those of violating accounts among the ones that are not known; of the last two, those of known ones among
    all."""

    @property
    def means(self) -> tuple[float, float]:
        """Expected chances of a false positive and of a false negative."""
        return float(self.weights @ self.false_positives), float(self.weights @ self.false_negatives)

    @property
    def false_positive_rate(self) -> tuple[float, float]:
        """The chance of a false positive and its variance."""
        mean = self.means[0]
        return mean, float(self.weights @ np.square(self.false_positives - mean))


def believed_errors(false_positives: tuple[float, float], false_negatives: tuple[float, float]) -> Errors:
    """Make what is known of errors before any verdict was given twice, out of beta distributions.

    Each is the mean and the number of verdicts that the belief is worth (the sum of the parameters). The pairs fill
    the plane of both distributions evenly, no chance twice: where only one of the two matters, all pairs tell of it.
    Large chances have more pairs of less weight (importance sampling), for audits that make them likely after all.
    """
    from_top = 1 - even_points(2, PAIRS)
    fpr, fnr = (
        np.asarray(betaincinv(mean * verdicts, (1 - mean) * verdicts, 1 - np.square(left)))
        for (mean, verdicts), left in zip((false_positives, false_negatives), from_top, strict=True)
    )
    weights = from_top.prod(axis=0)
    return Errors(fpr, fnr, weights / weights.sum(), _chances(fpr[:, None], fnr[:, None]))


def _chances(fpr: Floats, fnr: Floats) -> Floats:
    chances = (
        SHARES * fnr + (1 - SHARES) * (1 - fpr),
        SHARES * (1 - fnr) + (1 - SHARES) * fpr,
        SHARES * np.square(1 - fnr) + (1 - SHARES) * np.square(fpr),
        SHARES * (1 - fnr) * fnr + (1 - SHARES) * fpr * (1 - fpr),
        SHARES * (1 - fnr) + 0 * fpr,
        1 - SHARES * (1 - fnr) + 0 * fpr,
    )
    return np.log(np.maximum(np.stack(chances), 1e-300)).reshape(len(chances), -1)


def learned_errors(believed: Errors, violating: float, differ: float, benign: float, weight: float) -> Errors:
    """Update what is known of errors by numbers of doubles: pairs of independent verdicts on one entity and policy.

    Of the pairs both verdicts are violating, they differ, or both are benign. How many of the entities are violating is
    unknown (Jeffreys' prior). Doubles are of cases that somebody flagged, where errors may be as common as in audits or
    not: each counts for `weight` of a pair.
    """
    fpr, fnr = believed.false_positives[:, None], believed.false_negatives[:, None]
    both = SHARES * np.square(1 - fnr) + (1 - SHARES) * np.square(fpr)
    neither = SHARES * np.square(fnr) + (1 - SHARES) * np.square(1 - fpr)
    apart = np.maximum(1 - both - neither, 1e-12)
    log = weight * (violating * np.log(both) + differ * np.log(apart) + benign * np.log(neither))
    return reweighted(believed, np.log(np.exp(log - log.max()).sum(axis=1) + 1e-300))


def reweighted(errors: Errors, log_likelihood: Floats) -> Errors:
    """Update the weights of all pairs by the logarithm of how likely each makes what was seen."""
    weights = errors.weights * np.exp(log_likelihood - log_likelihood.max())
    return replace(errors, weights=weights / weights.sum())


def even_points(dimensions: int, size: int) -> Floats:
    """Make points that fill a cube evenly: a row for each dimension."""
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + steps[:, None] * np.arange(1, size + 1)) % 1)


def twice_decided(decisions: DataFrame, as_of: date, settings: Prevalence) -> DataFrame:
    """One row: `pairs` of verdicts in succession by two reviewers on the same entity and policy; in how many they
    `differ`, and in how many both are `violating`.

    Appeals are left out, and second reviews (which `decisions` must not hold): both are chosen by the verdict.
    """
    order = Window.partitionBy("entity_type", "entity_id", "policy").orderBy("decided_at", "decision_id")
    pairs = (
        decisions.where((F.col("source") != "appeal") & F.col("verdict").isin(*DECISIVE))
        .where(F.col("decided_at") >= before(as_of - timedelta(settings.error_days)))
        .select(
            "verdict",
            "reviewer_id",
            F.lag("verdict").over(order).alias("verdict_before"),
            F.lag("reviewer_id").over(order).alias("reviewer_before"),
        )
        .where(F.col("reviewer_before") != F.col("reviewer_id"))
    )
    differ = F.col("verdict") != F.col("verdict_before")
    return pairs.agg(
        F.count("*").alias("pairs"),
        F.count_if(differ).alias("differ"),
        F.count_if(~differ & (F.col("verdict") == "violating")).alias("violating"),
    )


def verdict_errors(decisions: DataFrame, as_of: date, settings: Prevalence) -> tuple[Errors, int]:
    """What is known of wrong verdicts before the audits are looked at, and the number of pairs that tell."""
    twice = only_row(twice_decided(decisions, as_of, settings))
    fpr, fnr = settings.false_positives, settings.false_negatives
    believed = believed_errors((fpr.share, fpr.verdicts), (fnr.share, fnr.verdicts))
    benign = twice.pairs - twice.differ - twice.violating
    return learned_errors(believed, twice.violating, twice.differ, benign, settings.double_weight), twice.pairs
