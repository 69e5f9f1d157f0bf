"""Gather what accounts chose to do, and find what a group chose more often than its popularity explains."""

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from engine import checkpoint
from features.links.kinds import MADE
from lake.schemas import VERBS

CHOSEN_VERBS = tuple(verb for verb in VERBS if verb != "view")
"""Views are left out: what a feed shows is no choice."""
FALSE_TARGETS = 0.1
"""Objects that may pass for targets of a group by chance, in expectation (the correction of Bonferroni)."""


def chosen_actions(events: DataFrame, made: DataFrame, videos: DataFrame, since: date) -> DataFrame:
    """Return what each account chose to do since a day: distinct account_id, verb, object_id, topic.

    `made` has what was written and uploaded (account_id, kind, object), an action of that kind. The topic of a video is
    its uploader, anything else is its own topic.
    """
    chosen = events.where(F.col("verb").isin(*CHOSEN_VERBS) & (F.col("event_date") >= F.lit(since))).select(
        "account_id", "verb", F.coalesce("video_id", "target_account_id").alias("object_id")
    )
    made_actions = made.select("account_id", F.col("kind").alias("verb"), F.col("object").alias("object_id"))
    creators = videos.select(F.col("video_id").alias("object_id"), F.col("account_id").alias("creator"))
    is_video = ~F.col("verb").isin("follow", *MADE)
    return (
        chosen.where("object_id IS NOT NULL")
        .unionByName(made_actions)
        .distinct()
        .join(creators, on="object_id", how="left")
        .select(
            "account_id",
            "verb",
            "object_id",
            F.coalesce(F.when(is_video, F.col("creator")), "object_id").alias("topic"),
        )
    )


def members_by_object(actions: DataFrame, members: DataFrame) -> DataFrame:
    """Count the members of each group that acted on an object: ring_id, verb, object_id, members."""
    return (
        actions.join(F.broadcast(members), on="account_id", how="inner")
        .groupBy("ring_id", "verb", "object_id")
        .agg(F.count("*").alias("members"))
    )


def surprising_objects(actions: DataFrame, linked: DataFrame, by_object: DataFrame) -> DataFrame:
    """Return what more members of a group acted on than its popularity explains: ring_id, verb, object_id.

    Of the verbs of `linked`, the objects that links of the group are about; `by_object` is of `members_by_object`.
    Where m members acted on an object, one expects e: as many as other accounts, times the actions of members over
    those of others, of that verb. The tail of Poisson's distribution is bounded as by Chernoff (Mitzenmacher, Upfal
    2017, theorem 5.4).
    """
    actions_of_all = actions.groupBy("verb").agg(F.count("*").alias("actions_of_all"))
    verbs = linked.select("ring_id", "verb").distinct().join(F.broadcast(actions_of_all), on="verb", how="inner")
    by_members = by_object.join(F.broadcast(verbs), on=["ring_id", "verb"], how="inner")
    of_verb, of_group = Window.partitionBy("ring_id", "verb"), Window.partitionBy("ring_id")
    counted = by_members.withColumns(
        {"actions_of_members": F.sum("members").over(of_verb), "objects": F.count("*").over(of_group)}
    )
    shared = checkpoint(counted.where("members > 1"))
    audience = (
        actions.join(shared.select("verb", "object_id").distinct(), on=["verb", "object_id"], how="left_semi")
        .groupBy("verb", "object_id")
        .agg(F.count("*").alias("audience"))
    )
    actions_of_others = F.col("actions_of_all") - F.col("actions_of_members")
    expected = (F.col("audience") - F.col("members") + 1) * F.col("actions_of_members") / (actions_of_others + 1)
    tail = F.col("members") * F.log(F.col("members") / F.col("expected")) - F.col("members") + F.col("expected")
    return (
        shared.join(audience, on=["verb", "object_id"], how="inner")
        .withColumn("expected", expected)
        .where((F.col("members") > F.col("expected")) & (tail >= F.log(F.col("objects") / FALSE_TARGETS)))
        .select("ring_id", "verb", "object_id")
    )
