"""What chance gives: the null model of co-action, its spread learned from the bulk of pairs, and its tail.

Null model. Accounts and objects keep their degrees (Chung and Lu 2002): of an account's d acts of a kind, each lands on
an object with chance n/D, n being the acts on it and D all acts, both of the kind's ground (see kinds.py). A pair then
meets on λ = d_a·d_b·Σ n(n-1)/D² objects that are at most so crowded. Honest pairs share more than that: country,
interests and hours are not in the degrees. So λ is not taken as known for a pair, but as Gamma-distributed about that
mean, its spread fitted, for each ground, to how many pairs met twice and three times compared with the degrees'
expectation; the count is then negative binomial. Pairs of rings meet oftener than that and do not bend the fit.
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType
from scipy.special import gammaln

from features.links.crowds import CROWDED_LEVELS, LEVELS, PLAIN_LEVELS, Population
from features.links.kinds import KINDS, NUMBER

MIN_SPREAD, MAX_SPREAD = 0.05, 1e3
"""Bounds of the variance of a pair's λ relative to its square."""
MAX_SURPRISE = 300.0
PRIOR_PAIRS = 5.0
"""The fit is drawn towards a spread of 1 with the weight of so many pairs that met twice."""

CROWDED_SHARE = 0.001
"""Of what a kind may claim by chance, so little is left to its crowded levels: a large group needs no sharp eye, and
people of one taste meet on what all like."""
LEVEL_SHARES = np.repeat(
    [(1 - CROWDED_SHARE) / PLAIN_LEVELS, CROWDED_SHARE / CROWDED_LEVELS], [PLAIN_LEVELS, CROWDED_LEVELS]
)

Spread = dict[str, tuple[float, ...]]


def dispersions(counted: DataFrame, found: list[Population]) -> Spread:
    """For each ground and level, the variance of λ relative to its square: Σ x(x-1) over pairs / Σ λ² - 1, x up to 3.

    How far tastes differ is a property of people, not of a verb: the kinds of a ground have one spread. Of a crowded
    level those pairs count that are in one block.
    """
    seen = {(row.kind, row.level, row.met): row.pairs for row in counted.collect()}
    spread: Spread = {}
    for ground in {p.kind.ground for p in found}:
        values = []
        for level in range(LEVELS):
            observed = expected = 0.0
            for p in (p for p in found if p.kind.ground == ground):
                number = NUMBER[p.kind.name]
                observed += 2 * seen.get((number, level, 2), 0) + 6 * seen.get((number, level, 3), 0)
                expected += p.rates[level] ** 2 * p.squared**2 / 2 * p.share_seen(level)
            ratio = (observed + 4 * PRIOR_PAIRS) / (expected + 2 * PRIOR_PAIRS)
            values.append(float(np.clip(ratio - 1, MIN_SPREAD, MAX_SPREAD)))
        spread[ground] = tuple(values)
    return spread


def tail(met: np.ndarray, rate: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """-log10 of a bound on the chance of `met` or more under a negative binomial of mean `rate`.

    Its variance is rate + spread·rate². The bound is the first term times a geometric series, sharp far in the tail.
    """
    shape = 1.0 / spread
    share = rate / (shape + rate)
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


def expected_and_tail(counted: DataFrame, found: list[Population], spread: Spread) -> DataFrame:
    """Rows of pairs and kinds with `surprise`: the best tail over the levels, each paid for by its share."""

    @F.arrow_udf(DoubleType())
    def surprise(kind: pa.Array, degree: pa.Array, other: pa.Array, *met: pa.Array) -> pa.Array:
        kinds = kind.to_numpy(zero_copy_only=False).astype(np.int64)
        both = degree.to_numpy(zero_copy_only=False).astype(float) * other.to_numpy(zero_copy_only=False)
        best = np.zeros(len(kinds))
        for level, counts in enumerate(met):
            count = counts.to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(count)
            tails = tail(count[rows].astype(float), both[rows] * rates[kinds[rows], level], spreads[kinds[rows], level])
            best[rows] = np.maximum(best[rows], tails + np.log10(LEVEL_SHARES[level]))
        return pa.array(np.round(best, 6))

    rates, spreads = np.zeros((len(KINDS), LEVELS)), np.ones((len(KINDS), LEVELS))
    for p in found:
        number = NUMBER[p.kind.name]
        rates[number] = p.rates
        spreads[number] = spread[p.kind.ground]
    return counted.withColumn(
        "surprise", surprise("kind", "degree", "other_degree", *(f"met_{level}" for level in range(LEVELS)))
    )
