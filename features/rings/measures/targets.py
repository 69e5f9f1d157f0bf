"""Find the targets of a ring, and measure how its actions spread over them, their creators and days."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from engine.portable import exact_sum
from features.links.kinds import WRITTEN
from features.rings.actions import object_type
from features.rings.definitions import RingFeature
from lake.schemas import BIGINT, DOUBLE

STRANGERS = 3
"""Accounts added to the audience of each target: that two of the three that liked it are friends says little."""
TARGET_SHARE = 0.1
"""Share of members from which an object is a target of the ring, not something that two have in common."""
VIEWS_PER_ACTION = 3
"""Views count so much less than other actions for the verb that a ring's sentence names: people view what they like."""
FEATURES = (
    RingFeature(
        "target_days",
        DOUBLE,
        "days",
        "effective number of days of acts on targets",
        "weeks of orders",
        "one evening",
        sign=1,
    ),
    RingFeature(
        "targets",
        BIGINT,
        "objects",
        "objects of the links that hold it together, on which two members and a tenth of all acted",
        "many",
        "fans",
    ),
    RingFeature(
        "coverage",
        DOUBLE,
        "share",
        "other members that acted on what one acted on, mean over acts on targets",
        "most of them",
        "fans",
        sign=1,
    ),
    RingFeature(
        "capture",
        DOUBLE,
        "share",
        "members among all that acted on a target and three strangers more, mean over targets",
        "bought",
        "small creators' friends",
        sign=1,
    ),
    RingFeature(
        "creators",
        DOUBLE,
        "creators",
        "effective number of creators behind the targets",
        "customers",
        "1 for a fan club",
        sign=1,
    ),
    RingFeature(
        "top_creator",
        BIGINT,
        "account id",
        "the creator behind most acts on targets",
        "a customer or victim",
        "the idol",
    ),
    RingFeature(
        "top_creator_share",
        DOUBLE,
        "share",
        "acts on targets that are the top creator's",
        "spread",
        "1 for a fan club",
        sign=-1,
    ),
    RingFeature(
        "top_object_share",
        DOUBLE,
        "share",
        "acts on targets that are on the top one",
        "spread",
        "1 for a giveaway",
        sign=-1,
    ),
)


def is_target() -> Column:
    """Return whether an object is a target: 2 `members`, and `TARGET_SHARE` of the group's `size`, acted on it."""
    return (F.col("members") >= 2) & (F.col("members") >= F.col("size") * TARGET_SHARE)


def targets_of(
    touched: DataFrame, objects: DataFrame, actions: DataFrame, videos: DataFrame, sizes: DataFrame
) -> DataFrame:
    """Return the objects of the links that are targets of a ring.

    Columns out: ring_id, verb, object_id, creator, uploaded_at, members, audience. `members` and `audience` count the
    members and all accounts that acted on it. `creator` is the uploader, or the account that is followed; where a video
    is unknown, the video itself.
    """
    by_members = checkpoint(
        touched.join(objects, on=["ring_id", "verb", "object_id"], how="left_semi")
        .groupBy("ring_id", "verb", "object_id")
        .agg(F.count_distinct("account_id").alias("members"))
        .join(F.broadcast(sizes), on="ring_id", how="inner")
        .where(is_target())
        .drop("size")
    )
    audience = (
        actions.where("recent")
        .join(by_members.select("verb", "object_id"), on=["verb", "object_id"], how="left_semi")
        .groupBy("verb", "object_id")
        .agg(F.count_distinct("account_id").alias("audience"))
    )
    uploads = videos.select(
        F.col("video_id").alias("object_id"),
        F.col("account_id").alias("uploader"),
        F.col("created_at").alias("uploaded_at"),
    )
    known = uploads.join(F.broadcast(by_members.select("object_id").distinct()), on="object_id", how="left_semi")
    return (
        by_members.join(audience, on=["verb", "object_id"], how="inner")
        .join(known, on="object_id", how="left")
        .withColumn(
            "creator",
            F.when(F.col("verb") == "follow", F.col("object_id")).otherwise(F.coalesce("uploader", "object_id")),
        )
        .withColumn("uploaded_at", F.when(object_type() == "video", F.col("uploaded_at")))
        .select("ring_id", "verb", "object_id", "creator", "uploaded_at", "members", "audience")
    )


def actions_on_targets(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Return what each member did to which target: ring_id, account_id, verb, object_id, creator, first_ts."""
    whose = targets.select("ring_id", "verb", "object_id", F.col("creator").alias("owner"))
    return touched.join(whose, on=["ring_id", "verb", "object_id"], how="inner").select(
        "ring_id",
        "account_id",
        "verb",
        "object_id",
        F.coalesce("creator", "owner").alias("creator"),
        "first_ts",
    )


def _effective_number(counts: str) -> Column:
    """Aggregate: the number of rows of equal count that would be as spread (the inverse Simpson index)."""
    return F.pow(F.sum(counts), 2) / F.sum(F.col(counts).cast("double") * F.col(counts))


def target_features(targets: DataFrame, on_targets: DataFrame, sizes: DataFrame) -> DataFrame:
    """Compute targets, coverage, capture, top_object_share, creators, top_creator, top_creator_share and top_verb.

    A target counts by the members that acted on it: what few of them share says little about the others. `top_verb` is
    the verb that the sentence of evidence names.
    """
    by_creator = (
        on_targets.groupBy("ring_id", "creator")
        .agg(F.count("*").alias("acts"))
        .groupBy("ring_id")
        .agg(
            _effective_number("acts").alias("creators"),
            F.max_by("creator", F.struct("acts", "creator")).alias("top_creator"),
            (F.max("acts") / F.sum("acts")).alias("top_creator_share"),
        )
    )
    by_verb = (
        targets.where(~F.col("verb").isin(*WRITTEN))
        .groupBy("ring_id", "verb")
        .agg(F.count("*").alias("verb_targets"), F.sum("members").alias("acts"))
        .withColumn(
            "weighted_acts", F.when(F.col("verb") == "view", F.col("acts") / VIEWS_PER_ACTION).otherwise(F.col("acts"))
        )
        .groupBy("ring_id")
        .agg(F.max_by("verb", F.struct("weighted_acts", "verb")).alias("top_verb"))
    )
    members = F.col("members")
    co_members = members.cast("double") * (members - 1)
    audience_shares = members * members / (F.col("audience") + STRANGERS)
    overall = (
        targets.join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id", "size")
        .agg(
            F.count("*").alias("targets"),
            (F.sum(co_members) / F.sum("members") / (F.col("size") - 1)).alias("coverage"),
            (exact_sum(audience_shares) / F.sum("members")).alias("capture"),
            (F.max("members") / F.sum("members")).alias("top_object_share"),
        )
        .drop("size")
    )
    return overall.join(by_creator, on="ring_id", how="inner").join(by_verb, on="ring_id", how="left")


def days_of_targets(on_targets: DataFrame) -> DataFrame:
    """Compute target_days: the effective number of days on which members acted on targets."""
    return (
        on_targets.groupBy("ring_id", F.to_date("first_ts").alias("day"))
        .agg(F.count("*").alias("acts"))
        .groupBy("ring_id")
        .agg(_effective_number("acts").alias("target_days"))
    )
