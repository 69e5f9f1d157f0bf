"""Features of videos: what happened to each over 1, 7 and 28 days before as_of, by whom, and how original it is."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.definitions import fields, selected, totals
from features.videos import audience, content, engagement
from lake.schemas import ACTIVE_DAYS, BIGINT, VIDEO_ACTIVITY, VIDEO_FEATURES

GROUPS = {"Engagement": engagement, "Audience": audience, "Content": content}
FEATURES = tuple(feature for group in GROUPS.values() for feature in group.FEATURES)
TABLE = VIDEO_FEATURES.extended(fields(FEATURES))

ADDABLE = [f.name for f in VIDEO_ACTIVITY.schema if f.dataType == BIGINT and f.name not in ("video_id", "account_id")]
TOTALS = [*ADDABLE, "days", "all_telling_comments_sq"]


def windows(activity: DataFrame, videos: DataFrame, as_of: date) -> DataFrame:
    """One row per active video, also one that was only uploaded: totals of its rollup rows over each window."""
    days = activity.withColumn("days", F.lit(1)).withColumn(
        "all_telling_comments_sq", F.col("telling_comments") * F.col("telling_comments")
    )
    acted_on = totals(days, "video_id", TOTALS, as_of, largest=["account_id"]).withColumnRenamed(
        "account_id", "rollup_account_id"
    )
    age_us = F.unix_micros(F.lit(as_of).cast("timestamp")) - F.unix_micros("created_at")
    known = videos.select(
        "video_id",
        "account_id",
        (F.col("created_at") >= F.date_sub(F.lit(as_of), ACTIVE_DAYS)).alias("is_new"),
        (age_us / (86_400 * 1e6)).alias("fact_age_days"),
        F.col("duration_ms").alias("fact_duration_ms"),
        F.greatest(F.size("hashtags"), F.lit(0)).alias("fact_hashtags"),
        F.length("caption").alias("fact_caption_length"),
    )
    joined = acted_on.withColumn("acted_on", F.lit(True)).join(known, on="video_id", how="full")
    totals_only = [name for name in acted_on.columns if name.startswith("total_")]
    return (
        joined.where("acted_on OR is_new")
        .withColumn("account_id", F.coalesce("account_id", "rollup_account_id"))
        .fillna(0, subset=totals_only)
        .drop("acted_on", "is_new", "rollup_account_id")
    )


def video_features(
    activity: DataFrame, account_features: DataFrame, videos: DataFrame, reuse: DataFrame, as_of: date
) -> DataFrame:
    """The features of each video with an act on it, or uploaded, in the 28 days before as_of.

    The rollup holds those 28 days; `account_features` are of the same as_of; `reuse` is features.videos.content.reuse.
    """
    base = windows(activity, videos, as_of)
    joined = (
        base.join(engagement.early_facts(base), on="video_id", how="left")
        .join(audience.reach_facts(activity, as_of), on="video_id", how="left")
        .join(audience.engager_facts(activity, account_features, as_of), on="video_id", how="left")
        .join(reuse, on="video_id", how="left")
    )
    return joined.select("video_id", "account_id", *selected(FEATURES))
