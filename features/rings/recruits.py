"""Accounts that belong to a ring though its community was found without them: by what they uploaded or wrote, though
they met its members too seldom to be linked.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import largest
from features.links.works import shared_works

UPLOADERS = 3
"""Members that uploaded a work or wrote a text, at least, for it to be the ring's."""
OF_THE_RING = 0.6
"""Share of the others who did so that is of the ring, at least."""
SETTLED = 0.5
"""Who is of an abusive ring with so much of a chance is not asked whether another is theirs: rings copy each other."""


def _of_rings(uploads: DataFrame, members: DataFrame) -> DataFrame:
    """The works that `UPLOADERS` members of a ring or more have uploaded or written: kind, work, ring_id, members."""
    return (
        uploads.join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .groupBy("kind", "work", "ring_id")
        .agg(F.count_distinct("account_id").alias("members"))
        .where(F.col("members") >= UPLOADERS)
    )


def written_works(templates: DataFrame) -> DataFrame:
    """Rows of comment_templates in the columns of video_works, without as_of: who wrote the same, and who first."""
    as_works = [F.col("template").alias(name) for name in ("work", "object")]
    return shared_works(templates.where("kind = 'text'").select("video_id", "account_id", "kind", "ts", *as_works))


def recruits(members: DataFrame, rings: DataFrame, works: DataFrame) -> DataFrame:
    """The accounts outside of a ring that uploaded its works or wrote its templates: ring_id, account_id, strength.

    `members` have ring_id, account_id and strength, `rings` ring_id and score, `works` are rows of video_works of the
    day and `written_works`. Those who upload a stolen work again, or write what was dictated, are a ring's hands; who
    shares but one or two with another is no link by that, and may be in a group that nobody calls a ring. Whoever else
    did so is one of the ring as likely as the others are: that share is the strength. Who was first was copied. Of
    several rings the one that says most of an account has it.
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


def with_recruits_counted(rings: DataFrame, recruited: DataFrame) -> DataFrame:
    """Rows of `rings` with the size that they have with their `recruits`, and a word on these in the evidence.

    What else is said of a ring is said without them: who is its hand by one work alone would blur it.
    """
    counts = recruited.groupBy("ring_id").agg(F.count("*").alias("uploaded"))
    told = F.format_string("Uploaded or wrote what is mostly theirs: %d more.", "uploaded")
    return (
        rings.join(F.broadcast(counts), on="ring_id", how="left")
        .fillna(0, ["uploaded"])
        .withColumn("size", F.col("size") + F.col("uploaded"))
        .withColumn("evidence", F.concat_ws(" ", "evidence", F.when(F.col("uploaded") > 0, told)))
        .drop("uploaded")
    )
