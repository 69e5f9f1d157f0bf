"""Plain windowed co-sharing, as coordination researchers count it (CooRTweet, Giglietto and Righetti)."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


def co_sharing(shares: DataFrame, window_s: int, min_participation: int = 2, both_sides: bool = False) -> DataFrame:
    """Pairs of shares of one object by two accounts at most `window_s` seconds apart, as CooRTweet 2.1.3 counts them.

    `shares`: object_id, account_id, content_id, timestamp_share (Unix seconds); a share is one row of it. Accounts with
    fewer than `min_participation` shares are left out, and so is a share that is the object itself. Of the pairs,
    those are kept of which one share is by an account with `min_participation` shares in some pair (with `both_sides`:
    both shares); a content_id that is in the data twice counts twice.

    One row for each pair: object_id, account_id, account_id_y (the smaller first), content_id, content_id_y,
    time_delta (whole seconds, never negative). The window slides: shares in two neighbouring buckets of its length
    are compared, no others.
    """
    busy = shares.groupBy("account_id").count().where(F.col("count") >= min_participation).select("account_id")
    chosen = shares.join(busy, on="account_id", how="left_semi").where("object_id != content_id")
    bucket = _bucket(window_s)
    one = chosen.withColumn("bucket", bucket).alias("one")
    other = chosen.withColumn("bucket", F.explode(F.sequence(bucket - 1, bucket + 1))).alias("other")
    apart = F.abs(F.col("one.timestamp_share") - F.col("other.timestamp_share"))
    pairs = one.join(
        other,
        on=[
            F.col("one.object_id") == F.col("other.object_id"),
            F.col("one.bucket") == F.col("other.bucket"),
            F.col("one.account_id") < F.col("other.account_id"),
            apart <= window_s,
        ],
        how="inner",
    ).select(
        F.col("one.object_id").alias("object_id"),
        F.col("one.account_id").alias("account_id"),
        F.col("other.account_id").alias("account_id_y"),
        F.col("one.content_id").alias("content_id"),
        F.col("other.content_id").alias("content_id_y"),
        apart.alias("time_delta"),
    )
    return _by_participants(pairs, chosen, window_s, min_participation, both_sides)


def _bucket(window_s: int) -> Column:
    return F.floor(F.col("timestamp_share") / max(1, window_s)).cast("bigint")


def _by_participants(
    pairs: DataFrame, shares: DataFrame, window_s: int, min_participation: int, both_sides: bool
) -> DataFrame:
    # As the reference tool counts: every row of a content_id that is in some pair, also when the row itself is in none.
    sides = shares.join(_paired(shares, window_s), on="content_id", how="left_semi")
    enough = sides.groupBy("account_id").count().where(F.col("count") >= min_participation).select("account_id")
    kept = pairs.join(enough.withColumn("left", F.lit(True)), on="account_id", how="left").join(
        enough.select(F.col("account_id").alias("account_id_y"), F.lit(True).alias("right")),
        on="account_id_y",
        how="left",
    )
    left, right = F.coalesce("left", F.lit(False)), F.coalesce("right", F.lit(False))
    return kept.where(left & right if both_sides else left | right).select(pairs.columns)


def _paired(shares: DataFrame, window_s: int) -> DataFrame:
    """The content_ids that are in some pair, found without making the pairs.

    A share is in one when more shares of its object than those of its own account are within the window. Counted in
    places two windows long that overlap by one: whatever is near enough meets in one of them, and no task holds all
    shares of a hot object.
    """
    bucket = _bucket(window_s)
    placed = shares.withColumn("place", F.explode(F.array(bucket, bucket + 1)))
    here = Window.partitionBy("object_id", "place").orderBy("timestamp_share").rangeBetween(-window_s, window_s)
    own = Window.partitionBy("object_id", "place", "account_id").orderBy("timestamp_share")
    others = F.count("*").over(here) - F.count("*").over(own.rangeBetween(-window_s, window_s))
    return placed.withColumn("others", others).where("others > 0").select("content_id").distinct()
