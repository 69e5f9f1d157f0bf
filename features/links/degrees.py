"""Count object and account degrees, and choose the objects whose pairs of accounts can be tested within the budget.

Objects are put into levels by degree. On the exhaustive levels all pairs of accounts are tested; on the blocked levels,
of larger objects, those within hash blocks of accounts (hash_blocks.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from conf import LinkLimits
from engine.portable import looked_up
from features.links.kinds import KINDS, NUMBER, OBJECT_TYPE_NUMBER, POOLS, SOURCE_NUMBER, Kind

EXHAUSTIVE_LEVELS = 4
"""Objects of which all pairs are tested have so many degree bounds: the cap, and a 4th, a 16th and a 64th of it."""
BLOCKED_LEVELS = 2
BLOCKED_STEP = 8
"""Each blocked level reaches to so many times the degree of the level before, and starts where that ends."""
LEVELS = EXHAUSTIVE_LEVELS + BLOCKED_LEVELS
BLOCKED_BUDGET = 0.25
"""Pairs that a blocked level may make within hash blocks, as a share of the pair budget of its kind."""
MIN_BLOCK_ACCOUNTS = 1.0
"""Accounts of one object in one block below which hardly two of a group would be in one block."""


@dataclass(frozen=True)
class KindTotals:
    """Hold the totals of one kind, which fit on the driver.

    - `accounts`: accounts with such actions; `sum_sq_degrees`: the sum of their squared degrees.
    - `cap`: the largest object degree (in a time bucket, for a kind near in time) of which all pairs are tested.
    - `bounds`: the largest object degree of each level. An exhaustive level has all objects up to its bound, a blocked
      one those beyond the bound before.
    - `match_probability`: by level, the probability that two actions fall on the same object of the level.
    - `blocks`: by blocked level, the number of hash blocks of accounts; 0 where that is too costly.
    - `pairs`: the co-actions of two accounts that all this makes, of the `pair_budget` of the kind.
    """

    kind: Kind
    accounts: int
    sum_sq_degrees: int
    cap: int
    pairs: int
    bounds: tuple[int, ...]
    match_probability: tuple[float, ...]
    pair_budget: float
    blocks: tuple[int, ...]

    def blocks_at(self, level: int) -> int:
        """Return the number of hash blocks of a level: 1 for all pairs, 0 for none."""
        return 1 if level < EXHAUSTIVE_LEVELS else self.blocks[level - EXHAUSTIVE_LEVELS]

    def share_tested(self, level: int) -> float:
        """Return the share of all pairs that are tested on a level before there are candidates."""
        blocks = self.blocks_at(level)
        return 1.0 / blocks if blocks else 0.0


class DegreeCount(NamedTuple):
    """Count the objects of one degree.

    `objects` have `object_degree` accounts each; `pool_pairs` are the ordered pairs of actions on them, over their
    null-model pool.
    """

    object_degree: int
    objects: int
    pool_pairs: float


def value_by_kind(values: Iterable[Any]) -> Column:
    """Return the value of the row's `kind`, which is its number; `values` has one for each of KINDS."""
    return looked_up(F.col("kind"), dict(enumerate(values)))


def account_degrees(actions: DataFrame) -> DataFrame:
    """Count the objects that each account acted on, by source: source, account_id, degree."""
    return actions.groupBy("source", "account_id").agg(F.count(F.lit(1)).alias("degree"))


def with_co_occurrence_keys(actions: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the actions by kind and co-occurrence key: the object, or the object in a time bucket.

    Columns in: those of `comparable_actions`; out: kind, key, in_own_bucket, account_id, object, topic, ts. For a kind
    that is near in time, each action is put into its own time bucket of `moment_s` seconds and into the next, so that
    any two actions at most a bucket apart have a key in common. A pair counts under the key for which one of the two is
    `in_own_bucket`, which is one key.
    """
    key_steps = [
        (SOURCE_NUMBER[kind.source], number, step, kind.near_in_time)
        for number, kind in enumerate(KINDS)
        for step in ((0, 1) if kind.near_in_time else (0,))
    ]
    kinds = actions.sparkSession.createDataFrame(
        key_steps, "source tinyint, kind tinyint, step int, near_in_time boolean"
    )
    bucket = F.floor(F.unix_timestamp("ts") / limits.moment_s).cast("bigint")
    key = F.when(F.col("near_in_time"), F.xxhash64("object", bucket + F.col("step"))).otherwise(F.col("object"))
    # A join, not an exploded array of cases: Spark runs those row by row without generated code.
    return actions.join(F.broadcast(kinds), on="source", how="inner").select(
        "kind", key.alias("key"), (F.col("step") == 0).alias("in_own_bucket"), "account_id", "object", "topic", "ts"
    )


def object_degrees(keyed: DataFrame) -> DataFrame:
    """Count the accounts by kind and co-occurrence key: kind, key, object_degree, pool_degree.

    Only keys of two accounts or more; `pool_degree` counts the actions there of all kinds of the null-model pool. This
    comes before any pair is made.
    """
    pool_degree = F.sum("object_degree").over(Window.partitionBy("pool", "key"))
    return (
        keyed.groupBy("kind", "key")
        .agg(F.count(F.lit(1)).cast("int").alias("object_degree"))
        .withColumn("pool", value_by_kind(POOLS.index(kind.pool) for kind in KINDS))
        .withColumn("pool_degree", pool_degree)
        .where("object_degree > 1")
        .drop("pool")
    )


def kind_totals(degrees: DataFrame, by_key: DataFrame, limits: LinkLimits) -> list[KindTotals]:
    """Return the totals of each kind, capped so that it makes at most `pairs_per_act` times as many pairs as actions.

    `degrees` is of `account_degrees`, `by_key` of `object_degrees`.
    """
    by_source = {
        row.source: row
        for row in degrees.groupBy("source")
        .agg(
            F.count(F.lit(1)).alias("accounts"),
            F.sum("degree").alias("acts"),
            F.sum(F.col("degree") * F.col("degree")).alias("sum_sq_degrees"),  # bounded: weeks of acts of an account
        )
        .collect()
    }
    pool_pairs = F.sum(F.col("pool_degree").cast("double") * (F.col("pool_degree") - 1)).alias("pool_pairs")
    histogram: dict[int, list[DegreeCount]] = {}
    for row in by_key.groupBy("kind", "object_degree").agg(F.count("*").alias("n"), pool_pairs).collect():
        histogram.setdefault(row.kind, []).append(DegreeCount(row.object_degree, row.n, row.pool_pairs))
    found = []
    for number, kind in enumerate(KINDS):
        total, degree_counts = by_source.get(SOURCE_NUMBER[kind.source]), sorted(histogram.get(number, []))
        if total is None or not degree_counts:
            continue
        sources = {SOURCE_NUMBER[other.source] for other in KINDS if other.pool == kind.pool}
        pool_actions = sum(by_source[source].acts for source in sources if source in by_source)
        found.append(_totals_of_kind(kind, total, pool_actions, degree_counts, limits))
    return found


def _totals_of_kind(
    kind: Kind, total: Row, pool_actions: int, degree_counts: list[DegreeCount], limits: LinkLimits
) -> KindTotals:
    """Return the totals of one kind out of those of its source and pool, and its objects by ascending degree."""
    pair_budget = max(limits.min_pairs, limits.pairs_per_act * total.acts)
    max_degree = limits.max_moment_crowd if kind.near_in_time else limits.max_crowd
    cap = _largest_degree(degree_counts, pair_budget, max_degree)
    bounds = _bounds(cap)
    exhaustive = [[c for c in degree_counts if c.object_degree <= bound] for bound in bounds[:EXHAUSTIVE_LEVELS]]
    blocked = [
        [c for c in degree_counts if above < c.object_degree <= up_to]
        for above, up_to in pairwise(bounds[EXHAUSTIVE_LEVELS - 1 :])
    ]
    blocks = tuple(blocks_within_budget(level, BLOCKED_BUDGET * pair_budget) for level in blocked)
    blocks_of_levels = (exhaustive[-1], 1), *zip(blocked, blocks, strict=True)
    return KindTotals(
        kind,
        accounts=total.accounts,
        sum_sq_degrees=total.sum_sq_degrees,
        cap=cap,
        pairs=sum(_pair_count(level) // number for level, number in blocks_of_levels if number),
        bounds=bounds,
        match_probability=tuple(
            sum(c.pool_pairs for c in level) / pool_actions**2 for level in (*exhaustive, *blocked)
        ),
        pair_budget=pair_budget,
        blocks=blocks,
    )


def _bounds(cap: int) -> tuple[int, ...]:
    """Return the largest degree of each level; an exhaustive bound may equal the one before, not be lower."""
    exhaustive = sorted({max(2, cap >> (2 * level)) for level in range(EXHAUSTIVE_LEVELS)})
    exhaustive += [cap] * (EXHAUSTIVE_LEVELS - len(exhaustive))
    return (*exhaustive, *(cap * BLOCKED_STEP**level for level in range(1, BLOCKED_LEVELS + 1)))


def _pair_count(degree_counts: list[DegreeCount]) -> int:
    """Count the pairs of accounts on all these objects."""
    return sum(each.object_degree * (each.object_degree - 1) // 2 * each.objects for each in degree_counts)


def blocks_within_budget(degree_counts: list[DegreeCount], pair_budget: float) -> int:
    """Return the number of hash blocks, a power of two, within which the pairs of these objects keep to the budget.

    0 if hardly two accounts of an object would be in one block.
    """
    actions = sum(each.object_degree * each.objects for each in degree_counts)
    if not actions:
        return 0
    blocks = 1 << max(0, ceil(log2(_pair_count(degree_counts) / pair_budget)))
    mean_degree_of_action = sum(each.object_degree**2 * each.objects for each in degree_counts) / actions
    return blocks if mean_degree_of_action / blocks >= MIN_BLOCK_ACCOUNTS else 0


def _largest_degree(degree_counts: list[DegreeCount], pair_budget: float, most: int) -> int:
    """Return the largest degree, at most `most`, up to which the pairs of all objects keep to the budget."""
    pairs, cap = 0, 2
    for each in degree_counts:
        pairs += _pair_count([each])
        if each.object_degree > most or (pairs > pair_budget and each.object_degree > 2):
            break
        cap = each.object_degree
    return cap


def informative_actions(keyed: DataFrame, by_key: DataFrame, totals: list[KindTotals]) -> DataFrame:
    """Return the actions under shared keys that are tested, with `level`, `rarity`, `object_type` and `blocks`.

    `rarity` ranks objects across kinds: the probability that two accounts of mean degree share it. `blocks` is 1 where
    all pairs are tested.
    """
    rows = [
        (
            NUMBER[p.kind.name],
            level,
            above,
            up_to,
            p.blocks_at(level),
            1.0 / (p.accounts * p.accounts),
            OBJECT_TYPE_NUMBER[p.kind.object_type],
        )
        for p in totals
        for level, (above, up_to) in enumerate(pairwise((1, *p.bounds)))
    ]
    columns = (
        "kind tinyint, level tinyint, above bigint, up_to bigint, blocks bigint, pair_probability double, "
        "object_type tinyint"
    )
    levels = F.broadcast(keyed.sparkSession.createDataFrame(rows, columns).where("blocks > 0 AND above < up_to"))
    is_at_level = [
        by_key.kind == levels.kind,
        by_key.object_degree > levels.above,
        by_key.object_degree <= levels.up_to,
    ]
    informative = by_key.join(levels, on=is_at_level, how="inner").select(
        by_key.kind,
        "key",
        "level",
        "object_type",
        "blocks",
        F.expr("object_degree * (object_degree - 1L) * pair_probability").alias("rarity"),
    )
    return keyed.join(informative, on=["kind", "key"], how="inner")
