"""A file of co-sharing events as source tables of the contract.

The file knows nothing of the accounts but what they shared, so nothing is made up that could speak for or against them:
a sign-up is drawn from the id's hash, between one and five years before the account's own first share, so that ages
agree by chance alone; each object belongs to an uploader of its own, unless the file holds the object itself as a post.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake.schemas import ACCOUNTS, EVENTS, IMPORTED_IDS, VIDEOS, Table
from lake.share_columns import IDS

DAY_S = 86_400
YOUNGEST_DAYS, OLDEST_DAYS = 365, 5 * 365
UNKNOWN = {ACCOUNTS.name: ("country",), EVENTS.name: ("device_id", "ip_id")}
"""Columns that are null in an imported lake because no file of shares says more."""


def hashed(kind: str, original: Column) -> Column:
    """The BIGINT id of an id of the file, never negative."""
    return F.shiftright(F.xxhash64(F.lit(kind), original), 1).bitwiseAND(F.lit(2**63 - 1))


@dataclass(frozen=True)
class Shares:
    """Source tables made of a file of shares, and the way back to its ids."""

    accounts: DataFrame
    videos: DataFrame
    events: DataFrame
    ids: DataFrame

    @classmethod
    def of(cls, file: DataFrame) -> "Shares":
        """The tables of a frame that `read_share_file` has read; a post that is the object itself is its upload, no
        share.
        """
        original = {name: F.col(name) for name in IDS}
        share = F.concat_ws("\n", *original.values(), F.unix_micros("timestamp_share").cast("string"))
        rows = file.select(
            *(name.alias(f"original_{key}") for key, name in original.items()),
            hashed("object", original["object_id"]).alias("video_id"),
            hashed("account", original["account_id"]).alias("account_id"),
            # A post may share two objects, and a file may name a post twice: each row is a share.
            hashed("content", share).alias("content"),
            F.col("timestamp_share").alias("ts"),
            (original["content_id"] == original["object_id"]).alias("is_object"),
        )
        videos = (
            rows.groupBy("video_id")
            .agg(
                F.min(F.when(F.col("is_object"), F.col("account_id"))).alias("author"), F.min("ts").alias("created_at")
            )
            .withColumn("account_id", F.coalesce("author", hashed("uploader of", F.col("video_id").cast("string"))))
        )
        age_days = YOUNGEST_DAYS + F.pmod(F.xxhash64(F.lit("age"), "account_id"), F.lit(OLDEST_DAYS - YOUNGEST_DAYS))
        second = F.pmod(F.xxhash64(F.lit("second"), "account_id"), F.lit(DAY_S))
        known = rows.select("account_id", "ts").union(videos.where("author IS NULL").select("account_id", "created_at"))
        accounts = (
            known.groupBy("account_id")
            .agg(F.min("ts").alias("first_share"))
            .withColumn("created_at", F.timestamp_seconds(F.unix_timestamp("first_share") - age_days * DAY_S + second))
        )
        shares = rows.where(~F.col("is_object")).withColumn("event_date", F.to_date("ts"))
        ids = [
            rows.select(
                F.lit(kind).alias("kind"), F.col(f"original_{kind}_id").alias("original"), F.col(name).alias("id")
            )
            for kind, name in (("object", "video_id"), ("account", "account_id"), ("content", "content"))
        ]
        return cls(
            filled(accounts, ACCOUNTS, handle=F.lit(""), bio=F.lit(""), is_verified=F.lit(False)),
            filled(videos, VIDEOS, caption=F.lit(""), hashtags=F.array().cast("array<string>")),
            filled(shares, EVENTS, event_id=F.col("content"), verb=F.lit("share")),
            ids[0].union(ids[1]).union(ids[2]).distinct().select(IMPORTED_IDS.columns),
        )


def filled(df: DataFrame, table: Table, **columns: Column) -> DataFrame:
    """The columns of a table: those given, else those of the frame by that name, else null."""
    there = {name: F.col(name) for name in df.columns} | columns
    return df.select([there.get(each.name, F.lit(None)).cast(each.dataType).alias(each.name) for each in table.schema])


def collisions(ids: DataFrame) -> str | None:
    """Two originals of one kind that have the same id, or None."""
    row = (
        ids.groupBy("kind", "id")
        .agg(F.min("original").alias("a"), F.max("original").alias("b"))
        .where("a <> b")
        .first()
    )
    return f"{row.kind} {row.a} and {row.b}" if row else None
