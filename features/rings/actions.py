"""Gather the actions that rings are measured by: events, and what was written or uploaded."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from features.links.kinds import MADE
from lake.store import deduplicated, midnight


def object_type() -> Column:
    """Return the type of an object by the row's verb: ids of videos, accounts and templates may coincide."""
    return F.when(F.col("verb").isin("follow", *MADE), F.col("verb")).otherwise("video")


def made_by(templates: DataFrame, works: DataFrame) -> DataFrame:
    """Return what accounts wrote and uploaded that others did, too: account_id, video_id, ts, kind (of `MADE`), object.

    `templates` are rows of comment_templates, `works` of video_works. Original uploaders are left out: they were
    copied.
    """
    uploads = (
        works.where(~F.col("is_first"))
        .select("account_id", "video_id", "ts", F.lit("upload").alias("kind"), "object")
        .distinct()
    )
    return templates.select("account_id", "video_id", "ts", "kind", F.col("template").alias("object")).unionByName(
        uploads
    )


def with_lone_uploads(made: DataFrame, videos: DataFrame, since: date) -> DataFrame:
    """Add the uploads since a day that nobody copied to rows of `made_by`, each its own object."""
    uploads = videos.where(F.col("created_at") >= F.lit(midnight(since))).select(
        "account_id",
        "video_id",
        F.col("created_at").alias("ts"),
        F.lit("upload").alias("kind"),
        F.col("video_id").alias("object"),
    )
    shared = made.where("kind = 'upload'").select("video_id").distinct()
    return made.unionByName(uploads.join(shared, on="video_id", how="left_anti"))


def ring_actions(
    events: DataFrame, made: DataFrame, members: DataFrame, objects: DataFrame, videos: DataFrame, since: date
) -> DataFrame:
    """Return the actions that ring features are computed from, in one scan of the events.

    Columns out: event_id, ts, account_id, verb, object_id, watch_ms, device_id, ip_id, ring_id, recent, creator; one
    row per event and ring of its account. `ring_id` is null for accounts in no ring. `recent` is false before `since`.

    Of members, all actions since `since`, and follows before that; of others, actions since then on `objects`, be these
    in a link or not. An event that was delivered twice is one row. Each row of `made` (of `made_by`) on one of
    `objects` is an action as well, without event_id; only these have a `creator`, whose video they were made under.
    """
    ring_of = members.select("account_id", "ring_id")
    chosen = _events_of_rings(events, ring_of, objects, since)
    columns = [*chosen.columns, "ring_id", "creator"]
    creators = videos.select("video_id", F.col("account_id").alias("creator"))
    event_columns = ("event_id", "watch_ms", "device_id", "ip_id")
    no_event = {name: F.lit(None).cast(kind) for name, kind in chosen.dtypes if name in event_columns}
    made_actions = (
        made.withColumnsRenamed({"kind": "verb", "object": "object_id"})
        .join(objects.select("verb", "object_id"), on=["verb", "object_id"], how="left_semi")
        .join(ring_of, on="account_id", how="left")
        .join(creators, on="video_id", how="left")
        .withColumns({"creator": F.coalesce("creator", "video_id"), "recent": F.lit(True), **no_event})
    )
    # A checkpoint, as `deduplicated` reads its rows twice.
    event_actions = deduplicated(checkpoint(chosen), ("event_id",)).join(ring_of, on="account_id", how="left")
    event_actions = event_actions.withColumn("creator", F.lit(None).cast("bigint"))
    return event_actions.select(columns).unionByName(made_actions.select(columns))


def _events_of_rings(events: DataFrame, ring_of: DataFrame, objects: DataFrame, since: date) -> DataFrame:
    """Return the events that `ring_actions` needs, as often as they were delivered, with `object_id` and `recent`."""
    recent = F.col("event_date") >= F.lit(since)
    wanted = objects.select(object_type().alias("object_type"), "object_id", F.lit(True).alias("wanted")).distinct()
    members = ring_of.select("account_id", F.lit(True).alias("member")).distinct()
    return (
        events.select(
            "event_id",
            "ts",
            "account_id",
            "verb",
            F.coalesce("video_id", "target_account_id").alias("object_id"),
            "watch_ms",
            "device_id",
            "ip_id",
            recent.alias("recent"),
        )
        .where("recent OR verb = 'follow'")
        .join(F.broadcast(members), "account_id", "left")
        .withColumn("object_type", object_type())
        .join(F.broadcast(wanted), on=["object_type", "object_id"], how="left")
        .where("member OR (wanted AND recent)")
        .drop("member", "object_type", "wanted")
    )


def touched_by_members(actions: DataFrame) -> DataFrame:
    """Count the actions of each member on each object: ring_id, account_id, verb, object_id, creator, acts, first_ts.

    A template has a row for each creator under whose videos the member wrote it.
    """
    return (
        actions.where("ring_id IS NOT NULL AND recent AND object_id IS NOT NULL")
        .groupBy("ring_id", "account_id", "verb", "object_id", "creator")
        .agg(F.count("*").alias("acts"), F.min("ts").alias("first_ts"))
    )
