"""Works: what was uploaded more than once, by near-equal or alike frames or by the same telling caption."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits
from engine.portable import smallest
from features.links.near import frame_clusters
from features.links.templates import with_objects
from features.text import normalised
from lake.store import midnight


def works(videos: DataFrame, since: date, limits: LinkLimits) -> DataFrame:
    """Name the works of each upload since a day: video_id, account_id, kind (frame, loose_frame or caption), work, ts,
    object (as `with_objects` has it).

    Near-equal frames are one work, and so are captions of `min_text_length` characters or more that read the same.
    Frames that are alike but no more are a loose work beside that. Most works are there once.
    """
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since)))
    frames = frame_clusters(uploads.where("frame_hash is not null").select("frame_hash").distinct(), limits)
    caption = normalised(F.col("caption"))
    kinds = F.array(
        _of("caption", F.when(F.length(caption) >= limits.min_text_length, F.xxhash64(caption))),
        _of("frame", F.col("cluster")),
        _of("loose_frame", F.col("loose_cluster")),
    )
    made = (
        uploads.join(frames, on="frame_hash", how="left")
        .select("video_id", "account_id", F.col("created_at").alias("ts"), F.explode(kinds).alias("of"))
        .where("of is not null")
        .select("video_id", "account_id", "of.kind", "of.work", "ts")
    )
    return with_objects(made, "work")


def _of(kind: str, work: Column) -> Column:
    return F.when(work.isNotNull(), F.struct(F.lit(kind).alias("kind"), work.alias("work")))


def shared_works(works: DataFrame) -> DataFrame:
    """Rows of `video_works`, without as_of: the works that several accounts uploaded, and who was first with each."""
    first = (
        works.groupBy("kind", "work", "account_id")
        .agg(F.min("ts").alias("ts"))
        .groupBy("kind", "work")
        .agg(
            F.count("*").alias("uploaders"),
            smallest("ts", "account_id").getField("account_id").alias("first_account"),
        )
        .where("uploaders > 1")
    )
    is_first = F.col("account_id") == F.col("first_account")
    return works.join(first, on=["kind", "work"], how="inner").select(
        "video_id",
        "account_id",
        "kind",
        "work",
        "uploaders",
        is_first.alias("is_first"),
        "ts",
        "object",
    )
