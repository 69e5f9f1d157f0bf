"""One surprise for a pair out of those of its kinds, and how surprising a pair must be to be kept."""

from collections.abc import Iterable
from math import comb, log, log10

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits
from features.links.kinds import KINDS

PAIR = ["account_id", "other_account_id"]
MOST_KINDS = 4
"""So many of a pair's kinds, the most telling, are put together."""
STEPS = 10
"""Steps of surprise, per unit, in which the threshold is looked for."""


def combined(surprises: Column) -> Column:
    """-log10 of the chance of the best combination of kinds: `surprises`, an array, largest first.

    Kinds share no object, and are taken as independent. The product of the j smallest p of K kinds is as unlikely as
    Fisher's method says for j, times the ways to choose j of K, times the number of j that were tried.
    """
    total, results = F.lit(0.0), []
    for taken in range(1, MOST_KINDS + 1):
        total = total + F.coalesce(F.get(surprises, F.lit(taken - 1)), F.lit(0.0))
        series, term = F.lit(1.0), F.lit(1.0)
        for i in range(1, taken):
            term = term * total * F.lit(log(10)) / F.lit(float(i))
            series = series + term
        ways = log10(comb(len(KINDS), taken) * MOST_KINDS)
        results.append(F.when(F.size(surprises) >= taken, total - F.log10(series) - F.lit(ways)).otherwise(0.0))
    return F.round(F.greatest(F.lit(0.0), *results), 6)


def pair_surprise(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """One row for each pair of `evidence` that shares `min_objects` objects: account_id, other_account_id, kinds (of
    structs of kind and surprise), shared_objects, surprise of all kinds together; 0 when all of them are weak.

    Two fans of one creator watch, like and follow: of what is all about one creator, the most telling kind counts.
    """
    together = evidence.groupBy(*PAIR).agg(
        F.sum("shared_objects").alias("shared_objects"),
        F.array_sort(F.collect_list(F.struct("kind", "surprise", "creator"))).alias("kinds"),
    )
    weak = _names(kind.name for kind in KINDS if kind.weak)
    upheld = F.exists("kinds.kind", lambda kind: ~F.array_contains(weak, kind))
    return together.where(F.col("shared_objects") >= limits.min_objects).select(
        *PAIR, "kinds", "shared_objects", F.when(upheld, combined(_telling())).otherwise(0.0).alias("surprise")
    )


def _telling() -> Column:
    """The surprises of the kinds of a pair that count, largest first."""
    of_creators = _names(kind.name for kind in KINDS if kind.of_creators)
    about = F.filter("kinds", lambda kind: F.array_contains(of_creators, kind["kind"]))
    others = F.filter("kinds", lambda kind: ~F.array_contains(of_creators, kind["kind"]))
    creators = F.array_distinct(about["creator"])
    one_creator = (F.size(creators) == 1) & F.get(creators, F.lit(0)).isNotNull()
    counted = F.when(one_creator, F.concat(F.array(F.array_max(about["surprise"])), others["surprise"])).otherwise(
        F.col("kinds.surprise")
    )
    return F.sort_array(counted, asc=False)


def _names(names: Iterable[str]) -> Column:
    return F.array(*(F.lit(name) for name in names))


def account_links(evidence: DataFrame, limits: LinkLimits) -> DataFrame:
    """One row for each pair of `evidence`: account_id, other_account_id, kinds, shared_objects, surprise."""
    telling = F.filter("kinds", lambda kind: kind["surprise"] >= limits.min_kind_surprise)
    named = F.when(F.size(telling) > 0, telling).otherwise(F.col("kinds"))
    return pair_surprise(evidence, limits).withColumn("kinds", F.transform(named, lambda kind: kind["kind"]))


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
