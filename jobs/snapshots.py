"""Published days that training and scoring look at, and the making of those that are missing."""

from jobs.features import JOB as MAKE_FEATURES
from jobs.job import Context, run_step
from jobs.links import JOB as FIND_LINKS
from jobs.rings import JOB as FIND_RINGS

from collections.abc import Sequence
from datetime import date

from engine import checkpoint
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.schemas import (
    ACCOUNT_FEATURES,
    ACCOUNT_LINKS,
    AUDIT_DRAWS,
    EVENTS,
    REVIEW_QUEUE,
    RING_MEMBERS,
    RINGS,
    VIDEO_FEATURES,
    VIDEO_WORKS,
    Table,
)
from models.examples import uncovered, wanted_days, windows
from models.labels import labels
from models.rows import account_rows, ring_rows
from models.video_rows import copying_rings, publics, video_rings, video_rows

FEATURES = {"account": ACCOUNT_FEATURES, "video": VIDEO_FEATURES, "ring": RINGS}
"""The features of what is scored, by entity type."""
MODEL_INPUTS = (*FEATURES.values(), VIDEO_WORKS, ACCOUNT_LINKS, RING_MEMBERS, EVENTS)
"""What `feature_rows` reads."""
STEPS = (MAKE_FEATURES, FIND_LINKS, FIND_RINGS)
"""The steps whose outputs make a snapshot, in their order."""


def days_of(context: Context, table: Table) -> set[date]:
    """Days with rows in a table."""
    if not context.lake.exists(table):
        return set()
    return {row.as_of for row in context.lake.read(table).select("as_of").distinct().collect()}


def published(context: Context) -> list[date]:
    """Days up to this run's with features, and rings sought; that none were found is told by the record of the run."""
    sought = days_of(context, RING_MEMBERS) | context.days_done("rings")
    return sorted(day for day in days_of(context, ACCOUNT_FEATURES) & sought if day <= context.as_of)


def backfill(context: Context, decisions: DataFrame, weeks: int) -> list[date]:
    """Make the weekly snapshots that decisions of the last `weeks` need; returns the days that were made, oldest
    first.
    """
    wanted = wanted_days(context.as_of, weeks)
    recent = decisions.where(F.to_date("decided_at") >= F.lit(wanted[0]))
    decided = [row.day for row in recent.select(F.to_date("decided_at").alias("day")).distinct().collect()]
    missing = uncovered(wanted, published(context), decided)
    for day in missing:
        past = Context(context.lake, day, context.run, {}, context.policies, context.limits, context.warnings)
        for step in STEPS:
            run_step(step, past)
    return missing


def read_days(context: Context, table: Table, days: Sequence[date]) -> DataFrame:
    """Some days of a table with all its columns."""
    return context.lake.read(table).where(F.col("as_of").isin(list(days)))


def decided_by(context: Context, decisions: DataFrame, days: Sequence[date]) -> DataFrame:
    """Labels by the decisions that were known at the day, with the cases, audits and ring members of the days before;
    none of cases and audits when there has been no queue.
    """
    cases, draws = (
        context.lake.read_or_empty(table).where(F.col("as_of") < F.lit(context.as_of))
        for table in (REVIEW_QUEUE, AUDIT_DRAWS)
    )
    since_features = draws.where(F.col("as_of") >= F.lit(min(days, default=context.as_of)))
    members = read_days(context, RING_MEMBERS, days)
    return labels(decisions, cases, since_features, members, days, context.limits.training.judged_members)


def feature_rows(context: Context, days: Sequence[date], videos: DataFrame | None = None) -> dict[str, DataFrame]:
    """The rows that models see, of accounts, videos and rings, for some days.

    `videos` limits the look at who acts on what to some video_id, and what else their creators have. Who acts is asked
    of each window once, however often an event was delivered.
    """
    rings, members = read_days(context, RINGS, days), read_days(context, RING_MEMBERS, days)
    links = read_days(context, ACCOUNT_LINKS, days)
    accounts = account_rows(read_days(context, ACCOUNT_FEATURES, days), rings, members, links)
    window_days = context.limits.links.window_days
    back = window_days + ((context.as_of - min(days)).days if days else 0)
    acts = context.delivered(EVENTS, back).where("video_id IS NOT NULL")
    features = read_days(context, VIDEO_FEATURES, days)
    if videos is not None:
        creators = features.join(videos, on="video_id", how="left_semi").select("account_id").distinct()
        theirs = features.join(creators, on="account_id", how="left_semi").select("video_id").distinct()
        acts = acts.join(F.broadcast(theirs), on="video_id", how="left_semi")
    in_rings = F.broadcast(members.select("account_id").distinct())
    by_rings = acts.join(in_rings, on="account_id", how="left_semi")
    engaged = checkpoint(video_rings(windows(by_rings, days, window_days), rings, members))
    chosen = engaged.where(F.col("engaging_ring_engagers") > 1).select("video_id").distinct()
    public = publics(windows(acts.join(chosen, on="video_id", how="left_semi"), days, window_days))
    works = context.lake.read_or_empty(VIDEO_WORKS).where(F.col("as_of").isin(list(days)))
    copying = copying_rings(works, rings, members)
    return {
        "account": accounts,
        "video": video_rows(features, accounts, engaged, public, copying),
        "ring": ring_rows(rings),
    }
