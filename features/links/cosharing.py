"""Find co-shares within a time window, as CooRTweet counts them (Giglietto and Righetti)."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


def co_sharing(shares: DataFrame, window_s: int, min_participation: int = 2, both_sides: bool = False) -> DataFrame:
    """Return pairs of shares of one object by two accounts at most `window_s` seconds apart, as CooRTweet 2.1.3 does.

    `shares`: object_id, account_id, content_id, timestamp_share (Unix seconds); each row is a share. Accounts with
    fewer than `min_participation` shares are left out, and so is a share that is the object itself. Of the pairs, those
    are kept of which one share is by an account with `min_participation` shares in some pair (with `both_sides`: both
    shares). A content_id that is in the data twice counts twice.

    Columns out, one row per pair: object_id, account_id, account_id_y (the smaller first), content_id, content_id_y,
    time_delta (whole seconds, never negative). The window slides: shares in two neighbouring buckets of its length are
    compared, no others.
    """
    participants = shares.groupBy("account_id").count().where(F.col("count") >= min_participation).select("account_id")
    eligible = shares.join(participants, on="account_id", how="left_semi").where("object_id != content_id")
    shares_by_bucket = _with_participants(eligible, window_s, min_participation).withColumn("bucket", _bucket(window_s))
    one = shares_by_bucket.alias("one")
    # Each share is also put into the bucket before its own, to meet the shares there that are near enough.
    other = shares_by_bucket.withColumn(
        "matched_bucket", F.explode(F.array(F.col("bucket"), F.col("bucket") - 1))
    ).alias("other")
    ordered = F.col("one.account_id") < F.col("other.account_id")
    in_one_bucket = F.col("one.bucket") == F.col("other.bucket")
    time_delta = F.abs(F.col("one.timestamp_share") - F.col("other.timestamp_share"))
    left, right = F.col("one.participates"), F.col("other.participates")

    def side(name: str, smaller: bool) -> Column:
        """Return a column of the share by the account with the smaller, or the larger, id."""
        first, second = ("one", "other") if smaller else ("other", "one")
        return F.when(ordered, F.col(f"{first}.{name}")).otherwise(F.col(f"{second}.{name}"))

    return one.join(
        other,
        on=[
            F.col("one.object_id") == F.col("other.object_id"),
            F.col("one.bucket") == F.col("other.matched_bucket"),
            F.col("one.account_id") != F.col("other.account_id"),
            ordered | ~in_one_bucket,
            time_delta <= window_s,
            left & right if both_sides else left | right,
        ],
        how="inner",
    ).select(
        F.col("one.object_id").alias("object_id"),
        side("account_id", smaller=True).alias("account_id"),
        side("account_id", smaller=False).alias("account_id_y"),
        side("content_id", smaller=True).alias("content_id"),
        side("content_id", smaller=False).alias("content_id_y"),
        time_delta.alias("time_delta"),
    )


def _bucket(window_s: int) -> Column:
    """Return the number of the window-long time bucket of a share."""
    return F.floor(F.col("timestamp_share") / max(1, window_s)).cast("bigint")


def _with_participants(shares: DataFrame, window_s: int, min_participation: int) -> DataFrame:
    """Add `participates`: whether the account has `min_participation` shares or more in some pair.

    Shares are marked, not pairs, of which there are many more.
    """
    # As the reference tool counts: every row of a content_id that is in some pair, also when the row itself is in none.
    sides = shares.join(_paired(shares, window_s), on="content_id", how="left_semi")
    enough = (F.count("*") >= min_participation).alias("participates")
    participants = sides.groupBy("account_id").agg(enough)
    return shares.join(participants, on="account_id", how="left").fillna(False, subset="participates")


def _paired(shares: DataFrame, window_s: int) -> DataFrame:
    """Return the content_ids that are in some pair, without making the pairs.

    A share is in one if the nearest share of its object by another account, before or after, is within the window. It
    is searched in slots two windows long that overlap by one: shares that are near enough are in one slot together, and
    no task holds all shares of a hot object.
    """
    bucket = _bucket(window_s)
    slotted = shares.withColumn("slot", F.explode(F.array(bucket, bucket + 1)))
    for name, *order in (
        ("before", F.asc("timestamp_share"), F.asc("account_id")),
        ("after", F.desc("timestamp_share"), F.desc("account_id")),
    ):
        along = Window.partitionBy("object_id", "slot").orderBy(*order)
        other = F.lag("account_id").over(along) != F.col("account_id")
        slotted = slotted.withColumn("last_by_other", F.when(other, F.lag("timestamp_share").over(along)))
        so_far = along.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        slotted = slotted.withColumn(name, F.last("last_by_other", ignorenulls=True).over(so_far))
    near = (F.col("timestamp_share") - F.col("before") <= window_s) | (
        F.col("after") - F.col("timestamp_share") <= window_s
    )
    return slotted.where(near).select("content_id").distinct()
