"""Find late members: accounts that join a ring by what they uploaded or wrote, with too few co-actions for a link."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import largest
from features.links.works import shared_works
from features.membership import member_chance

MIN_MEMBERS = 3
"""Members that uploaded a work or wrote a text, at least, for it to be the ring's."""
MIN_RING_SHARE = 0.6
"""Share of the ring's members among the other uploaders of a work, at least, for an account to join by it."""
MAX_MEMBERSHIP = 0.5
"""An account that is in an abusive ring with this probability, or more, joins no other: rings copy from each other."""


def _works_of_rings(uploads: DataFrame, members: DataFrame) -> DataFrame:
    """Return the works and texts of `MIN_MEMBERS` members of a ring or more: kind, work, ring_id, members."""
    return (
        uploads.join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .groupBy("kind", "work", "ring_id")
        .agg(F.count_distinct("account_id").alias("members"))
        .where(F.col("members") >= MIN_MEMBERS)
    )


def written_works(templates: DataFrame) -> DataFrame:
    """Return text templates in the columns of video_works, without as_of, with the account that wrote each first.

    `templates` are rows of comment_templates.
    """
    as_works = [F.col("template").alias(name) for name in ("work", "object")]
    return shared_works(templates.where("kind = 'text'").select("video_id", "account_id", "kind", "ts", *as_works))


def late_members(members: DataFrame, rings: DataFrame, works: DataFrame) -> DataFrame:
    """Find accounts outside of a ring that uploaded its works or wrote its templates: ring_id, account_id, strength.

    `members`: ring_id, account_id, strength; `rings`: ring_id, score; `works`: rows of video_works of the day and of
    `written_works`.

    An account that uploads a ring's stolen work, or writes its dictated text, acts for it; one or two such works make
    no link, and the account may be in a group that is no ring. The strength is the share of members among the other
    uploaders. First uploaders do not join: they were copied. Of several rings an account joins the one of the largest
    score × strength.
    """
    # Without captions and similar frames: strangers choose the same words, and make similar pictures of one meme.
    specific_works = works.where(F.col("kind").isin("frame", "text"))
    uploads = specific_works.select("kind", "work", "account_id", "uploaders", "is_first").distinct()
    scores = F.broadcast(rings.select("ring_id", "score"))
    probability = member_chance(F.col("score"), F.col("strength"))
    members_elsewhere = (
        members.join(scores, on="ring_id", how="inner")
        .where(probability >= MAX_MEMBERSHIP)
        .select("account_id")
        .distinct()
    )
    share = F.col("members") / (F.col("uploaders") - 1)
    most_probable = largest(probability.alias("probability"), (-F.col("ring_id")).alias("minus_id"), "strength")
    return (
        uploads.where(~F.col("is_first"))
        .join(_works_of_rings(uploads, members), on=["kind", "work"], how="inner")
        .where(share >= MIN_RING_SHARE)
        .join(F.broadcast(members_elsewhere), on="account_id", how="left_anti")
        .join(F.broadcast(members.select("ring_id", "account_id")), on=["ring_id", "account_id"], how="left_anti")
        .join(scores, on="ring_id", how="inner")
        .withColumn("strength", share)
        .groupBy("account_id")
        .agg(most_probable.alias("best"))
        .select((-F.col("best.minus_id")).alias("ring_id"), "account_id", F.col("best.strength").alias("strength"))
    )


def with_late_members_counted(rings: DataFrame, found: DataFrame) -> DataFrame:
    """Add the number of late members, `late_members`, to rings, and to their size.

    Other features stay those of the members by links: accounts that joined by one work would blur them.
    """
    counts = found.groupBy("ring_id").agg(F.count("*").alias("late_members"))
    return (
        rings.join(F.broadcast(counts), on="ring_id", how="left")
        .fillna(0, ["late_members"])
        .withColumn("size", F.col("size") + F.col("late_members"))
    )
