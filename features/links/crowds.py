"""How crowded each object is, which acts can still say something about a pair, and how active each account is."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf import LinkLimits
from engine.portable import looked_up
from features.links.kinds import FAMILY_NUMBER, GROUNDS, KINDS, NUMBER, SOURCE_NUMBER, Kind

PLAIN_LEVELS = 4
"""Objects whose pairs are all looked at are tested at so many bounds: the cap, and the cap divided by 4, 16 and 64."""
CROWDED_LEVELS = 2
CROWDED_STEP = 8
"""Beyond the cap each level reaches to so many times the crowd of the one before, and has only what is beyond that."""
LEVELS = PLAIN_LEVELS + CROWDED_LEVELS
CROWDED_BUDGET = 0.25
"""Pairs that a crowded level may make within blocks, as a share of what the plain ones of its kind may make."""
MIN_BLOCK = 1.0
"""Accounts of one object in one block below which hardly two of a group would be found together."""


@dataclass(frozen=True)
class Population:
    """What is known of all acts of a kind, in numbers that fit on the driver.

    `accounts` have such acts; `squared` is the sum of squares of acts per account. Of objects of up to `cap` accounts
    (within a moment, for a kind with one) all pairs are looked at. `bounds` are the largest crowds of the levels; a
    plain level has all objects up to its bound, a crowded one those from the bound before. `rates` are the chance that
    two acts land on the same object of the level. Of a crowded level, pairs are first looked at within so many `blocks`
    of accounts; 0 where that is too costly. All these make `pairs` meetings of two, of `budget` that a kind may make.
    """

    kind: Kind
    accounts: int
    squared: int
    cap: int
    pairs: int
    bounds: tuple[int, ...]
    rates: tuple[float, ...]
    budget: float
    blocks: tuple[int, ...]

    def blocks_at(self, level: int) -> int:
        """How many blocks of accounts the pairs of a level are first looked at in: 1, all pairs; 0, none."""
        return 1 if level < PLAIN_LEVELS else self.blocks[level - PLAIN_LEVELS]

    def share_seen(self, level: int) -> float:
        """The share of all pairs whose meetings on the level's objects are looked at without knowing who they are."""
        blocks = self.blocks_at(level)
        return 1.0 / blocks if blocks else 0.0


class Places(NamedTuple):
    """So many (`number`) places of `crowd` accounts each; `together` are the ordered pairs of acts of their ground."""

    crowd: int
    number: int
    together: float


def of_kind(values: Iterable[Any]) -> Column:
    """Of `values`, one for each of KINDS, that of the row's `kind`, which is its number."""
    return looked_up(F.col("kind"), dict(enumerate(values)))


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
    traffic = F.sum("crowd").over(Window.partitionBy("ground", "place"))
    return (
        placed.groupBy("kind", "place")
        .agg(F.count(F.lit(1)).cast("int").alias("crowd"))
        .withColumn("ground", of_kind(GROUNDS.index(kind.ground) for kind in KINDS))
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
            F.sum(F.col("degree") * F.col("degree")).alias("squared"),  # bounded: weeks of acts of an account
        )
        .collect()
    }
    together = F.sum(F.col("traffic").cast("double") * (F.col("traffic") - 1)).alias("together")
    histogram: dict[int, list[Places]] = {}
    for row in crowds.groupBy("kind", "crowd").agg(F.count("*").alias("n"), together).collect():
        histogram.setdefault(row.kind, []).append(Places(row.crowd, row.n, row.together))
    found = []
    for number, kind in enumerate(KINDS):
        total = totals.get(SOURCE_NUMBER[kind.source])
        places = sorted(histogram.get(number, []))
        if total is None or not places:
            continue
        sources = {SOURCE_NUMBER[other.source] for other in KINDS if other.ground == kind.ground}
        ground_acts = sum(totals[source].acts for source in sources if source in totals)
        budget = max(limits.min_pairs, limits.pairs_per_act * total.acts)
        cap = _largest_crowd(places, budget, limits.max_moment_crowd if kind.moment else limits.max_crowd)
        bounds = _bounds(cap)
        plain = [[place for place in places if place.crowd <= bound] for bound in bounds[:PLAIN_LEVELS]]
        crowded = [
            [place for place in places if above < place.crowd <= upto]
            for above, upto in pairwise(bounds[PLAIN_LEVELS - 1 :])
        ]
        rates = tuple(sum(place.together for place in level) / ground_acts**2 for level in (*plain, *crowded))
        blocks = tuple(blocks_within(level, CROWDED_BUDGET * budget) for level in crowded)
        seen = (plain[-1], 1), *zip(crowded, blocks, strict=True)
        pairs = sum(_pairs(level) // among for level, among in seen if among)
        found.append(Population(kind, total.accounts, total.squared, cap, pairs, bounds, rates, budget, blocks))
    return found


def _bounds(cap: int) -> tuple[int, ...]:
    """The largest crowd of each level; a plain one may be no lower than the one before."""
    plain = sorted({max(2, cap >> (2 * level)) for level in range(PLAIN_LEVELS)})
    plain += [cap] * (PLAIN_LEVELS - len(plain))
    return (*plain, *(cap * CROWDED_STEP**level for level in range(1, CROWDED_LEVELS + 1)))


def _pairs(places: list[Places]) -> int:
    return sum(place.crowd * (place.crowd - 1) // 2 * place.number for place in places)


def blocks_within(places: list[Places], budget: float) -> int:
    """A power of two: blocks within which the pairs of these places stay within the budget; 0 if hardly two meet."""
    acts = sum(place.crowd * place.number for place in places)
    if not acts:
        return 0
    blocks = 1 << max(0, ceil(log2(_pairs(places) / budget)))
    crowd_of_an_act = sum(place.crowd**2 * place.number for place in places) / acts
    return blocks if crowd_of_an_act / blocks >= MIN_BLOCK else 0


def _largest_crowd(places: list[Places], budget: float, most: int) -> int:
    """The largest crowd, at most `most`, with which all pairs of places up to it stay within the budget."""
    pairs, cap = 0, 2
    for place in places:
        pairs += _pairs([place])
        if place.crowd > most or (pairs > budget and place.crowd > 2):
            break
        cap = place.crowd
    return cap


def telling(placed: DataFrame, crowds: DataFrame, found: list[Population]) -> DataFrame:
    """The acts at places that are shared and looked at, with `level`, `rarity`, `family` and `blocks` (1: all pairs).

    `rarity` ranks places across kinds: the chance that two accounts of mean activity meet there.
    """
    rows = [
        (
            NUMBER[p.kind.name],
            level,
            above,
            upto,
            p.blocks_at(level),
            1.0 / (p.accounts * p.accounts),
            FAMILY_NUMBER[p.kind.family],
        )
        for p in found
        for level, (above, upto) in enumerate(pairwise((1, *p.bounds)))
    ]
    columns = "kind tinyint, level tinyint, above bigint, upto bigint, blocks bigint, chance double, family tinyint"
    levels = F.broadcast(placed.sparkSession.createDataFrame(rows, columns).where("blocks > 0 AND above < upto"))
    at_level = [crowds.kind == levels.kind, crowds.crowd > levels.above, crowds.crowd <= levels.upto]
    looked_at = crowds.join(levels, on=at_level, how="inner").select(
        crowds.kind, "place", "level", "family", "blocks", F.expr("crowd * (crowd - 1L) * chance").alias("rarity")
    )
    return placed.join(looked_at, on=["kind", "place"], how="inner")
