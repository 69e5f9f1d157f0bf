"""Accounts that belong to a ring by what they uploaded, though they met its members too seldom to be linked."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

UPLOADERS = 3
"""Members that uploaded a work, at least, for it to be the ring's."""
OF_THE_RING = 0.6
"""Share of the others who uploaded a work that is of the ring, at least."""


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
