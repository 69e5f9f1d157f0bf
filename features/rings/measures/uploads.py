"""Measure how much of what members upload others had uploaded before."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_sum
from features.rings.definitions import RingFeature
from lake.schemas import DOUBLE
from lake.store import midnight

PRIOR_UPLOADS = 2
"""Uploads of its own that are added to each member's: who uploads one video, and that a meme, is no thief."""
FEATURES = (
    RingFeature(
        "reupload_share",
        DOUBLE,
        "share",
        "uploads of a member that others had uploaded before, of all and two of its own, mean over members",
        "nearly all",
        "a meme among what is their own; news of one agency",
        sign=1,
    ),
)


def reuploads(made: DataFrame, members: DataFrame, videos: DataFrame, sizes: DataFrame, since: date) -> DataFrame:
    """Compute reupload_share: the share of a member's uploads that others had uploaded before, mean over members.

    `made` is of `made_by`. Shrunk by `PRIOR_UPLOADS`; a member that uploads nothing counts as 0. Rings of such members
    have no row.
    """
    of_others = made.where("kind = 'upload'").select("video_id", F.lit(True).alias("reupload")).distinct()
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since))).select("account_id", "video_id")
    reupload_share = F.count("reupload") / (F.count("*") + PRIOR_UPLOADS)
    return (
        uploads.join(members.select("ring_id", "account_id"), on="account_id", how="inner")
        .join(of_others, on="video_id", how="left")
        .groupBy("ring_id", "account_id")
        .agg(reupload_share.alias("reupload_share"))
        .join(sizes, on="ring_id", how="inner")
        .groupBy("ring_id")
        .agg((exact_sum(F.col("reupload_share")) / F.first("size")).alias("reupload_share"))
    )
