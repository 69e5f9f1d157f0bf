"""Rows that a model sees: features of the entity beside those of its ring and its links, all known at one day.

Frames here carry `as_of`, so that one join serves a day's scores and the snapshots of many past days alike.
"""

import re

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NumericType

from engine.portable import MILLION, exact_sum, first_per_key, largest, ratio
from features.links.combine import PAIR, from_both_ends
from features.membership import member_chance
from features.rings.measures.targets import STRANGERS
from lake.schemas import POLICIES

IDENTIFIER = re.compile(r"\w*_id|(ring_)?top_creator")
"""Names of columns whose numbers say who or which, not how much."""
OWNER_FEATURES = re.compile(
    r"age_days|(events|active_days|uploads?|followers_gained)\w*_28d|ring_(score|size|strength|is_\w+)|link_\w+"
)
"""What a video model is told of the uploader (all of it would double the row): age, activity, and whom it acts with."""
OF_NEIGHBOURS = re.compile(
    r"age_days|profile_completeness|handle_digit_share"
    r"|(active_days|events|followers_gained|device_accounts|quiet_share|short_gap_share|quick_like_share"
    r"|unseen_like_share|young_follow_share|shared_text_share|telling_comment_share|copied_frame_share)_28d"
)
"""What a model is told of the accounts that one is linked to: how old, busy and real they look, and how they act."""
ACTING_SHARE, CAPTURED_SHARE = (0.1, 0.3), (0.05, 0.2)
"""Share of a ring that acts on a video, and its share of the public, from which it may act for it, and surely does."""
NOTED_SHARE = (0.0, 0.1)
"""Its share of the public that says as much of one more video of a creator whose others it surely acts for."""
VERSIONS = {
    r"(\w+_)?ring_score": 6,
    r"(copying|engaging)_ring_tie": 2,
    r"(\w+_)?link_comment_share_\w+": 2,
    r"(\w+_)?ring_(created_together_share|willed_together|willed_expected)": 2,
}
"""Features that have come to say something else under their name, and how often they have: 1 for all others."""


def ramp(value: Column, low: float, high: float) -> Column:
    """0 up to `low`, 1 from `high` on, straight between; 0 when unknown."""
    share = (value - low) / (high - low)
    # greatest and least pass over what is unknown, and would make the most of it.
    return F.when(value.isNotNull(), F.greatest(F.lit(0.0), F.least(F.lit(1.0), share))).otherwise(0.0)


def feature_names(df: DataFrame) -> list[str]:
    """The columns of a frame that are features: all numbers but identifiers."""
    numeric = NumericType | BooleanType
    return [f.name for f in df.schema if isinstance(f.dataType, numeric) and not IDENTIFIER.fullmatch(f.name)]


def version_of(feature: str) -> int:
    """Which version of a feature rows have: no model scores them that has learned another."""
    return next((version for pattern, version in VERSIONS.items() if re.fullmatch(pattern, feature)), 1)


def as_features(df: DataFrame, prefix: str = "") -> list[Column]:
    """The feature columns of a frame as doubles, renamed with a prefix."""
    return [F.col(name).cast("double").alias(prefix + name) for name in feature_names(df)]


def is_policy(column: str, prefix: str) -> list[Column]:
    """A policy as 1 and 0 in a column for each."""
    return [(F.col(column) == policy).cast("double").alias(prefix + policy) for policy in POLICIES]


def telling_ring(ring_members: DataFrame, rings: DataFrame) -> DataFrame:
    """The ring that says most of each account, by its score and how firmly the account is tied to it: one row per day
    and account.
    """
    most_first = (F.desc(member_chance(F.col("score"), F.col("strength"))), F.desc("strength"), "ring_id")
    judged = ring_members.join(
        F.broadcast(rings.select("as_of", "ring_id", "score")), on=["as_of", "ring_id"], how="inner"
    )
    return first_per_key(judged, ["as_of", "account_id"], most_first).select(
        "as_of", "account_id", "ring_id", "strength"
    )


def ring_columns(rings: DataFrame) -> DataFrame:
    """Ring features under names of their own (`ring_size`, `ring_score`, …), its policy as 1 and 0 in a column each."""
    return rings.select("as_of", "ring_id", *as_features(rings, "ring_"), *is_policy("policy", "ring_is_"))


def ring_rows(rings: DataFrame) -> DataFrame:
    """One row per day and ring: its features, under the names that they have in the rows of its members. A ring is tied
    to itself in full.
    """
    return ring_columns(rings).withColumn("ring_strength", F.lit(1.0))


def link_columns(links: DataFrame) -> DataFrame:
    """How an account is linked: number of links, shared objects and surprise of the strongest, one row per day and
    account.
    """
    return (
        from_both_ends(links.select("as_of", *PAIR, "shared_objects", "surprise"))
        .groupBy("as_of", "account_id")
        .agg(
            F.count("*").cast("double").alias("link_count"),
            F.max("shared_objects").cast("double").alias("link_shared_objects_max"),
            F.max("surprise").cast("double").alias("link_surprise_max"),
        )
    )


def neighbour_columns(features: DataFrame, links: DataFrame) -> DataFrame:
    """How many active accounts each is linked to, and the mean and maximum over them of what `OF_NEIGHBOURS` names: one
    row per day and account with links (Deep Entity Classification: Xu et al. 2021).

    Features alone, no verdicts: who is linked to whom decides who is reviewed, so a neighbour's verdict says a good
    part of one's own.
    """
    names = [name for name in feature_names(features) if OF_NEIGHBOURS.fullmatch(name)]
    told = [F.col(name).cast("double").alias(name) for name in names]
    sums = {name: exact_sum(F.col(name)) for name in names}
    neighbours = features.select("as_of", F.col("account_id").alias("other_account_id"), *told)
    return (
        from_both_ends(links.select("as_of", *PAIR))
        .join(neighbours, on=["as_of", "other_account_id"], how="inner")
        .groupBy("as_of", "account_id")
        .agg(
            F.count("*").cast("double").alias("neighbour_count"),
            *(ratio(total, F.count(name)).alias(f"neighbour_mean_{name}") for name, total in sums.items()),
            *(F.max(name).alias(f"neighbour_max_{name}") for name in names),
        )
    )


def account_rows(features: DataFrame, rings: DataFrame, ring_members: DataFrame, links: DataFrame) -> DataFrame:
    """One row per day and active account: its features, those of its most telling ring, of its links and of the
    accounts that it is linked to.

    An account in no ring has null ring features (unknown), and 0 links when it has none (counted, none found). Beside
    the doubles: as_of, account_id, ring_id.
    """
    tied = telling_ring(ring_members, rings).withColumnRenamed("strength", "ring_strength")
    own = features.select("as_of", "account_id", *as_features(features))
    joined = (
        own.join(tied, on=["as_of", "account_id"], how="left")
        .join(ring_columns(rings), on=["as_of", "ring_id"], how="left")
        .join(link_columns(links), on=["as_of", "account_id"], how="left")
        .join(neighbour_columns(features, links), on=["as_of", "account_id"], how="left")
        .withColumn("link_count", F.coalesce("link_count", F.lit(0.0)))
    )
    keys = ["as_of", "account_id", "ring_id"]
    return joined.select(*keys, *[name for name in joined.columns if name not in keys])


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
    worth = (member_chance(F.col("score"), F.col("strength")) * MILLION).cast("bigint")
    of_rings = ("score", "size", "policy")
    members = _in_rings(rings, ring_members).select("as_of", "account_id", "ring_id", worth.alias("worth"), *of_rings)
    engagers = (
        acts.groupBy("as_of", "video_id", "account_id")
        .agg(F.bool_or("willed").alias("willed"), F.bool_or("reports").alias("reported"))
        .where(~F.col("reported"))
        .join(F.broadcast(members), on=["as_of", "account_id"], how="inner")
    )
    by_ring = engagers.groupBy("as_of", "video_id", "ring_id").agg(
        F.count("*").alias("engagers"),
        F.count_if("willed").alias("willed"),
        F.sum("worth").alias("worth"),
        *(F.min(name).alias(name) for name in of_rings),
    )
    order = ("worth", "engagers", (-F.col("ring_id")).alias("minus_id"))
    leader = largest(*order, *of_rings, "willed")
    return (
        by_ring.groupBy("as_of", "video_id")
        .agg(leader.alias("leader"), F.sum("engagers").alias("engagers"), F.sum("worth").alias("worth"))
        .select(
            "as_of",
            "video_id",
            (-F.col("leader.minus_id")).alias("ring_id"),
            *is_policy("leader.policy", "engaging_ring_is_"),
            F.col("leader.score").alias("engaging_ring_score"),
            (F.col("leader.worth") / MILLION).alias("engaging_ring_expected"),
            F.col("leader.engagers").cast("double").alias("engaging_ring_engagers"),
            F.col("leader.willed").cast("double").alias("engaging_ring_willed_engagers"),
            ratio("leader.engagers", "leader.size").alias("engaging_ring_share"),
            F.col("engagers").cast("double").alias("ring_engagers"),
            (F.col("worth") / MILLION).alias("ring_engagers_expected"),
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
        .withColumn("worth", F.col("score") * F.col("members"))
        .groupBy(*work)
        .agg(largest("worth", (-F.col("ring_id")).alias("minus_id"), "score", "policy", "members").alias("of"))
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
