"""Give rings ids that they keep from day to day, as members come and go.

The rules use what was published on the days before `as_of`, never on `as_of` itself or later:

- An account remembers the rings that it was last in, for `memory_days`; so one that is missing for a day is not lost.
- An earlier ring and a community of today may be the same if they share at least `same_share` of the members of the
  smaller one.
- Where a ring split, the part with most of its remembered members keeps the id (then the larger part, then the one with
  the smallest member); the other parts are new rings.
- Where several rings merged, the one that brought most members keeps its id (then the larger, then the smaller id).
- The id of a new ring is a hash of its smallest founding member and of the day of its first co-action, so that a day
  that is computed later gives the id of the days after it; where that id was ever used before, `as_of` is hashed, too.
"""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf import RingLimits

POSITIVE = 2**63 - 1
SALT = "ring"


def with_ring_ids(
    members: DataFrame, founded: DataFrame, earlier: DataFrame, used: DataFrame, as_of: date, limits: RingLimits
) -> DataFrame:
    """Return the members of today's communities under ring ids: ring_id, account_id, strength.

    `members`: community, account_id, strength; `founded`: community, first_on DATE (its first co-action); `earlier`:
    rows of ring_members of the remembered days; `used`: ring_id of every day before `as_of`.
    """
    ids = inherited(members, earlier, limits)
    new = (
        members.select("community")
        .distinct()
        .join(ids, on="community", how="left_anti")
        .join(founded, on="community", how="left")
        .withColumn("ring_id", _hash("community", F.coalesce("first_on", F.lit(as_of))))
        .join(used.select("ring_id", F.lit(True).alias("taken")).distinct(), on="ring_id", how="left")
        .select(
            "community",
            F.when(F.col("taken"), _hash("community", "first_on", F.lit(as_of)))
            .otherwise(F.col("ring_id"))
            .alias("ring_id"),
        )
    )
    return members.join(ids.unionByName(new), on="community", how="inner").select("ring_id", "account_id", "strength")


def inherited(members: DataFrame, earlier: DataFrame, limits: RingLimits) -> DataFrame:
    """Return the id of each community that continues an earlier ring: community, ring_id."""
    last_day = F.max("as_of").over(Window.partitionBy("account_id"))
    remembered = earlier.withColumn("last_day", last_day).where("as_of = last_day").select("account_id", "ring_id")
    ring_sizes = remembered.groupBy("ring_id").agg(F.count("*").alias("ring_size"))
    sizes = members.groupBy("community").agg(F.count("*").alias("size"))
    smaller = F.least("size", "ring_size")
    candidates = (
        members.join(remembered, on="account_id", how="inner")
        .groupBy("community", "ring_id")
        .agg(F.count("*").alias("overlap"))
        .join(sizes, on="community", how="inner")
        .join(ring_sizes, on="ring_id", how="inner")
        .where(F.col("overlap") >= limits.same_share * smaller)
    )
    by_heir = Window.partitionBy("ring_id").orderBy(F.desc("overlap"), F.desc("size"), "community")
    by_ancestor = Window.partitionBy("community").orderBy(F.desc("overlap"), F.desc("ring_size"), "ring_id")
    return (
        candidates.withColumn("rank", F.row_number().over(by_heir))
        .where("rank = 1")
        .withColumn("rank", F.row_number().over(by_ancestor))
        .where("rank = 1")
        .select("community", "ring_id")
    )


def _hash(*columns: str | Column) -> Column:
    """Return a positive 63-bit hash of columns."""
    return F.xxhash64(F.lit(SALT), *columns).bitwiseAND(F.lit(POSITIVE))
