"""Templates: what several accounts write in their comments, near-equal texts and contacts, week by week.

That two accounts wrote the same once may be a joke that went around; that they write it week after week is an order.
So what an account writes again in another week is an object of that week, and all weeks of one text or contact are one
topic; so is what is uploaded (works.py).
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from conf import LinkLimits
from engine import checkpoint
from engine.portable import looked_up
from features.links.near import text_clusters
from features.text import HANDLE, LINK, PHONE, normalised, text_contacts

WEEK_SECONDS = 7 * 86_400
KINDS_OF_TEMPLATES = {"comment_text": "text", "comment_contact": "contact"}
"""The kinds of co-action that are about templates, and the kind of these."""


def with_objects(acts: DataFrame, topic: str) -> DataFrame:
    """Name the object of each act (account_id, kind, ts) on a topic: the topic itself in the first week in which its
    account does so, and the topic in that week in any later one.

    So two accounts have a topic in common whenever each came to it, and once more for each week in which both came
    back to it. Who hides lets weeks go by between one hand and the next.
    """
    week = F.floor(F.unix_timestamp("ts") / WEEK_SECONDS)
    first = F.min(week).over(Window.partitionBy("account_id", "kind", topic))
    return acts.withColumn("object", F.when(week == first, F.col(topic)).otherwise(F.xxhash64(topic, week)))


def templates(events: DataFrame, limits: LinkLimits) -> DataFrame:
    """Name what each comment says that others may say, too: account_id, video_id, ts, kind, topic, object, is_mention.

    `kind` is `text`, of comments of `min_text_length` characters or more, or `contact`, of each that a comment names. A
    `topic` is a cluster of near-equal texts or a contact, `object` is as `with_objects` has it. `is_mention` tells who
    is mentioned from the links, phone numbers and accounts of other apps that readers are sent to. An event that was
    delivered twice is one row.
    """
    comments = events.where("verb = 'comment' and text is not null")
    texts = checkpoint(
        comments.select(F.xxhash64("text").alias("raw"), "text")
        .groupBy("raw")
        .agg(F.min("text").alias("text"))
        .select("raw", "text", normalised(F.col("text")).alias("normal"))
    )
    said = (
        comments.select("account_id", "video_id", "ts", F.xxhash64("text").alias("raw"))
        .distinct()
        .join(_near_equal(texts, limits).unionByName(_contacts(texts)), on="raw", how="inner")
    )
    return with_objects(said, "topic").select("account_id", "video_id", "ts", "kind", "topic", "object", "is_mention")


def _near_equal(texts: DataFrame, limits: LinkLimits) -> DataFrame:
    """The texts that say enough by the cluster of near-equal ones that they belong to."""
    telling = texts.where(F.length("normal") >= limits.min_text_length).withColumn("text_id", F.xxhash64("normal"))
    clusters = text_clusters(telling.groupBy("text_id").agg(F.min("normal").alias("normal")), limits)
    return telling.join(clusters, on="text_id", how="left").select(
        "raw",
        F.lit("text").alias("kind"),
        F.coalesce("cluster", "text_id").alias("topic"),
        F.lit(False).alias("is_mention"),
    )


def _contacts(texts: DataFrame) -> DataFrame:
    """The texts that name contacts, a row for each."""
    return (
        texts.where(F.col("normal").rlike("|".join((LINK, HANDLE, PHONE))))
        .select("raw", F.explode(text_contacts(F.col("text"))).alias("named"))
        .select(
            "raw",
            F.lit("contact").alias("kind"),
            F.xxhash64("named.name").alias("topic"),
            F.col("named.is_mention").alias("is_mention"),
        )
        .distinct()
    )


def shared_templates(said: DataFrame, evidence: DataFrame) -> DataFrame:
    """Rows of `comment_templates`, without as_of: the comments with what links are about.

    `said` as `templates` gives it, `evidence` are rows of link_evidence.
    """
    kind = looked_up(F.col("kind"), KINDS_OF_TEMPLATES)
    told = evidence.where(F.col("kind").isin([*KINDS_OF_TEMPLATES])).select(
        kind.alias("kind"), F.explode("objects").alias("object")
    )
    told = told.select("kind", F.col("object").cast("bigint").alias("object")).distinct()
    return said.join(told, on=["kind", "object"], how="left_semi").select(
        "account_id", "video_id", "ts", "kind", F.col("object").alias("template")
    )
