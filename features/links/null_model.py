"""Test co-actions against a null model in which accounts and objects keep their degrees.

Null model (Chung and Lu 2002): of the d actions of an account in a source, each falls on an object with probability
n/D, where n counts the actions on that object and D all actions, both over the null-model pool of the kind (kinds.py).
Two accounts then share λ = d_a·d_b·Σ n(n-1)/D² objects of at most a given degree. Honest pairs share more than that:
country, interests and hours are not in the degrees. So λ is taken as the mean of a gamma distribution; its dispersion
is fitted, for each pool, to how many pairs share two and three objects compared with what the degrees give. The count
is then negative binomial. Pairs of rings share more objects than that, and do not bend the fit.
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType
from scipy.special import gammaln

from features.links.degrees import BLOCKED_LEVELS, EXHAUSTIVE_LEVELS, LEVELS, KindTotals
from features.links.kinds import KINDS, NUMBER

MIN_DISPERSION, MAX_DISPERSION = 0.05, 1e3
"""Bounds of the dispersion: the variance of a pair's λ relative to its square."""
MAX_SURPRISE = 300.0
PRIOR_PAIRS = 5.0
"""The fit is shrunk towards a dispersion of 1 with the weight of so many pairs that share two objects."""

BLOCKED_SHARE = 0.001
"""Share of a kind's error that is spent on its blocked levels. It is small: a large group needs no sharp test, and
people of one taste share objects that everybody likes.
"""
LEVEL_SHARES = np.repeat(
    [(1 - BLOCKED_SHARE) / EXHAUSTIVE_LEVELS, BLOCKED_SHARE / BLOCKED_LEVELS], [EXHAUSTIVE_LEVELS, BLOCKED_LEVELS]
)

Dispersions = dict[str, tuple[float, ...]]


def dispersions(counts: DataFrame, totals: list[KindTotals]) -> Dispersions:
    """Fit the dispersion of each null-model pool and level: Σ x(x-1) over pairs / Σ λ² - 1, for x up to 3.

    `counts` has kind, level, met, pairs, as `sampled_counts` gives them. How far tastes differ is a property of people,
    not of a verb: the kinds of a pool have one dispersion. Of a blocked level, the pairs within one hash block count.
    """
    pair_counts = {(row.kind, row.level, row.met): row.pairs for row in counts.collect()}
    dispersion: Dispersions = {}
    for pool in {p.kind.pool for p in totals}:
        values = []
        for level in range(LEVELS):
            observed = expected = 0.0
            for p in (p for p in totals if p.kind.pool == pool):
                number = NUMBER[p.kind.name]
                observed += 2 * pair_counts.get((number, level, 2), 0) + 6 * pair_counts.get((number, level, 3), 0)
                expected += p.match_probability[level] ** 2 * p.sum_sq_degrees**2 / 2 * p.share_tested(level)
            ratio = (observed + 4 * PRIOR_PAIRS) / (expected + 2 * PRIOR_PAIRS)
            values.append(float(np.clip(ratio - 1, MIN_DISPERSION, MAX_DISPERSION)))
        dispersion[pool] = tuple(values)
    return dispersion


def upper_tail_surprise(met: np.ndarray, expected: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Return the -log10 of an upper bound on the probability of `met` or more shared objects.

    The count is negative binomial with mean `expected` and variance expected + dispersion·expected². The bound is the
    first term times a geometric series, which is sharp far in the tail.
    """
    shape = 1.0 / dispersion
    share = expected / (shape + expected)
    term = (
        gammaln(shape + met)
        - gammaln(shape)
        - gammaln(met + 1)
        + met * np.log(np.maximum(share, 1e-300))
        + shape * np.log1p(-share)
    )
    ratio = share * (shape + met) / (met + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = np.where(ratio < 1, term - np.log1p(-np.minimum(ratio, 1 - 1e-12)), 0.0)
    return np.clip(np.where(met > 0, -log_p / np.log(10), 0.0), 0.0, MAX_SURPRISE)


def with_kind_surprise(counts: DataFrame, totals: list[KindTotals], dispersion: Dispersions) -> DataFrame:
    """Add `surprise` to rows of pairs and kinds: the best upper tail over the levels.

    Each level is corrected by its share of the error (LEVEL_SHARES). Columns in: kind, degree, other_degree, and met_0,
    met_1 ... with the number of objects shared at each level.
    """

    @F.arrow_udf(DoubleType())
    def surprise(kind: pa.Array, degree: pa.Array, other: pa.Array, *met: pa.Array) -> pa.Array:
        kinds = kind.to_numpy(zero_copy_only=False).astype(np.int64)
        degree_product = degree.to_numpy(zero_copy_only=False).astype(float) * other.to_numpy(zero_copy_only=False)
        best = np.zeros(len(kinds))
        for level, met_at_level in enumerate(met):
            count = met_at_level.to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(count)
            tails = upper_tail_surprise(
                count[rows].astype(float),
                degree_product[rows] * match_probability[kinds[rows], level],
                dispersion_of[kinds[rows], level],
            )
            best[rows] = np.maximum(best[rows], tails + np.log10(LEVEL_SHARES[level]))
        return pa.array(np.round(best, 6))

    match_probability, dispersion_of = np.zeros((len(KINDS), LEVELS)), np.ones((len(KINDS), LEVELS))
    for p in totals:
        number = NUMBER[p.kind.name]
        match_probability[number] = p.match_probability
        dispersion_of[number] = dispersion[p.kind.pool]
    return counts.withColumn(
        "surprise", surprise("kind", "degree", "other_degree", *(f"met_{level}" for level in range(LEVELS)))
    )
