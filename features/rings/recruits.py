"""Accounts that belong to a ring though its community was found without them: by ties to many of its members, or by
what they uploaded or wrote, though they met its members too seldom to be linked.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine import checkpoint
from engine.portable import largest, rounded, whole_number
from features.links.combine import PAIR, both_ways
from features.links.works import shared_works
from features.rings.communities import belonging

TENTHS = 10
"""Weights are added up as whole tenths: equal in any order."""
TIES, TIED = 3, 0.4
"""Members that an outsider is linked to, at least, and the weight of these links relative to the median member's."""

UPLOADERS = 3
"""Members that uploaded a work or wrote a text, at least, for it to be the ring's."""
OF_THE_RING = 0.6
"""Share of the others who did so that is of the ring, at least."""
SETTLED = 0.5
"""Who is of an abusive ring with so much of a chance is not asked whether another is theirs: rings copy each other."""


def neighbours(members: DataFrame, links: DataFrame, surprise_cap: float) -> DataFrame:
    """The accounts outside of rings that are tied to one as its members are: ring_id, account_id, strength.

    `members` have ring_id and account_id, `links` are the pairs that communities were sought in. Every account is in
    one community and one core at most, and of a ring of one hand that was parted there are pieces that none would call
    a ring. Whoever has a good part of a member's links into another ring is of that one as well, of several the one it
    is tied to most. The strength is `belonging` by that part.
    """
    tenths = whole_number(F.least("surprise", F.lit(surprise_cap)) * TENTHS).alias("weight")
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
        .withColumn("tied", F.least(F.lit(1.0), rounded(F.col("weight") / F.col("usual"), 6)))
        .where(F.col("tied") >= TIED)
        .withColumn("strength", rounded(belonging(F.col("tied")), 6))
        .withColumn("place", F.row_number().over(firmest))
        .where("place = 1")
        .select("ring_id", "account_id", "strength")
    )


def _of_rings(uploads: DataFrame, members: DataFrame) -> DataFrame:
    """The works that `UPLOADERS` members of a ring or more have uploaded or written: kind, work, ring_id, members."""
    return (
        uploads.join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .groupBy("kind", "work", "ring_id")
        .agg(F.count_distinct("account_id").alias("members"))
        .where(F.col("members") >= UPLOADERS)
    )


def scripts(comments: DataFrame, members: DataFrame, min_length: int) -> DataFrame:
    """Who wrote what members of a ring wrote as well, in the columns of video_works without as_of; the kind is `text`.

    `comments` have video_id, account_id, text and ts. A script is the same words, of `min_length` characters or more,
    by `UPLOADERS` members or more.
    """
    words = F.lower(F.trim("text"))
    written = comments.where(F.length(words) >= min_length).select(
        "video_id", "account_id", F.lit("text").alias("kind"), F.xxhash64(words).alias("work"), "ts"
    )
    # Few of all comments, and looked at twice.
    return shared_works(checkpoint(written.join(_of_rings(written, members), on=["kind", "work"], how="left_semi")))


def recruits(members: DataFrame, rings: DataFrame, works: DataFrame) -> DataFrame:
    """The accounts outside of a ring that uploaded its works or wrote its scripts: ring_id, account_id, strength.

    `members` have ring_id, account_id and strength, `rings` ring_id and score, `works` are rows of video_works of the
    day and `scripts`. Those who upload a stolen work again, or write what was dictated, are a ring's hands; who shares
    but one or two with another is no link by that, and may be in a group that nobody calls a ring. Whoever else did so
    is one of the ring as likely as the others are: that share is the strength. Who was first was copied. Of several
    rings the one that says most of an account has it.
    """
    # Strangers find the same words for a caption, and make pictures alike of one meme, but not the same pictures.
    telling = works.where(F.col("kind").isin("frame", "text"))
    uploads = telling.select("kind", "work", "account_id", "uploaders", "is_first").distinct()
    scores = F.broadcast(rings.select("ring_id", "score"))
    chance = F.col("score") * F.col("strength")
    settled = members.join(scores, on="ring_id", how="inner").where(chance >= SETTLED).select("account_id").distinct()
    share = F.col("members") / (F.col("uploaders") - 1)
    says_most = largest(chance.alias("chance"), (-F.col("ring_id")).alias("minus_id"), "strength")
    return (
        uploads.where(~F.col("is_first"))
        .join(_of_rings(uploads, members), on=["kind", "work"], how="inner")
        .where(share >= OF_THE_RING)
        .join(F.broadcast(settled), on="account_id", how="left_anti")
        .join(F.broadcast(members.select("ring_id", "account_id")), on=["ring_id", "account_id"], how="left_anti")
        .join(scores, on="ring_id", how="inner")
        .withColumn("strength", share)
        .groupBy("account_id")
        .agg(says_most.alias("best"))
        .select((-F.col("best.minus_id")).alias("ring_id"), "account_id", F.col("best.strength").alias("strength"))
    )


def with_outsiders_counted(rings: DataFrame, near: DataFrame, recruited: DataFrame) -> DataFrame:
    """Rows of `rings` with the size that they have with their `recruits`, and a word on these and on the `neighbours`
    among its members in the evidence.

    What else is said of a ring is said without its recruits: who is its hand by one work alone would blur it.
    """

    def told(column: str, words: str) -> Column:
        return F.when(F.col(column) > 0, F.format_string(f"{words}.", column))

    tied = near.groupBy("ring_id").agg(F.count("*").alias("tied"))
    uploaded = recruited.groupBy("ring_id").agg(F.count("*").alias("uploaded"))
    return (
        rings.join(F.broadcast(tied), on="ring_id", how="left")
        .join(F.broadcast(uploaded), on="ring_id", how="left")
        .fillna(0, ["tied", "uploaded"])
        .withColumn("size", F.col("size") + F.col("uploaded"))
        .withColumn(
            "evidence",
            F.concat_ws(
                " ",
                "evidence",
                told("tied", "Of them %d tied by a good part of a member's links"),
                told("uploaded", "Uploaded or wrote what is mostly theirs: %d more"),
            ),
        )
        .drop("tied", "uploaded")
    )
