"""Works: what was uploaded more than once, by near-equal frames or by the same telling caption."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits
from engine.portable import smallest
from features.links.near import frame_clusters
from features.links.templates import in_week
from lake.store import midnight


def works(videos: DataFrame, since: date, limits: LinkLimits) -> DataFrame:
    """The works of each upload since a day: video_id, account_id, kind (frame, loose_frame or caption), work, ts.

    Near-equal frames are one work, and so are equal captions of `min_text_length` characters or more. Frames that are
    alike but no more are a loose work beside that. Most works are there once.
    """
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since)))
    frames = frame_clusters(uploads.where("frame_hash is not null").select("frame_hash").distinct(), limits)
    caption = F.lower(F.trim("caption"))
    kinds = F.array(
        _of("caption", F.when(F.length(caption) >= limits.min_text_length, F.xxhash64(caption))),
        _of("frame", F.col("cluster")),
        _of("loose_frame", F.col("loose_cluster")),
    )
    return (
        uploads.join(frames, on="frame_hash", how="left")
        .select("video_id", "account_id", F.col("created_at").alias("ts"), F.explode(kinds).alias("of"))
        .where("of is not null")
        .select("video_id", "account_id", "of.kind", "of.work", "ts")
    )


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
        in_week("work", "ts").alias("object"),
    )
