"""Accounts that belong to a ring though its community was found without them: by ties to many of its members, or by
what they uploaded, though they met its members too seldom to be linked.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.links.combine import PAIR, both_ways
from features.rings.communities import belonging

TENTHS = 10
"""Weights are added up as whole tenths: equal in any order."""
TIES, TIED = 3, 0.4
"""Members that an outsider is linked to, at least, and the weight of these links relative to the median member's."""

UPLOADERS = 3
"""Members that uploaded a work, at least, for it to be the ring's."""
OF_THE_RING = 0.6
"""Share of the others who uploaded a work that is of the ring, at least."""


def neighbours(members: DataFrame, links: DataFrame, surprise_cap: float) -> DataFrame:
    """The accounts outside of rings that are tied to one as its members are: ring_id, account_id, strength.

    `members` have ring_id and account_id, `links` are the pairs that communities were sought in. Every account is in
    one community and one core at most, and of a ring of one hand that was parted there are pieces that none would call
    a ring. Whoever has a good part of a member's links into another ring is of that one as well, of several the one it
    is tied to most. The strength is `belonging` by that part.
    """
    tenths = F.round(F.least("surprise", F.lit(surprise_cap)) * TENTHS).cast("bigint").alias("weight")
    ring_of = F.broadcast(members.select("ring_id", F.col("account_id").alias("other_account_id")))
    own = F.broadcast(members.select("ring_id", "account_id", F.lit(True).alias("inside")))
    ties = (
        both_ways(links.select(*PAIR, tenths))
        .join(ring_of, on="other_account_id", how="inner")
        .groupBy("ring_id", "account_id")
        .agg(F.count("*").alias("ties"), F.sum("weight").alias("weight"))
        .join(own, on=["ring_id", "account_id"], how="left")
    )
    firmest = Window.partitionBy("account_id").orderBy(F.desc("strength"), "ring_id")
    usual = ties.where("inside").groupBy("ring_id").agg(F.percentile("weight", 0.5).alias("usual"))
    return (
        ties.where("inside IS NULL")
        .where(F.col("ties") >= TIES)
        .join(F.broadcast(usual), on="ring_id", how="inner")
        .withColumn("tied", F.least(F.lit(1.0), F.round(F.col("weight") / F.col("usual"), 6)))
        .where(F.col("tied") >= TIED)
        .withColumn("strength", F.round(belonging(F.col("tied")), 6))
        .withColumn("place", F.row_number().over(firmest))
        .where("place = 1")
        .select("ring_id", "account_id", "strength")
    )


def with_neighbours_counted(rings: DataFrame, near: DataFrame) -> DataFrame:
    """Rows of `rings` with the size that they have with their `neighbours`, and a word on these in the evidence.

    What else is said of a ring is said of its core: who is tied to it by a part of the links would blur it.
    """
    more = near.groupBy("ring_id").agg(F.count("*").alias("more"))
    said = F.format_string("%s Tied to them by a good part of a member's links: %d more.", "evidence", "more")
    return (
        rings.join(F.broadcast(more), on="ring_id", how="left")
        .withColumn("size", F.col("size") + F.coalesce("more", F.lit(0)))
        .withColumn("evidence", F.when(F.col("more").isNull(), F.col("evidence")).otherwise(said))
        .drop("more")
    )


def with_recruits(members: DataFrame, works: DataFrame) -> DataFrame:
    """Members of rings (ring_id, account_id, strength) and the accounts in no ring that uploaded a ring's works.

    `works` are rows of video_works of the day. Those who upload a stolen work again are a ring's hands; who shares but
    one or two with another is no link by that. Whoever else uploaded it is one of the ring as likely as the others are:
    that share is the strength, at best over works. Who was first with a work was copied.
    """
    # Strangers find the same words, and make pictures alike of one meme, but not the same pictures.
    frames = works.where(F.col("kind") == "frame")
    uploads = frames.select("work", "account_id", "uploaders", "is_first").distinct()
    in_rings = uploads.join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
    of_rings = (
        in_rings.groupBy("work", "ring_id").agg(F.count("*").alias("members")).where(F.col("members") >= UPLOADERS)
    )
    share = F.col("members") / (F.col("uploaders") - 1)
    recruits = (
        uploads.where(~F.col("is_first"))
        .join(F.broadcast(members.select("account_id")), on="account_id", how="left_anti")
        .join(of_rings, on="work", how="inner")
        .where(share >= OF_THE_RING)
        .groupBy("account_id")
        .agg(F.max(F.struct(share.alias("strength"), (-F.col("ring_id")).alias("minus_id"))).alias("best"))
        .select((-F.col("best.minus_id")).alias("ring_id"), "account_id", F.col("best.strength").alias("strength"))
    )
    return members.unionByName(recruits)
