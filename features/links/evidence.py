"""Pairs that met often enough to be looked at, and how unlikely that is, kind by kind."""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from conf import LinkLimits
from engine import checkpoint, persist
from features.links.audiences import silent_pairs
from features.links.chance import dispersions, expected_and_tail
from features.links.combine import PAIR, account_links, of_pairs, promising
from features.links.contacts import of_one_hand
from features.links.crowds import (
    LEVELS,
    PLAIN_LEVELS,
    Population,
    activity,
    crowdedness,
    of_kind,
    populations,
    telling,
    windows,
)
from features.links.kinds import KINDS, MOMENTS, NUMBER, SOURCE_NUMBER
from features.links.suspects import among, dealt, suspicious
from lake.schemas import LINK_EVIDENCE

JUDGED = (*PAIR, "kind", "shared_objects", "surprise", "creator")
SEEN = ("first_at", "last_at", "objects")
EVIDENCE = StructType([field for field in LINK_EVIDENCE.types if field.name != "as_of"])
SHOWN_OBJECTS = 12
RARITY_STEPS = 1_000
"""Steps per power of ten in which rarities are told apart."""


class Linked(NamedTuple):
    """The pairs of accounts with a surprise of `min_pair_surprise` or more, and what speaks for each.

    `pairs` as of `account_links`; `evidence` has a row for each pair and kind, with the columns of the table
    link_evidence without as_of.
    """

    pairs: DataFrame
    evidence: DataFrame


class Met(NamedTuple):
    """The pairs that met `min_objects` times or more: what they share (`each_object_once`), and how unlikely that is,
    kind by kind (`JUDGED`).
    """

    objects: DataFrame
    judged: DataFrame


def linked(acts: DataFrame, silent: DataFrame, limits: LinkLimits) -> Linked:
    """The pairs that met on unlikely objects; `acts` as of `co_actions`, `silent` as of `silent_regulars`.

    Chance explains many of these pairs one by one: see `at_false_discovery_rate` for those that it does not, and
    `features.rings` for what they tell together.
    """
    met = _judged_against_chance(acts, limits)
    if met is None:
        nothing = acts.sparkSession.createDataFrame([], EVIDENCE)
        return Linked(account_links(nothing, limits), nothing)
    texts = F.col("kind") == NUMBER["comment_text"]
    quiet = checkpoint(silent_pairs(silent).withColumn("kind", F.lit(NUMBER["silent_regular"]).cast("tinyint")))
    judged = (
        met.judged.where(~texts)
        .unionByName(of_one_hand(met.judged.where(texts), acts, limits.max_crowd))
        .unionByName(quiet.select(*JUDGED))
    )
    judged = checkpoint(promising(judged, limits))
    # Kept before rows are chosen by what is computed here: a filter repeats the whole computation in its own terms.
    pairs_of_all = checkpoint(account_links(judged.withColumn("kind", _kind_name()), limits))
    chosen = pairs_of_all.where(F.col("surprise") >= limits.min_pair_surprise)
    told = judged.join(chosen, on=PAIR, how="left_semi")
    seen = shown(met.objects, chosen).unionByName(quiet.select(*PAIR, "kind", *SEEN), allowMissingColumns=True)
    evidence = told.join(seen, on=[*PAIR, "kind"], how="inner").select(
        *PAIR,
        _kind_name().alias("kind"),
        "shared_objects",
        "surprise",
        "median_gap_s",
        "first_at",
        "last_at",
        "objects",
        "creator",
    )
    return Linked(chosen, evidence)


def _judged_against_chance(acts: DataFrame, limits: LinkLimits) -> Met | None:
    """None where no two accounts met anywhere."""
    degrees = persist(activity(acts))
    placed = windows(acts, limits)
    crowds = persist(crowdedness(placed))
    found = populations(degrees, crowds, limits)
    if not found:
        return None
    looked_at = checkpoint(telling(placed, crowds, found))
    spread = dispersions(sampled_counts(looked_at, found, limits), found)

    def surprising(objects: DataFrame) -> DataFrame:
        return expected_and_tail(_with_degrees(counts(objects), degrees), found, spread).where("surprise > 0")

    meeting = pairs(looked_at.where("blocks = 1"), limits)
    if any(blocks > 1 for p in found for blocks in p.blocks):
        crowded = looked_at.where("blocks > 1")
        in_blocks = each_object_once(repeated(pairs(dealt(crowded), limits), limits))
        suspects = suspicious(surprising(in_blocks), found)
        meeting = meeting.unionByName(pairs(among(suspects, crowded, found), limits))
    objects = checkpoint(each_object_once(repeated(meeting, limits)))
    return Met(objects, checkpoint(surprising(objects).select(*JUDGED)))


def pairs(told: DataFrame, limits: LinkLimits) -> DataFrame:
    """Every two accounts at one place, the smaller id first; those of a moment only when near enough in time."""
    one, other = told.alias("one"), told.select("kind", "place", "own", "account_id", "ts").alias("other")
    apart = F.abs(F.unix_timestamp("one.ts") - F.unix_timestamp("other.ts"))
    near = ~F.col("one.kind").isin(*MOMENTS) | ((F.col("one.own") | F.col("other.own")) & (apart <= limits.moment_s))
    same = [F.col("one.kind") == F.col("other.kind"), F.col("one.place") == F.col("other.place")]
    return one.join(other, on=[*same, F.col("one.account_id") < F.col("other.account_id"), near], how="inner").select(
        F.col("one.account_id").alias("account_id"),
        F.col("other.account_id").alias("other_account_id"),
        "one.kind",
        "one.family",
        "one.object",
        "one.topic",
        "one.level",
        "one.rarity",
        apart.alias("gap_s"),
        F.least("one.ts", "other.ts").alias("first_at"),
        F.greatest("one.ts", "other.ts").alias("last_at"),
    )


def repeated(meetings: DataFrame, limits: LinkLimits) -> DataFrame:
    """The meetings of pairs that met `min_objects` times or more; most pairs met once."""
    often = (
        meetings.groupBy(*PAIR)
        .agg(F.count(F.lit(1)).alias("met"))
        .where(F.col("met") >= limits.min_objects)
        .select(*PAIR)
    )
    # Those that met often are few: a hash of them spares sorting all meetings.
    return of_pairs(meetings, often.hint("shuffle_hash"))


def each_object_once(meetings: DataFrame) -> DataFrame:
    """Of all kinds of one family in which a pair shares an object, the rarest; of equals the first kind.

    Rarity, kind and level are packed into one number that orders them: Spark aggregates numbers without sorting rows.
    """
    steps = F.floor(F.log10("rarity") * RARITY_STEPS).cast("bigint") + RARITY_STEPS * 400
    rank = (steps * len(KINDS) + F.col("kind")) * LEVELS + F.col("level")
    best = (
        meetings.groupBy(*PAIR, "family", "object")
        .agg(
            F.min(rank).alias("rank"),
            F.min("topic").alias("topic"),
            F.min("gap_s").alias("gap_s"),
            F.min("first_at").alias("first_at"),
            F.max("last_at").alias("last_at"),
        )
        .withColumn("kind", F.pmod(F.expr(f"rank div {LEVELS}"), F.lit(len(KINDS))).cast("tinyint"))
        .withColumn("level", F.pmod("rank", F.lit(LEVELS)).cast("tinyint"))
    )
    return best.select(*PAIR, "kind", "object", "topic", "level", "rank", "gap_s", "first_at", "last_at")


def saturated(count: Column) -> Column:
    """What `count` objects of one topic count for: 1, 2, 2, 3, 3, 3, 3, 4 and so on.

    Who likes one video of a creator will like the next: objects of one topic are no independent draws, and each
    doubling counts as one more. Counting less than there is keeps the tail a bound.
    """
    return F.when(count > 0, F.floor(F.log2(count.cast("double")) + 1e-9) + 1).otherwise(0).cast("bigint")


def at_level(level: int) -> Column:
    """Whether an object counts at a level: a plain one has all objects up to its bound, a crowded one its own."""
    return F.col("level") <= level if level < PLAIN_LEVELS else F.col("level") == level


def counts(objects: DataFrame) -> DataFrame:
    """One row for each pair and kind: what is shared in all, at each level, each topic counted with saturation, and the
    creator if there is but one.
    """
    levels = [f"met_{level}" for level in range(LEVELS)]
    topics = objects.groupBy(*PAIR, "kind", "topic").agg(
        F.count(F.lit(1)).alias("shared"),
        *(F.count_if(at_level(level)).alias(name) for level, name in enumerate(levels)),
    )
    of_creators = F.col("kind").isin([number for number, kind in enumerate(KINDS) if kind.of_creators])
    return (
        topics.groupBy(*PAIR, "kind")
        .agg(
            F.sum("shared").alias("shared_objects"),
            *(F.sum(saturated(F.col(name))).alias(name) for name in levels),
            F.min("topic").alias("creator"),
            F.max("topic").alias("last_creator"),
        )
        .withColumn("creator", F.when(of_creators & (F.col("creator") == F.col("last_creator")), F.col("creator")))
        .drop("last_creator")
    )


def shown(objects: DataFrame, chosen: DataFrame) -> DataFrame:
    """What a reader is shown of each kind of the chosen pairs: when, how far apart, the rarest of the objects."""
    timeless = [number for number, kind in enumerate(KINDS) if not kind.timed]
    rarest = F.sort_array(F.collect_list(F.struct("rank", "object")))
    names = F.transform(F.slice(rarest, 1, SHOWN_OBJECTS), lambda act: act["object"].cast("string"))
    return (
        objects.join(chosen.hint("shuffle_hash"), on=PAIR, how="left_semi")
        .groupBy(*PAIR, "kind")
        .agg(
            F.percentile("gap_s", 0.5).alias("median_gap_s"),
            F.min("first_at").alias("first_at"),
            F.max("last_at").alias("last_at"),
            names.alias("objects"),
        )
        .withColumn("median_gap_s", F.when(~F.col("kind").isin(timeless), F.col("median_gap_s")))
    )


def sampled_counts(looked_at: DataFrame, found: list[Population], limits: LinkLimits) -> DataFrame:
    """How many pairs met twice and three times, estimated from those within blocks: (kind, level, met, pairs).

    As few blocks as make about `sampled_pairs` meetings of a kind; of one with few, all pairs are counted. A sample for
    the one figure that is estimated from the bulk of pairs; links are looked for among all.
    """
    shares = {NUMBER[p.kind.name]: max(1, p.pairs // limits.sampled_pairs) for p in found}
    one_in = of_kind(shares.get(number, 1) for number in range(len(KINDS)))
    meeting = pairs(dealt(looked_at.withColumn("blocks", F.col("blocks") * one_in)), limits)
    # Most pairs met once: they are left out before levels and topics are told apart.
    key = [*PAIR, "kind"]
    again = meeting.groupBy(*key).agg(F.count(F.lit(1)).alias("times")).where("times > 1").select(*key)
    levels = [F.count_if(at_level(level)).alias(f"met_{level}") for level in range(LEVELS)]
    topics = meeting.join(again, on=key, how="inner").groupBy(*PAIR, "kind", "topic").agg(*levels)
    each = topics.groupBy(*PAIR, "kind").agg(
        F.array(*(F.sum(saturated(F.col(f"met_{level}"))) for level in range(LEVELS))).alias("met")
    )
    return (
        each.select("kind", F.posexplode("met").alias("level", "met"))
        .where("met IN (2, 3)")
        .groupBy("kind", "level", "met")
        .agg(F.count(F.lit(1)).alias("sampled"))
        .select("kind", "level", "met", (F.col("sampled") * one_in).alias("pairs"))
    )


def _with_degrees(counted: DataFrame, degrees: DataFrame) -> DataFrame:
    counted = counted.withColumn("source", of_kind(SOURCE_NUMBER[kind.source] for kind in KINDS))
    other = degrees.select(
        "source", F.col("account_id").alias("other_account_id"), F.col("degree").alias("other_degree")
    )
    return counted.join(degrees, on=["source", "account_id"], how="inner").join(
        other, on=["source", "other_account_id"], how="inner"
    )


def _kind_name() -> Column:
    return of_kind(kind.name for kind in KINDS)
