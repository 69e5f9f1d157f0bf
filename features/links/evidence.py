"""Test pairs of accounts against the null model, kind by kind, and describe what they share."""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from conf import LinkLimits
from engine import checkpoint, persist
from features.links.audiences import non_engaging_pairs
from features.links.combine import PAIR, account_links, rows_of_candidate_pairs, rows_of_pairs
from features.links.contacts import without_separate_sellers
from features.links.degrees import (
    EXHAUSTIVE_LEVELS,
    LEVELS,
    KindTotals,
    account_degrees,
    informative_actions,
    kind_totals,
    object_degrees,
    value_by_kind,
    with_co_occurrence_keys,
)
from features.links.hash_blocks import actions_of_candidates, in_hash_blocks, recheck_candidates
from features.links.kinds import KINDS, NEAR_IN_TIME, NON_ENGAGING, NUMBER, SOURCE_NUMBER
from features.links.null_model import dispersions, with_kind_surprise
from lake.schemas import LINK_EVIDENCE

TESTED_COLUMNS = (*PAIR, "kind", "shared_objects", "surprise", "creator")
SHOWN_COLUMNS = ("first_at", "last_at", "objects")
EVIDENCE = StructType([field for field in LINK_EVIDENCE.types if field.name != "as_of"])
SHOWN_OBJECTS = 12
RARITY_STEPS = 1_000
"""Resolution of rarities: steps per power of ten."""


class Linked(NamedTuple):
    """Hold the pairs of accounts with a combined surprise of `min_pair_surprise` or more, and the evidence of each.

    `pairs` is of `account_links`; `evidence` has a row per pair and kind, in the columns of link_evidence but as_of.
    """

    pairs: DataFrame
    evidence: DataFrame


class TestedPairs(NamedTuple):
    """Hold the pairs with `min_objects` co-actions or more.

    `objects` are the objects that they share (`each_object_once`), `tested` their surprises by kind (`TESTED_COLUMNS`).
    """

    objects: DataFrame
    tested: DataFrame


def linked(actions: DataFrame, repeat_viewers: DataFrame, limits: LinkLimits) -> Linked:
    """Find the pairs of accounts that share unlikely objects, and the evidence of each.

    `actions` is of `comparable_actions`, `repeat_viewers` of `non_engaging_repeat_viewers`. Many of these pairs are
    chance one by one: `at_false_discovery_rate` keeps those that are not, and `features.rings` tests what they are
    together.
    """
    found = _tested_against_null_model(actions, limits)
    if found is None:
        nothing = actions.sparkSession.createDataFrame([], EVIDENCE)
        return Linked(account_links(nothing, limits), nothing)
    for_sale = F.col("kind").isin([number for number, kind in enumerate(KINDS) if kind.for_sale])
    non_engaging = checkpoint(
        non_engaging_pairs(repeat_viewers).withColumn("kind", F.lit(NUMBER[NON_ENGAGING.name]).cast("tinyint"))
    )
    tested = (
        found.tested.where(~for_sale)
        .unionByName(without_separate_sellers(found.tested.where(for_sale), actions, limits.max_crowd))
        .unionByName(non_engaging.select(*TESTED_COLUMNS))
    )
    tested = checkpoint(rows_of_candidate_pairs(tested, limits))
    # A checkpoint before the filter, which would repeat the computation of its column in each of its terms.
    all_links = checkpoint(account_links(tested.withColumn("kind", _kind_name()), limits))
    chosen = all_links.where(F.col("surprise") >= limits.min_pair_surprise)
    shown = shown_objects(found.objects, chosen).unionByName(
        non_engaging.select(*PAIR, "kind", *SHOWN_COLUMNS), allowMissingColumns=True
    )
    evidence = (
        tested.join(chosen, on=PAIR, how="left_semi")
        .join(shown, on=[*PAIR, "kind"], how="inner")
        .select(
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
    )
    return Linked(chosen, evidence)


def _tested_against_null_model(actions: DataFrame, limits: LinkLimits) -> TestedPairs | None:
    """Return the pairs with repeated co-actions and their surprises by kind; None where no object is shared.

    There are two passes: pairs on the exhaustive levels and within hash blocks, then all pairs of the candidates that
    stand out within the blocks.
    """
    degrees = persist(account_degrees(actions))
    keyed = with_co_occurrence_keys(actions, limits)
    by_key = persist(object_degrees(keyed))
    totals = kind_totals(degrees, by_key, limits)
    if not totals:
        return None
    informative = checkpoint(informative_actions(keyed, by_key, totals))
    dispersion = dispersions(sampled_counts(informative, totals, limits), totals)

    def with_positive_surprise(objects: DataFrame) -> DataFrame:
        """Test the counts of shared objects, and keep what is beyond the expected count."""
        return with_kind_surprise(_with_degrees(counts_by_level(objects), degrees), totals, dispersion).where(
            "surprise > 0"
        )

    co_actions = co_action_pairs(informative.where("blocks = 1"), limits)
    if any(blocks > 1 for p in totals for blocks in p.blocks):
        blocked = informative.where("blocks > 1")
        in_blocks = each_object_once(of_repeated_pairs(co_action_pairs(in_hash_blocks(blocked), limits), limits))
        candidates = recheck_candidates(with_positive_surprise(in_blocks), totals)
        co_actions = co_actions.unionByName(co_action_pairs(actions_of_candidates(candidates, blocked, totals), limits))
    objects = checkpoint(each_object_once(of_repeated_pairs(co_actions, limits)))
    return TestedPairs(objects, checkpoint(with_positive_surprise(objects).select(*TESTED_COLUMNS)))


def co_action_pairs(actions: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the co-actions: every two accounts under one co-occurrence key, the smaller id first.

    For kinds near in time, only those within `moment_s` seconds, once. Columns out: account_id, other_account_id, kind,
    object_type, object, topic, level, rarity, gap_s, first_at, last_at.
    """
    one, other = actions.alias("one"), actions.select("kind", "key", "in_own_bucket", "account_id", "ts").alias("other")
    gap_s = F.abs(F.unix_timestamp("one.ts") - F.unix_timestamp("other.ts"))
    in_bucket = (F.col("one.in_own_bucket") | F.col("other.in_own_bucket")) & (gap_s <= limits.moment_s)
    near = ~F.col("one.kind").isin(*NEAR_IN_TIME) | in_bucket
    same = [F.col("one.kind") == F.col("other.kind"), F.col("one.key") == F.col("other.key")]
    return one.join(other, on=[*same, F.col("one.account_id") < F.col("other.account_id"), near], how="inner").select(
        F.col("one.account_id").alias("account_id"),
        F.col("other.account_id").alias("other_account_id"),
        "one.kind",
        "one.object_type",
        "one.object",
        "one.topic",
        "one.level",
        "one.rarity",
        gap_s.alias("gap_s"),
        F.least("one.ts", "other.ts").alias("first_at"),
        F.greatest("one.ts", "other.ts").alias("last_at"),
    )


def of_repeated_pairs(co_actions: DataFrame, limits: LinkLimits) -> DataFrame:
    """Keep the co-actions of pairs that have `min_objects` or more; most pairs have one."""
    pairs = (
        co_actions.groupBy(*PAIR)
        .agg(F.count(F.lit(1)).alias("met"))
        .where(F.col("met") >= limits.min_objects)
        .select(*PAIR)
    )
    # These pairs are few: a hash table of them saves sorting all co-actions.
    return rows_of_pairs(co_actions, pairs.hint("shuffle_hash"))


def each_object_once(co_actions: DataFrame) -> DataFrame:
    """Keep one kind per pair, object type and object: the one in which the object is rarest, the first of equals.

    Rarity, kind and level are packed into one number, `rank`: Spark aggregates numbers without sorting rows.
    """
    steps = F.floor(F.log10("rarity") * RARITY_STEPS).cast("bigint") + RARITY_STEPS * 400
    rank = (steps * len(KINDS) + F.col("kind")) * LEVELS + F.col("level")
    best = (
        co_actions.groupBy(*PAIR, "object_type", "object")
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


def saturated_count(count: Column) -> Column:
    """Return what `count` objects of one topic count for: 1, 2, 2, 3, 3, 3, 3, 4 and so on.

    An account that likes one video of a creator will like the next: objects of one topic are no independent draws, and
    each doubling counts for one more. As this never counts more than there is, the tail stays an upper bound.
    """
    return F.when(count > 0, F.floor(F.log2(count.cast("double")) + 1e-9) + 1).otherwise(0).cast("bigint")


def at_level(level: int) -> Column:
    """Return whether an object counts at a level: all up to its bound, on a blocked level only its own."""
    return F.col("level") <= level if level < EXHAUSTIVE_LEVELS else F.col("level") == level


def counts_by_level(objects: DataFrame) -> DataFrame:
    """Count the objects that each pair shares, by kind and level.

    Columns out: account_id, other_account_id, kind, shared_objects, met_0 to met_5, creator. At each level, the objects
    of a topic count with saturation. `creator` is the creator of all, null if there are several.
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
            *(F.sum(saturated_count(F.col(name))).alias(name) for name in levels),
            F.min("topic").alias("creator"),
            F.max("topic").alias("last_creator"),
        )
        .withColumn("creator", F.when(of_creators & (F.col("creator") == F.col("last_creator")), F.col("creator")))
        .drop("last_creator")
    )


def shown_objects(objects: DataFrame, chosen: DataFrame) -> DataFrame:
    """Return what readers see of each kind of the chosen pairs: median_gap_s, first_at, last_at, the rarest objects."""
    timeless = [number for number, kind in enumerate(KINDS) if not kind.timed]
    rarest = F.sort_array(F.collect_list(F.struct("rank", "object")))
    names = F.transform(F.slice(rarest, 1, SHOWN_OBJECTS), lambda action: action["object"].cast("string"))
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


def sampled_counts(informative: DataFrame, totals: list[KindTotals], limits: LinkLimits) -> DataFrame:
    """Estimate how many pairs share two and three objects, from those within hash blocks: kind, level, met, pairs.

    There are as few blocks as leave about `sampled_pairs` co-actions of a kind; where a kind has fewer, all are
    counted. This samples the one figure that depends on the bulk of pairs; links are searched among all.
    """
    shares = {NUMBER[p.kind.name]: max(1, p.pairs // limits.sampled_pairs) for p in totals}
    one_in = value_by_kind(shares.get(number, 1) for number in range(len(KINDS)))
    co_actions = co_action_pairs(in_hash_blocks(informative.withColumn("blocks", F.col("blocks") * one_in)), limits)
    # Most pairs have one co-action: they are dropped before the counts by level and topic.
    key = [*PAIR, "kind"]
    repeated = co_actions.groupBy(*key).agg(F.count(F.lit(1)).alias("times")).where("times > 1").select(*key)
    levels = [F.count_if(at_level(level)).alias(f"met_{level}") for level in range(LEVELS)]
    topics = co_actions.join(repeated, on=key, how="inner").groupBy(*PAIR, "kind", "topic").agg(*levels)
    met_by_level = topics.groupBy(*PAIR, "kind").agg(
        F.array(*(F.sum(saturated_count(F.col(f"met_{level}"))) for level in range(LEVELS))).alias("met")
    )
    return (
        met_by_level.select("kind", F.posexplode("met").alias("level", "met"))
        .where("met IN (2, 3)")
        .groupBy("kind", "level", "met")
        .agg(F.count(F.lit(1)).alias("sampled"))
        .select("kind", "level", "met", (F.col("sampled") * one_in).alias("pairs"))
    )


def _with_degrees(counts: DataFrame, degrees: DataFrame) -> DataFrame:
    """Add `degree` and `other_degree`, the degrees of both accounts in the kind's source."""
    counts = counts.withColumn("source", value_by_kind(SOURCE_NUMBER[kind.source] for kind in KINDS))
    other = degrees.select(
        "source", F.col("account_id").alias("other_account_id"), F.col("degree").alias("other_degree")
    )
    return counts.join(degrees, on=["source", "account_id"], how="inner").join(
        other, on=["source", "other_account_id"], how="inner"
    )


def _kind_name() -> Column:
    """Return the name of the row's kind, which is a number."""
    return value_by_kind(kind.name for kind in KINDS)
