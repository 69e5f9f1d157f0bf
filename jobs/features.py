"""Features: what each account and video did over 1, 7 and 28 days."""

from jobs import rollups
from jobs.job import Context, Facts, Job, main

from datetime import timedelta

from engine import persist
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features import accounts, videos
from features.videos.content import reuse
from lake.schemas import (
    ACCOUNT_ACTIVITY,
    ACCOUNTS,
    ACTIVE_DAYS,
    DECISIONS,
    EVENTS,
    ROLLUP_LEDGER,
    VIDEO_ACTIVITY,
    VIDEOS,
    Table,
)


def run(context: Context) -> Facts:
    """Describe what each account and video did in the 1, 7 and 28 days before a day.

    Reads events, but only the days whose files changed since the rollups account_activity and video_activity saw them;
    then makes account_features and video_features from the rollups, accounts, videos and decisions. Run it daily after
    validate; docs/features.md says what each feature means.
    """
    people, clips = known(context, ACCOUNTS), known(context, VIDEOS)
    facts = rollups.update(context, small(context, people), small(context, clips))
    copies = reuse(clips, context.as_of)
    by_account, by_video = window(context, ACCOUNT_ACTIVITY), window(context, VIDEO_ACTIVITY)
    account_rows = context.publish(
        accounts.TABLE,
        accounts.account_features(
            by_account, by_video, people, clips, context.source(DECISIONS), copies, context.as_of
        ),
    )
    video_rows = context.publish(
        videos.TABLE, videos.video_features(by_video, context.day(accounts.TABLE), clips, copies, context.as_of)
    )
    return {**facts, "accounts": account_rows, "videos": video_rows}


def known(context: Context, table: Table) -> DataFrame:
    """A source table that several steps use, read once."""
    return persist(context.source(table))


def small(context: Context, df: DataFrame) -> DataFrame:
    return F.broadcast(df) if df.count() <= context.limits.features.broadcast_rows else df


def window(context: Context, rollup: Table) -> DataFrame:
    first = context.as_of - timedelta(days=ACTIVE_DAYS)
    day = F.col("event_date")
    return context.lake.read_or_empty(rollup).where((day >= F.lit(first)) & (day < F.lit(context.as_of)))


JOB = Job(
    "features",
    "Compute features of accounts and videos over 1 to 28 days",
    run,
    reads=(EVENTS, ACCOUNTS, VIDEOS, DECISIONS),
    writes=(accounts.TABLE, videos.TABLE, ACCOUNT_ACTIVITY, VIDEO_ACTIVITY, ROLLUP_LEDGER),
)

if __name__ == "__main__":
    main(JOB)
