"""Rows that a model of videos sees: a video beside its owner, the rings that act on it and those that upload its work.

Frames here carry `as_of`, as in models/rows.py.
"""

import re

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine.portable import MILLION, largest, ratio
from features.membership import member_chance
from features.rings.measures.targets import STRANGERS
from models.rows import as_features, is_policy, telling_ring

OWNER_FEATURES = re.compile(
    r"age_days|(events|active_days|uploads?|followers_gained)\w*_28d|ring_(score|size|strength|is_\w+)|link_\w+"
)
"""What a video model is told of the uploader (all of it would double the row): age, activity, and whom it acts with."""
ACTING_SHARE, CAPTURED_SHARE = (0.1, 0.3), (0.05, 0.2)
"""Share of a ring that acts on a video, and its share of the public, from which it may act for it, and surely does."""
NOTED_SHARE = (0.0, 0.1)
"""Its share of the public that says as much of one more video of a creator whose others it surely acts for."""


def ramp(value: Column, low: float, high: float) -> Column:
    """0 up to `low`, 1 from `high` on, straight between; 0 when unknown."""
    share = (value - low) / (high - low)
    # greatest and least pass over what is unknown, and would make the most of it.
    return F.when(value.isNotNull(), F.greatest(F.lit(0.0), F.least(F.lit(1.0), share))).otherwise(0.0)


def _in_rings(rings: DataFrame, ring_members: DataFrame) -> DataFrame:
    """Members of rings, each once a day, with strength and the score, size and policy of the ring."""
    known = rings.select("as_of", "ring_id", "score", "size", "policy")
    return telling_ring(ring_members, rings).join(known, on=["as_of", "ring_id"], how="inner")


def video_rings(acts: DataFrame, rings: DataFrame, ring_members: DataFrame) -> DataFrame:
    """Which rings act on which videos, one row per day and video.

    `acts` has as_of, account_id, video_id, willed, reports: who acted on what in the days before as_of, repetitions
    welcome. Who reported a video does not act for it: what a brigade reports is its victim. The leading ring of a video
    is the one of which most members act on it, each counted by the ring's score × the member's strength. Of it:
    ring_id, engaging_ring_is_<policy>, engaging_ring_score, engaging_ring_engagers (members),
    engaging_ring_willed_engagers (those who did more than view), engaging_ring_share (of all its members) and
    engaging_ring_expected (the counts added up). Over all rings: ring_engagers and ring_engagers_expected.
    """
    expected_engagers = (member_chance(F.col("score"), F.col("strength")) * MILLION).cast("bigint")
    of_rings = ("score", "size", "policy")
    members = _in_rings(rings, ring_members).select(
        "as_of", "account_id", "ring_id", expected_engagers.alias("expected"), *of_rings
    )
    engagers = (
        acts.groupBy("as_of", "video_id", "account_id")
        .agg(F.bool_or("willed").alias("willed"), F.bool_or("reports").alias("reported"))
        .where(~F.col("reported"))
        .join(F.broadcast(members), on=["as_of", "account_id"], how="inner")
    )
    by_ring = engagers.groupBy("as_of", "video_id", "ring_id").agg(
        F.count("*").alias("engagers"),
        F.count_if("willed").alias("willed"),
        F.sum("expected").alias("expected"),
        *(F.min(name).alias(name) for name in of_rings),
    )
    order = ("expected", "engagers", (-F.col("ring_id")).alias("minus_id"))
    leader = largest(*order, *of_rings, "willed")
    return (
        by_ring.groupBy("as_of", "video_id")
        .agg(leader.alias("leader"), F.sum("engagers").alias("engagers"), F.sum("expected").alias("expected"))
        .select(
            "as_of",
            "video_id",
            (-F.col("leader.minus_id")).alias("ring_id"),
            *is_policy("leader.policy", "engaging_ring_is_"),
            F.col("leader.score").alias("engaging_ring_score"),
            (F.col("leader.expected") / MILLION).alias("engaging_ring_expected"),
            F.col("leader.engagers").cast("double").alias("engaging_ring_engagers"),
            F.col("leader.willed").cast("double").alias("engaging_ring_willed_engagers"),
            ratio("leader.engagers", "leader.size").alias("engaging_ring_share"),
            F.col("engagers").cast("double").alias("ring_engagers"),
            (F.col("expected") / MILLION).alias("ring_engagers_expected"),
        )
    )


def copying_rings(works: DataFrame, rings: DataFrame, ring_members: DataFrame) -> DataFrame:
    """Which rings upload the same works, one row per day and video of a work that several accounts uploaded.

    `works` are rows of video_works. The copying ring of a work is the one of which most members uploaded it, two at
    least, each counted by the ring's score; a video with a work of each kind has the one that says more. Of it:
    copying_ring_id, copying_ring_is_<policy>, copying_ring_score, copying_ring_uploaders (members, those who belong to
    it more likely than not) and copying_ring_tie: a member's video is the ring's as far as the member is, anybody's by
    the ring's share of those who uploaded the work, the first one's not at all. What a frame is merely alike to
    counts half: rings copy memes, too, which others make in earnest. work_uploaders and work_is_first are of the same
    work.
    """
    members = _in_rings(rings, ring_members)
    uploads = works.join(F.broadcast(members), on=["as_of", "account_id"], how="left")
    work = ["as_of", "kind", "work"]
    copying = (
        uploads.where("ring_id IS NOT NULL AND strength >= 0.5")
        .groupBy(*work, "ring_id", "score", "policy")
        .agg(F.count_distinct("account_id").alias("members"))
        .where("members > 1")
        .withColumn("expected", F.col("score") * F.col("members"))
        .groupBy(*work)
        .agg(largest("expected", (-F.col("ring_id")).alias("minus_id"), "score", "policy", "members").alias("of"))
    )
    inside = F.col("ring_id") == -F.col("of.minus_id")
    alike = F.when(F.col("kind") == "loose_frame", 0.5).otherwise(1.0)
    shared = F.when(F.col("is_first"), 0.0).otherwise(F.col("of.members") / F.col("uploaders") * alike)
    tie = F.greatest(shared, F.when(inside, F.col("strength")))
    chance = F.coalesce(member_chance(F.col("of.score"), tie), F.lit(0.0))
    return (
        uploads.join(copying, on=work, how="left")
        .groupBy("as_of", "video_id")
        .agg(largest(chance.alias("chance"), "uploaders", "is_first", tie.alias("tie"), "of").alias("told"))
        .select(
            "as_of",
            "video_id",
            F.col("told.uploaders").cast("double").alias("work_uploaders"),
            F.col("told.is_first").cast("double").alias("work_is_first"),
            (-F.col("told.of.minus_id")).alias("copying_ring_id"),
            *is_policy("told.of.policy", "copying_ring_is_"),
            F.col("told.of.score").alias("copying_ring_score"),
            F.col("told.of.members").cast("double").alias("copying_ring_uploaders"),
            F.col("told.tie").alias("copying_ring_tie"),
        )
    )


def publics(acts: DataFrame) -> DataFrame:
    """How many accounts acted on each video, and did more than view it: as_of, video_id, public, willed_public.

    `acts` as of `video_rings`, but of everybody.
    """
    each = acts.groupBy("as_of", "video_id", "account_id").agg(F.bool_or("willed").alias("willed"))
    return each.groupBy("as_of", "video_id").agg(
        F.count("*").alias("public"), F.count_if("willed").alias("willed_public")
    )


def ring_ties(engaged: DataFrame, public: DataFrame, owners: DataFrame) -> DataFrame:
    """How surely the ring that acts on a video acts for it: `engaged` with two columns more, of videos with an owner.

    `engaged` is `video_rings`, `public` as for `video_rows`; `owners` has as_of, video_id and account_id.

    engaging_ring_capture is the ring's part of the public, or of those who did more than view, whichever is more.
    engaging_ring_tie: what a ring is paid for, a good part of it acts on, and it is a good part of the public there;
    its camouflage is spread thin over what is popular. Who buys comes back: of a creator that the ring surely acts for
    elsewhere, one more video takes little; a single one, of which either part is small, is most often nobody's order.
    """
    whole = F.col("engaging_ring_engagers") / (F.col("public") + STRANGERS)
    willed = F.col("engaging_ring_willed_engagers") / (F.col("willed_public") + STRANGERS)
    alone = ramp(F.col("engaging_ring_share"), *ACTING_SHARE) * ramp(F.col("engaging_ring_capture"), *CAPTURED_SHARE)
    customer = Window.partitionBy("as_of", "account_id", "ring_id")
    surest = F.max("alone").over(customer)
    next_surest = F.max(F.when(F.col("place") > 1, F.col("alone"))).over(customer)
    others = F.when(F.col("place") == 1, next_surest).otherwise(surest)
    # Nobody knows whether two videos whose uploader nobody knows are of one creator.
    elsewhere = F.coalesce(F.when(F.col("account_id").isNotNull(), others), F.lit(0.0))
    tie = F.greatest(
        F.col("alone") * F.col("alone"), F.col("elsewhere") * ramp(F.col("engaging_ring_capture"), *NOTED_SHARE)
    )
    return (
        engaged.join(owners.select("as_of", "video_id", "account_id"), on=["as_of", "video_id"], how="inner")
        .join(public, on=["as_of", "video_id"], how="left")
        .withColumn("engaging_ring_capture", F.greatest(whole, willed))
        .withColumn("alone", alone)
        .withColumn("place", F.row_number().over(customer.orderBy(F.desc("alone"), "video_id")))
        .withColumn("elsewhere", elsewhere)
        .withColumn("engaging_ring_tie", tie)
        .select(*engaged.columns, "engaging_ring_capture", "engaging_ring_tie")
    )


def video_rows(
    features: DataFrame, accounts: DataFrame, engaged: DataFrame, public: DataFrame, copying: DataFrame
) -> DataFrame:
    """One row per day and active video: its features, its owner's, and those of the rings that act on it.

    `accounts` are `account_rows`, `engaged` is `video_rings`, `public` is `publics` of the videos on which two members
    of a ring act, `copying` is `copying_rings`. Of the owner's features those that OWNER_FEATURES names. ring_id is the
    ring that acts on the video, else its owner's; copying_ring_id the one that uploads its work, else its owner's; an
    owner who was not active has null features. How surely the acting ring acts for the video: `ring_ties`.
    """
    owner = accounts.select(
        "as_of",
        "account_id",
        F.col("ring_id").alias("owner_ring_id"),
        *[F.col(name).alias(f"owner_{name}") for name in accounts.columns if OWNER_FEATURES.fullmatch(name)],
    )
    joined = (
        features.select("as_of", "video_id", "account_id", *as_features(features))
        .join(owner, on=["as_of", "account_id"], how="left")
        .join(ring_ties(engaged, public, features), on=["as_of", "video_id"], how="left")
        .join(copying, on=["as_of", "video_id"], how="left")
        .withColumn("ring_id", F.coalesce("ring_id", "owner_ring_id"))
        .withColumn("copying_ring_id", F.coalesce("copying_ring_id", "owner_ring_id"))
        .withColumn("ring_engagers", F.coalesce("ring_engagers", F.lit(0.0)))
        .withColumn("ring_engagers_expected", F.coalesce("ring_engagers_expected", F.lit(0.0)))
        .withColumn("ring_engagers_per_viewer", ratio("ring_engagers_expected", "reach_28d"))
    )
    keys = ["as_of", "video_id", "account_id", "ring_id", "owner_ring_id", "copying_ring_id"]
    return joined.select(*keys, *[name for name in joined.columns if name not in keys])
