"""Find works: what several uploads have in common, by near-equal or similar frames or by the same long caption."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits
from engine.portable import smallest
from features.links.near import frame_clusters
from features.links.templates import with_weekly_objects
from features.text import normalised
from lake.store import midnight


def works(videos: DataFrame, since: date, limits: LinkLimits) -> DataFrame:
    """Return the works of each upload since a day: video_id, account_id, kind, work, ts, object.

    `kind` is `frame` (near-equal frames), `loose_frame` (similar ones, where these join several near-equal clusters) or
    `caption` (the same normalised words, `min_text_length` characters or more). `object` is of `with_weekly_objects`.
    Most works have one upload.
    """
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since)))
    frames = frame_clusters(uploads.where("frame_hash is not null").select("frame_hash").distinct(), limits)
    caption = normalised(F.col("caption"))
    kinds = F.array(
        _work("caption", F.when(F.length(caption) >= limits.min_text_length, F.xxhash64(caption))),
        _work("frame", F.col("cluster")),
        _work("loose_frame", F.col("loose_cluster")),
    )
    upload_works = (
        uploads.join(frames, on="frame_hash", how="left")
        .select("video_id", "account_id", F.col("created_at").alias("ts"), F.explode(kinds).alias("work_of_kind"))
        .where("work_of_kind is not null")
        .select("video_id", "account_id", "work_of_kind.kind", "work_of_kind.work", "ts")
    )
    return with_weekly_objects(upload_works, "work")


def _work(kind: str, work: Column) -> Column:
    """Build a struct of kind and work, null where there is no work."""
    return F.when(work.isNotNull(), F.struct(F.lit(kind).alias("kind"), work.alias("work")))


def shared_works(works: DataFrame) -> DataFrame:
    """Return rows of `video_works`, without as_of: works of several accounts, and which account was first."""
    originals = (
        works.groupBy("kind", "work", "account_id")
        .agg(F.min("ts").alias("ts"))
        .groupBy("kind", "work")
        .agg(
            F.count("*").alias("uploaders"),
            smallest("ts", "account_id").getField("account_id").alias("original_account"),
        )
        .where("uploaders > 1")
    )
    is_first = F.col("account_id") == F.col("original_account")
    return works.join(originals, on=["kind", "work"], how="inner").select(
        "video_id",
        "account_id",
        "kind",
        "work",
        "uploaders",
        is_first.alias("is_first"),
        "ts",
        "object",
    )
