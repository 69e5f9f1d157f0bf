"""Combine the surprises of a pair's kinds into one, and set how surprising a pair must be to be kept."""

from collections.abc import Callable
from itertools import accumulate
from math import comb, log, log10
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from scipy.optimize import brentq

from conf import LinkLimits
from engine.portable import rounded
from features.links.kinds import KINDS

PAIR = ["account_id", "other_account_id"]
CORRECTED_KINDS = 23
"""The kinds that combinations are taken to be chosen from. The correction does not count those that there are: a kind
that is added changes no other's surprise. Each leaves the surprise of one kind too large by less than 0.02.
"""
MAX_COMBINED_KINDS = 4
"""At most this many of a pair's kinds are n_kinds, those of the largest surprise."""
TOLERANCE = 1e-6
BINS_PER_UNIT = 10
"""Resolution at which the threshold is searched: bins per unit of surprise."""


def from_both_ends(pairs: DataFrame) -> DataFrame:
    """Return pairs (account_id, other_account_id, ...) from either end: twice the rows, the same columns."""
    swapped = dict(zip(PAIR, reversed(PAIR), strict=True))
    return pairs.unionByName(pairs.select(*(F.col(name).alias(swapped.get(name, name)) for name in pairs.columns)))


def rows_of_pairs(rows: DataFrame, pairs: DataFrame) -> DataFrame:
    """Keep the rows of the given pairs; `pairs` has the two columns of a pair and each pair once.

    This is no semi-join: over a union, Spark would make one for each part, and compute `pairs` as often.
    """
    return rows.join(pairs, on=PAIR, how="inner")


def with_combined_surprise(pairs: DataFrame, surprises: Column) -> DataFrame:
    """Add `surprise`: the -log10 of the p-value of the best combination of a pair's kinds.

    `surprises` is the array of the kinds' surprises, with null for a kind that is not shared, or null where no
    combination could exceed 0. Kinds share no object, and are taken as independent. A product of the j smallest of K
    p-values is as unlikely as Fisher's method says for j of them, times a multiplicity: the ways to choose j of K,
    times the number of j that are tried.
    """
    # Each step is a column of its own: within one expression, Spark computes a subexpression once per mention.
    largest = pairs.withColumn("largest", F.sort_array(surprises, asc=False))
    sums = accumulate((F.get("largest", F.lit(rank)) for rank in range(MAX_COMBINED_KINDS)), Column.__add__)
    totals = {f"total_{n_kinds}": total for n_kinds, total in enumerate(sums, start=1)}
    combinations = [_fisher_surprise(F.col(name), n_kinds, _log10_of) for n_kinds, name in enumerate(totals, start=1)]
    combined = rounded(F.greatest(F.lit(0.0), *combinations), 6)
    return largest.withColumns(totals).withColumn("surprise", combined).drop("largest", *totals)


def _fisher_surprise(total: Any, n_kinds: int, log_10: Callable[[Any], Any]) -> Any:
    """Return the surprise of so many kinds whose surprises sum to `total`; of numbers and columns alike."""
    series = term = 1.0
    for i in range(1, n_kinds):
        term = term * total * log(10) / float(i)
        series = series + term
    return total - log_10(series) - _log10_multiplicity(n_kinds)


def _log10_of(value: Column | float) -> Column:
    """Return the log10 of a column or a number as a column."""
    return F.log10(F.lit(value))


def _log10_multiplicity(n_kinds: int) -> float:
    """Return the log10 of the number of combinations of so many kinds that are tried."""
    return log10(comb(CORRECTED_KINDS, n_kinds) * MAX_COMBINED_KINDS)


def rows_of_candidate_pairs(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """Keep the rows of pairs whose n_kinds surprise may reach `min_pair_surprise`.

    Either one kind has enough alone, or all sum to what two kinds need; more than two need more. Few pairs are left,
    and a sum is cheaper than a combination.
    """
    one_kind, two_kinds = (least_total(n_kinds, limits.min_pair_surprise) - TOLERANCE for n_kinds in (1, 2))
    enough = (F.max("surprise") >= one_kind) | (F.sum("surprise") >= two_kinds)
    pairs = evidence.groupBy(*PAIR).agg(enough.alias("enough")).where("enough").select(*PAIR)
    return rows_of_pairs(evidence, pairs)


def least_total(n_kinds: int, wanted: float) -> float:
    """Return the sum of surprises that so many kinds need for `with_combined_surprise` to reach `wanted`."""

    def beyond(total: float) -> float:
        """Return by how much the n_kinds surprise exceeds the wanted one."""
        return float(_fisher_surprise(total, n_kinds, log10)) - wanted

    return float(brentq(beyond, wanted, wanted + 2 * MAX_COMBINED_KINDS * _log10_multiplicity(n_kinds)))


def account_links(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return one row per pair of `evidence` that shares `min_objects` objects, with the surprise of all its kinds.

    Columns out: account_id, other_account_id, kinds, shared_objects, surprise. `kinds` are those with a surprise of
    `min_kind_surprise` or more, or all if there is none. Two fans of one creator watch, like and follow: where all
    kinds are about one creator, only the one of the largest surprise counts.
    """
    surprises_by_kind = [F.col(kind.name) for kind in KINDS]
    any_strong = F.greatest(*surprises_by_kind) >= limits.min_kind_surprise
    kind_names = [
        F.when(
            F.when(any_strong, F.col(kind.name) >= limits.min_kind_surprise).otherwise(F.col(kind.name).isNotNull()),
            kind.name,
        )
        for kind in sorted(KINDS, key=lambda kind: kind.name)
    ]
    return with_combined_surprise(_surprise_by_kind(evidence, limits), _counting_surprises()).select(
        *PAIR,
        # Like array_compact, but in generated code.
        F.array_except(F.array(*kind_names), F.array(F.lit(None).cast("string"))).alias("kinds"),
        "shared_objects",
        "surprise",
    )


def _surprise_by_kind(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return one row per pair: shared_objects, the surprise of each kind in a column of its name, and its creators.

    Columns beside each other are summed in generated code; lists of kinds would be collected by sorting.
    """
    of_creators = F.col("kind").isin([kind.name for kind in KINDS if kind.of_creators])
    creator = F.when(of_creators, F.col("creator"))
    derived = F.col("kind").isin([kind.name for kind in KINDS if kind.derived_from])
    return (
        evidence.groupBy(*PAIR)
        .agg(
            F.greatest(
                F.coalesce(F.sum(F.when(~derived, F.col("shared_objects"))), F.lit(0)),
                F.coalesce(F.max(F.when(derived, F.col("shared_objects"))), F.lit(0)),
            ).alias("shared_objects"),
            *(F.max(F.when(F.col("kind") == kind.name, F.col("surprise"))).alias(kind.name) for kind in KINDS),
            F.min(creator).alias("first_creator"),
            F.max(creator).alias("last_creator"),
            F.count_if(of_creators & creator.isNull()).alias("of_several"),
        )
        .where(F.col("shared_objects") >= limits.min_objects)
    )


def _counting_surprises() -> Column:
    """Return the surprises that count for a pair; null where no combination of them can exceed 0."""
    by_kind = {kind: F.col(kind.name) for kind in KINDS}
    one_creator = (F.col("first_creator") == F.col("last_creator")) & (F.col("of_several") == 0)
    strongest_of_creator = F.greatest(*(surprise for kind, surprise in by_kind.items() if kind.of_creators))
    others = [surprise for kind, surprise in by_kind.items() if not kind.of_creators]
    counting = F.when(one_creator, F.array(strongest_of_creator, *others)).otherwise(F.array(*by_kind.values()))
    # Most pairs share too little for any combination: they need no sort.
    total = sum((F.coalesce(surprise, F.lit(0.0)) for surprise in by_kind.values()), F.lit(0.0))
    return F.when(total > _log10_multiplicity(1), counting)


def at_false_discovery_rate(links: DataFrame, accounts: int, max_false_share: float) -> float:
    """Return the surprise from which pairs are kept so that a share of at most `max_false_share` is chance.

    Benjamini and Hochberg (1995), over all pairs of `accounts`, also those that share nothing. Pairs are counted in
    bins of a tenth, each judged at its lower end, so that what comes to the driver is bounded. Infinite where no
    threshold does.
    """
    pairs = accounts * (accounts - 1) / 2
    bins = links.groupBy(F.floor(F.col("surprise") * BINS_PER_UNIT).cast("int").alias("bin")).count().collect()
    kept, threshold = 0, float("inf")
    for row in sorted(bins, key=lambda row: -row.bin):
        kept += row["count"]
        if pairs * 10 ** -(row.bin / BINS_PER_UNIT) <= max_false_share * kept:
            threshold = row.bin / BINS_PER_UNIT
    return threshold
