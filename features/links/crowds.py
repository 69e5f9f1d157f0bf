"""How crowded each object is, which acts can still say something about a pair, and how active each account is."""

from dataclasses import dataclass
from math import log10

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf import LinkLimits
from features.links.kinds import FAMILY_NUMBER, GROUNDS, KINDS, MOMENTS, SOURCE_NUMBER, Kind

LEVELS = 4
"""Crowdedness is tested at so many bounds: the cap, and the cap divided by 4, 16 and 64."""


@dataclass(frozen=True)
class Population:
    """What is known of all acts of a kind, in numbers that fit on the driver.

    `accounts` have such acts; `squared` is the sum of squares of acts per account. Objects with more
    than `cap` accounts (within a moment, for a kind with one) are too crowded to say anything; those up to it make
    `pairs` meetings of two. Each level has the objects whose crowdedness is at most that of `bounds`: `rates` are the
    chance that two acts land on the same one of them.
    """

    kind: Kind
    accounts: int
    squared: int
    cap: int
    pairs: int
    bounds: tuple[int, ...]
    rates: tuple[float, ...]

    @property
    def lost_per_object(self) -> float:
        """At most how much (in -log10 p, for two accounts of mean activity) one object beyond the cap could have said.

        The chance that two such accounts meet on an object of n others is (n / accounts)² at least.
        """
        return 2 * log10(max(1.0, self.accounts / (self.cap + 1)))


def activity(acts: DataFrame) -> DataFrame:
    """How many objects each account acted on: (source, account_id, degree)."""
    return acts.groupBy("source", "account_id").agg(F.count(F.lit(1)).alias("degree"))


def windows(acts: DataFrame, limits: LinkLimits) -> DataFrame:
    """Acts by what they can be shared in: the object, and for kinds with a moment the object in each of two moments.

    Moments are two buckets long and overlap by one, so that any two acts at most a bucket apart are in one of them.
    `own` says that the act is in the later half; a pair counts in the moment in which one of the two is, which is one
    moment.
    """
    steps = [
        (SOURCE_NUMBER[kind.source], number, step, kind.moment)
        for number, kind in enumerate(KINDS)
        for step in ((0, 1) if kind.moment else (0,))
    ]
    kinds = acts.sparkSession.createDataFrame(steps, "source tinyint, kind tinyint, step int, moment boolean")
    bucket = F.floor(F.unix_timestamp("ts") / limits.moment_s).cast("bigint")
    place = F.when(F.col("moment"), F.xxhash64("object", bucket + F.col("step"))).otherwise(F.col("object"))
    # A join, not an exploded array of cases: Spark runs those row by row without generated code.
    return acts.join(F.broadcast(kinds), on="source", how="inner").select(
        "kind", place.alias("place"), (F.col("step") == 0).alias("own"), "account_id", "object", "topic", "ts"
    )


def crowdedness(placed: DataFrame) -> DataFrame:
    """Accounts at each place that two or more share, and acts there of all kinds of its ground: (kind, place, crowd,
    traffic). Counted before anything is brought together.
    """
    grounds = F.array(*(F.lit(GROUNDS.index(kind.ground)) for kind in KINDS))
    traffic = F.sum("crowd").over(Window.partitionBy("ground", "place"))
    return (
        placed.groupBy("kind", "place")
        .agg(F.count(F.lit(1)).cast("int").alias("crowd"))
        .withColumn("ground", F.get(grounds, F.col("kind").cast("int")))
        .withColumn("traffic", traffic)
        .where("crowd > 1")
        .drop("ground")
    )


def populations(degrees: DataFrame, crowds: DataFrame, limits: LinkLimits) -> list[Population]:
    """The figures of each kind, its cap chosen so that it makes at most `pairs_per_act` times as many pairs as acts."""
    totals = {
        row.source: row
        for row in degrees.groupBy("source")
        .agg(
            F.count(F.lit(1)).alias("accounts"),
            F.sum("degree").alias("acts"),
            F.sum(F.col("degree") * F.col("degree")).alias("squared"),
        )
        .collect()
    }
    together = F.sum(F.col("traffic").cast("double") * (F.col("traffic") - 1)).alias("together")
    most = F.when(F.col("kind").isin(*MOMENTS), limits.max_moment_crowd).otherwise(limits.max_crowd)
    sizes = crowds.where(F.col("crowd") <= most).groupBy("kind", "crowd").agg(F.count("*").alias("n"), together)
    histogram: dict[int, list[tuple[int, int, float]]] = {}
    for row in sizes.collect():
        histogram.setdefault(row.kind, []).append((row.crowd, row.n, row.together))
    found = []
    for number, kind in enumerate(KINDS):
        total = totals.get(SOURCE_NUMBER[kind.source])
        places = sorted(histogram.get(number, []))
        if total is None or not places:
            continue
        sources = {SOURCE_NUMBER[other.source] for other in KINDS if other.ground == kind.ground}
        ground_acts = sum(totals[source].acts for source in sources if source in totals)
        budget = max(limits.min_pairs, limits.pairs_per_act * total.acts)
        cap = _cap([place[:2] for place in places], budget)
        pairs = sum(crowd * (crowd - 1) // 2 * n for crowd, n, _ in places if crowd <= cap)
        bounds = tuple(sorted({max(2, cap >> (2 * level)) for level in range(LEVELS)}))
        bounds = (*bounds, *((cap,) * (LEVELS - len(bounds))))
        rates = tuple(sum(meet for crowd, _, meet in places if crowd <= bound) / ground_acts**2 for bound in bounds)
        found.append(Population(kind, total.accounts, total.squared, cap, pairs, bounds, rates))
    return found


def _cap(places: list[tuple[int, int]], budget: float) -> int:
    """The largest crowd with which all pairs of places up to it stay within the budget."""
    pairs, cap = 0, 2
    for crowd, count in places:
        pairs += crowd * (crowd - 1) // 2 * count
        if pairs > budget and crowd > 2:
            break
        cap = crowd
    return cap


def by_kind(populations: list[Population], values: dict[str, object]) -> Column:
    """A value of each kind, picked by the column `kind`; `values` is by kind's name."""
    picked = F.lit(None)
    for number, kind in enumerate(KINDS):
        if kind.name in values:
            picked = F.when(F.col("kind") == number, F.lit(values[kind.name])).otherwise(picked)
    return picked


def telling(placed: DataFrame, crowds: DataFrame, found: list[Population]) -> DataFrame:
    """The acts at places that are shared and not too crowded, with `crowd`, `level` and `rarity`.

    `rarity` ranks places across kinds: the chance that two accounts of mean activity meet there.
    """
    caps = by_kind(found, {p.kind.name: p.cap for p in found})
    shared = crowds.where(F.col("crowd") <= caps)
    level = F.lit(LEVELS - 1)
    for number in range(LEVELS - 2, -1, -1):
        bound = by_kind(found, {p.kind.name: p.bounds[number] for p in found})
        level = F.when(F.col("crowd") <= bound, F.lit(number)).otherwise(level)
    chance = by_kind(found, {p.kind.name: 1.0 / (p.accounts * p.accounts) for p in found})
    family = by_kind(found, {p.kind.name: FAMILY_NUMBER[p.kind.family] for p in found})
    return (
        placed.join(shared, on=["kind", "place"], how="inner")
        .withColumn("level", level.cast("tinyint"))
        .withColumn("rarity", F.col("crowd") * (F.col("crowd") - 1) * chance)
        .withColumn("family", family.cast("tinyint"))
    )
