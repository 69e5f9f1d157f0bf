"""Whether a video's frame, caption and sound are its own, and who was first."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import smallest
from features.definitions import COUNT, UNKNOWN_NULL, YES, Feature

LOOK_BACK_DAYS = 90
"""Re-use is looked for among the uploads of this many days."""
TELLING_CAPTION = 20


def caption_key(caption: Column) -> Column:
    """The caption in lower case with its letters and digits only, null when too short to tell anything."""
    plain = F.trim(F.regexp_replace(F.lower(caption), r"[^\p{L}\p{N}]+", " "))
    return F.when(F.length(plain) >= TELLING_CAPTION, plain)


def reuse(videos: DataFrame, as_of: date) -> DataFrame:
    """For each upload of the last 90 days: how many accounts used its frame, its caption, its sound, and whether its
    own was the first with that frame and caption.

    Frames are compared exactly here; near-equal ones are a matter of links.
    """
    recent = videos.where(F.col("created_at") >= F.date_sub(F.lit(as_of), LOOK_BACK_DAYS)).select(
        "video_id",
        "account_id",
        "created_at",
        "frame_hash",
        "sound_id",
        caption_key(F.col("caption")).alias("caption_key"),
    )
    result = recent.select("video_id", "account_id", "frame_hash", "caption_key", "sound_id")
    for name, key in (("frame", "frame_hash"), ("caption", "caption_key"), ("sound", "sound_id")):
        groups = (
            recent.where(F.col(key).isNotNull())
            .groupBy(key, "account_id")
            .agg(smallest("created_at", "video_id").alias("own_first"))
            .groupBy(key)
            .agg(F.count("*").alias(f"{name}_accounts"), F.min_by("account_id", "own_first").alias(f"{name}_first"))
            .where(F.col(f"{name}_accounts") > 1)
        )
        result = result.join(groups, on=key, how="left")
    return result.select("video_id", *[_accounts(*pair) for pair in KEYS], *[_is_first(*pair) for pair in KEYS[:2]])


KEYS = (("frame", "frame_hash"), ("caption", "caption_key"), ("sound", "sound_id"))


def _accounts(name: str, key: str) -> Column:
    return (
        F.when(F.col(key).isNotNull(), F.coalesce(f"{name}_accounts", F.lit(1)))
        .cast("bigint")
        .alias(f"{name}_accounts")
    )


def _is_first(name: str, key: str) -> Column:
    first = F.coalesce(F.col(f"{name}_first") == F.col("account_id"), F.lit(True))
    return F.when(F.col(key).isNotNull(), first.cast("int")).alias(f"{name}_is_first")


def _accounts_feature(name: str, what: str, honest: str) -> Feature:
    return Feature(
        f"{name}_accounts",
        COUNT,
        f"accounts, itself included, that uploaded with its {what} in the last 90 days",
        "re-upload rings post what others made",
        honest,
        "null: it has none, or was uploaded before.",
        lambda w: F.col(f"{name}_accounts"),
        windows=(),
        whole=True,
    )


def _first_feature(name: str, what: str) -> Feature:
    return Feature(
        f"{name}_is_first",
        YES,
        f"whether its account was the first to upload with its {what} in the last 90 days",
        "copies come second",
        "second with a meme",
        "null: it has none, or was uploaded before.",
        lambda w: F.col(f"{name}_is_first"),
        windows=(),
    )


FEATURES = (
    _accounts_feature("frame", "exact key frame", "memes and duets"),
    _first_feature("frame", "exact key frame"),
    _accounts_feature("caption", "telling caption", "challenges with a set phrase"),
    _first_feature("caption", "telling caption"),
    _accounts_feature("sound", "sound", "nearly everyone: songs are shared"),
    Feature(
        "duration_s",
        "seconds",
        "its length",
        "re-uploads are cut to one length",
        "anyone",
        UNKNOWN_NULL,
        lambda w: w.fact("duration_ms") / 1_000,
        windows=(),
    ),
    Feature(
        "hashtags",
        COUNT,
        "tags of its caption",
        "spam is tagged with everything",
        "beginners who hope to be found",
        "0: none. null: the video is not known.",
        lambda w: w.fact("hashtags"),
        windows=(),
        whole=True,
    ),
    Feature(
        "caption_length",
        "characters",
        "length of its caption",
        "templates have one length",
        "anyone",
        UNKNOWN_NULL,
        lambda w: w.fact("caption_length"),
        windows=(),
        whole=True,
    ),
)
