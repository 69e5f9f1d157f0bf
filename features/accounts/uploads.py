"""What an account uploads, whether others had it first, and whom it reaches."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.activity import VIEWERS_LOG_K
from features.definitions import COUNT, NEVER_NULL, NEVER_ZERO, SHARE, WINDOWS, Feature, fact_name, within


def upload_facts(videos: DataFrame, reuse: DataFrame, as_of: date) -> DataFrame:
    """Uploads over the windows, and how many of the last 28 days' follow another account's frame, caption or sound.

    `reuse` is features.videos.content.reuse of the same videos.
    """
    age_days = F.date_diff(F.lit(as_of), F.to_date("created_at"))
    uploads = videos.where(age_days <= max(WINDOWS)).join(reuse, on="video_id", how="left")
    return uploads.groupBy("account_id").agg(
        *[F.count_if(age_days <= days).alias(fact_name("uploads", days)) for days in WINDOWS],
        F.count("frame_hash").alias("fact_framed_28d"),
        F.count_if(F.col("frame_accounts") > 1).alias("fact_shared_frames_28d"),
        F.count_if(F.col("frame_is_first") == 0).alias("fact_copied_frames_28d"),
        F.count_if(F.col("caption_accounts") > 1).alias("fact_shared_captions_28d"),
        F.count("sound_id").alias("fact_sounds_28d"),
        F.count_if(F.col("sound_accounts") > 1).alias("fact_shared_sounds_28d"),
    )


def reach_facts(video_activity: DataFrame, as_of: date) -> DataFrame:
    """Distinct viewers of its videos in the last 7 days, and what these got."""
    week, month = within(7, as_of), within(28, as_of)
    seen = F.theta_union_agg(F.when(week, F.col("viewers")), VIEWERS_LOG_K)
    return (
        video_activity.where("account_id IS NOT NULL")
        .groupBy("account_id")
        .agg(
            F.theta_sketch_estimate(seen).alias("fact_reach_7d"),
            *[
                F.coalesce(F.sum(F.when(rows, F.col(name))), F.lit(0)).alias(fact_name(f"received_{name}", days))
                for name in ("views", "likes", "comments", "reports")
                for rows, days in ((week, 7), (month, 28))
            ],
        )
    )


def _received(name: str, abuse: str) -> Feature:
    return Feature(
        f"{name}_received",
        COUNT,
        f"{name} of its videos, uploaded at any time",
        abuse,
        "creators with a viral video",
        NEVER_ZERO,
        lambda w: F.coalesce(w.fact(f"received_{name}"), F.lit(0)),
        windows=(7, 28),
        whole=True,
    )


def _share_of_uploads(name: str, part: str, whole: str, meaning: str, honest: str) -> Feature:
    return Feature(
        name,
        SHARE,
        meaning,
        "re-upload rings post what others made",
        honest,
        NEVER_NULL,
        lambda w: ratio(w.fact(part), w.fact(whole)),
        windows=(28,),
    )


FEATURES = (
    Feature(
        "uploads",
        COUNT,
        "videos uploaded",
        "re-upload rings post in bulk; most bots post nothing",
        "newsrooms, people back from a journey",
        NEVER_ZERO,
        lambda w: F.coalesce(w.fact("uploads"), F.lit(0)),
        whole=True,
    ),
    _share_of_uploads(
        "shared_frame_share",
        "shared_frames",
        "framed",
        "share of its uploads with a key frame whose frame other accounts uploaded too",
        "memes and duets",
    ),
    _share_of_uploads(
        "copied_frame_share",
        "copied_frames",
        "framed",
        "share of its uploads with a key frame whose frame another account was the first to upload",
        "memes and duets",
    ),
    _share_of_uploads(
        "shared_caption_share",
        "shared_captions",
        "uploads",
        "share of its uploads whose telling caption other accounts used too",
        "challenges with a set phrase",
    ),
    _share_of_uploads(
        "shared_sound_share",
        "shared_sounds",
        "sounds",
        "share of its uploads with a sound whose sound other accounts used too",
        "nearly everyone: songs are shared",
    ),
    Feature(
        "reach",
        COUNT,
        "accounts that viewed its videos (exact up to 2,048, then 2.2 % standard error)",
        "what abuse can do grows with it",
        "popular creators",
        "0: nobody viewed one in the window.",
        lambda w: F.coalesce(w.fact("reach"), F.lit(0)),
        windows=(7,),
        whole=True,
    ),
    _received("views", "view orders"),
    _received("likes", "like orders"),
    _received("comments", "comment orders; spam rings comment on each other"),
    _received("reports", "abuse is reported; rivals are, too"),
)
