"""Find templates: near-equal comments of several accounts, and contact identifiers in comments, week by week.

That two accounts once wrote the same may be a joke that went around; to write it week after week is coordination. So
what an account writes again in another week is an object of that week, and all weeks of one text or contact identifier
are one topic. Uploads are treated alike (works.py).
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from conf import LinkLimits
from engine import checkpoint
from engine.portable import looked_up
from features.links.kinds import KINDS, WRITTEN
from features.links.near import text_clusters
from features.text import HANDLE, LINK, PHONE, normalised, text_contacts

WEEK_SECONDS = 7 * 86_400
TEMPLATE_KINDS = {kind.name: kind.family.verb for kind in KINDS if kind.family.verb in WRITTEN}
"""The kinds of co-action on templates, with the kind of template of each."""


def with_weekly_objects(actions: DataFrame, topic: str) -> DataFrame:
    """Add `object` to actions (account_id, kind, ts) on a topic, `topic` being the name of its column.

    In the first week of an account and topic the object is the topic itself, in later weeks the topic in that week. So
    two accounts share the topic itself, whenever each came to it, and one object more for each week in which both came
    back to it. Rings that hide let weeks go by between one member's action and the next.
    """
    week = F.floor(F.unix_timestamp("ts") / WEEK_SECONDS)
    first = F.min(week).over(Window.partitionBy("account_id", "kind", topic))
    return actions.withColumn("object", F.when(week == first, F.col(topic)).otherwise(F.xxhash64(topic, week)))


def templates(events: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the texts and contact identifiers in comments that other comments may share.

    Columns out: account_id, video_id, ts, kind, topic, object, is_mention. `kind` is `text`, for comments of
    `min_text_length` characters or more, or `contact`, for each identifier in a comment. `topic` is a cluster of
    near-equal texts or an identifier, `object` is of `with_weekly_objects`. `is_mention` is true of a handle, false of
    links, phone numbers and accounts on other apps. An event that was delivered twice is one row.
    """
    comments = events.where("verb = 'comment' and text is not null")
    texts = checkpoint(
        comments.select(F.xxhash64("text").alias("text_hash"), "text")
        .groupBy("text_hash")
        .agg(F.min("text").alias("text"))
        .select("text_hash", "text", normalised(F.col("text")).alias("normal"))
    )
    comment_topics = (
        comments.select("account_id", "video_id", "ts", F.xxhash64("text").alias("text_hash"))
        .distinct()
        .join(_near_equal(texts, limits).unionByName(_contacts(texts)), on="text_hash", how="inner")
    )
    return with_weekly_objects(comment_topics, "topic").select(
        "account_id", "video_id", "ts", "kind", "topic", "object", "is_mention"
    )


def _near_equal(texts: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the topic of each text that is long enough: its cluster of near-equal texts, or itself."""
    long_enough = texts.where(F.length("normal") >= limits.min_text_length).withColumn("text_id", F.xxhash64("normal"))
    clusters = text_clusters(long_enough.groupBy("text_id").agg(F.min("normal").alias("normal")), limits)
    return long_enough.join(clusters, on="text_id", how="left").select(
        "text_hash",
        F.lit("text").alias("kind"),
        F.coalesce("cluster", "text_id").alias("topic"),
        F.lit(False).alias("is_mention"),
    )


def _contacts(texts: DataFrame) -> DataFrame:
    """Return the contact identifiers in texts as topics, a row for each."""
    return (
        texts.where(F.col("normal").rlike("|".join((LINK, HANDLE, PHONE))))
        .select("text_hash", F.explode(text_contacts(F.col("text"))).alias("identifier"))
        .select(
            "text_hash",
            F.lit("contact").alias("kind"),
            F.xxhash64("identifier.name").alias("topic"),
            F.col("identifier.is_mention").alias("is_mention"),
        )
        .distinct()
    )


def shared_templates(comment_topics: DataFrame, evidence: DataFrame) -> DataFrame:
    """Return rows of `comment_templates`, without as_of: the comments with templates that links are about.

    `comment_topics` is of `templates`, `evidence` are rows of link_evidence.
    """
    kind = looked_up(F.col("kind"), TEMPLATE_KINDS)
    linked_templates = evidence.where(F.col("kind").isin([*TEMPLATE_KINDS])).select(
        kind.alias("kind"), F.explode("objects").alias("object")
    )
    linked_templates = linked_templates.select("kind", F.col("object").cast("bigint").alias("object")).distinct()
    return comment_topics.join(linked_templates, on=["kind", "object"], how="left_semi").select(
        "account_id", "video_id", "ts", "kind", F.col("object").alias("template")
    )
