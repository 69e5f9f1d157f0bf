"""One surprise for a pair out of those of its kinds, and how surprising a pair must be to be kept."""

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
MOST_KINDS = 4
"""So many of a pair's kinds, the most telling, are put together."""
ROUNDING = 1e-6
STEPS = 10
"""Steps of surprise, per unit, in which the threshold is looked for."""


def both_ways(pairs: DataFrame) -> DataFrame:
    """The rows of pairs (account_id, other_account_id, …) from either end: twice as many, with the same columns."""
    turned = dict(zip(PAIR, reversed(PAIR), strict=True))
    return pairs.unionByName(pairs.select(*(F.col(name).alias(turned.get(name, name)) for name in pairs.columns)))


def of_pairs(rows: DataFrame, pairs: DataFrame) -> DataFrame:
    """The rows of `pairs`, which has the columns of a pair and each pair once.

    Not a semi-join: of a union, Spark makes one of each part, and works out `pairs` as often.
    """
    return rows.join(pairs, on=PAIR, how="inner")


def with_surprise(pairs: DataFrame, surprises: Column) -> DataFrame:
    """`pairs` with `surprise`, the -log10 of the chance of the best combination of kinds; `surprises` is the array of
    theirs, with null for those not shared, or null where no combination tells.

    Kinds share no object, and are taken as independent. The product of the j smallest p of K kinds is as unlikely as
    Fisher's method says for j, times the ways to choose j of K, times the number of j that were tried.
    """
    # Each step is a column of its own: Spark works out anew, at each mention, what stands in one expression.
    largest = pairs.withColumn("largest", F.sort_array(surprises, asc=False))
    sums = accumulate((F.get("largest", F.lit(place)) for place in range(MOST_KINDS)), Column.__add__)
    totals = {f"total_{taken}": total for taken, total in enumerate(sums, start=1)}
    tried = [_by_fisher(F.col(name), taken, _log10_of) for taken, name in enumerate(totals, start=1)]
    together = rounded(F.greatest(F.lit(0.0), *tried), 6)
    return largest.withColumns(totals).withColumn("surprise", together).drop("largest", *totals)


def _by_fisher(total: Any, taken: int, log_10: Callable[[Any], Any]) -> Any:
    """The surprise of so many kinds whose surprises add up to `total`; of numbers and Spark columns alike."""
    series = term = 1.0
    for i in range(1, taken):
        term = term * total * log(10) / float(i)
        series = series + term
    return total - log_10(series) - _ways(taken)


def _log10_of(value: Column | float) -> Column:
    return F.log10(F.lit(value))


def _ways(taken: int) -> float:
    return log10(comb(len(KINDS), taken) * MOST_KINDS)


def promising(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """The rows of `evidence` of pairs that may have a surprise of `min_pair_surprise` or more, by all kinds together.

    Either one kind must say enough alone, or all of them as much as two must say together; more of them must say more.
    Few pairs get that far, and numbers are added up faster than kinds are combined.
    """
    alone, together = (least_total(taken, limits.min_pair_surprise) - ROUNDING for taken in (1, 2))
    enough = (F.max("surprise") >= alone) | (F.sum("surprise") >= together)
    pairs = evidence.groupBy(*PAIR).agg(enough.alias("enough")).where("enough").select(*PAIR)
    return of_pairs(evidence, pairs)


def least_total(taken: int, wanted: float) -> float:
    """What the surprises of so many kinds must add up to for `with_surprise` to make `wanted` of them."""

    def beyond(total: float) -> float:
        return float(_by_fisher(total, taken, log10)) - wanted

    return float(brentq(beyond, wanted, wanted + 2 * MOST_KINDS * _ways(taken)))


def account_links(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """One row for each pair of `evidence` that shares `min_objects` objects: account_id, other_account_id, kinds,
    shared_objects, surprise of all kinds together.

    The kinds are those that speak for it, or all when none does. Two fans of one creator watch, like and follow: of
    what is all about one creator, the most telling kind counts.
    """
    found = [F.col(kind.name) for kind in KINDS]
    spoken = F.greatest(*found) >= limits.min_kind_surprise
    named = [
        F.when(
            F.when(spoken, F.col(kind.name) >= limits.min_kind_surprise).otherwise(F.col(kind.name).isNotNull()),
            kind.name,
        )
        for kind in sorted(KINDS, key=lambda kind: kind.name)
    ]
    return with_surprise(_kinds_side_by_side(evidence, limits), _counted()).select(
        *PAIR,
        # As array_compact, in generated code.
        F.array_except(F.array(*named), F.array(F.lit(None).cast("string"))).alias("kinds"),
        "shared_objects",
        "surprise",
    )


def _kinds_side_by_side(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """One row for each pair: shared_objects, the surprise of each kind in a column of its name, and what is all about
    one creator. Numbers side by side are added up in generated code, lists of kinds would be gathered by sorting.
    """
    of_creators = F.col("kind").isin([kind.name for kind in KINDS if kind.of_creators])
    creator = F.when(of_creators, F.col("creator"))
    resting = F.col("kind").isin([kind.name for kind in KINDS if kind.rests_on])
    return (
        evidence.groupBy(*PAIR)
        .agg(
            F.greatest(
                F.coalesce(F.sum(F.when(~resting, F.col("shared_objects"))), F.lit(0)),
                F.coalesce(F.max(F.when(resting, F.col("shared_objects"))), F.lit(0)),
            ).alias("shared_objects"),
            *(F.max(F.when(F.col("kind") == kind.name, F.col("surprise"))).alias(kind.name) for kind in KINDS),
            F.min(creator).alias("first_creator"),
            F.max(creator).alias("last_creator"),
            F.count_if(of_creators & creator.isNull()).alias("of_several"),
        )
        .where(F.col("shared_objects") >= limits.min_objects)
    )


def _counted() -> Column:
    """The surprises that count for a pair, null where no combination of them tells."""
    by_kind = {kind: F.col(kind.name) for kind in KINDS}
    one_creator = (F.col("first_creator") == F.col("last_creator")) & (F.col("of_several") == 0)
    most_telling = F.greatest(*(surprise for kind, surprise in by_kind.items() if kind.of_creators))
    others = [surprise for kind, surprise in by_kind.items() if not kind.of_creators]
    counted = F.when(one_creator, F.array(most_telling, *others)).otherwise(F.array(*by_kind.values()))
    # Most pairs share too little for any combination to tell: no need to sort.
    most = sum((F.coalesce(surprise, F.lit(0.0)) for surprise in by_kind.values()), F.lit(0.0))
    return F.when(most > _ways(1), counted)


def at_false_discovery_rate(links: DataFrame, accounts: int, rate: float) -> float:
    """The surprise from which pairs are kept, so that at most `rate` of them are chance (Benjamini and Hochberg 1995).

    Of all pairs of `accounts`, also those that never met. Counted in bins of a tenth, each judged at its lower end, so
    that what comes to the driver is bounded. Infinite when no threshold keeps the rate.
    """
    pairs = accounts * (accounts - 1) / 2
    bins = links.groupBy(F.floor(F.col("surprise") * STEPS).cast("int").alias("bin")).count().collect()
    kept, threshold = 0, float("inf")
    for row in sorted(bins, key=lambda row: -row.bin):
        kept += row["count"]
        if pairs * 10 ** -(row.bin / STEPS) <= rate * kept:
            threshold = row.bin / STEPS
    return threshold
