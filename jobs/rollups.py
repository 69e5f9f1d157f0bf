"""Keeps the rollups of events up to date: recomputes the days whose events changed, and no others."""

from jobs.job import Context

from collections.abc import Mapping
from datetime import date, timedelta

from engine import persist, unpersist
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.activity import account_activity, acts, definitions_version, video_activity
from features.rollups import Recorded, passes, stale_days
from lake.changes import fingerprints
from lake.schemas import ACCOUNT_ACTIVITY, ACTIVE_DAYS, EVENTS, ROLLUP_LEDGER, VIDEO_ACTIVITY

ROLLUPS = {ACCOUNT_ACTIVITY: account_activity, VIDEO_ACTIVITY: video_activity}


def update(context: Context, accounts: DataFrame, videos: DataFrame) -> Mapping[str, object]:
    """Bring the last 28 days of both rollups up to date with events; returns facts for the summary.

    A day is published before the ledger says so: a run that dies in between computes it again.
    """
    first = context.as_of - timedelta(days=ACTIVE_DAYS)
    found = fingerprints(context.lake, EVENTS, first, context.as_of)
    recorded = ledger(context, first)
    version = definitions_version()
    if not recorded and found:
        context.warn(f"no rollups of {first} to {context.as_of} yet: {len(found)} days are computed from events")
    elif any(entry.definitions != version for entry in recorded.values()):
        context.warn("rollups were made by other definitions: they are computed again")
    stale = stale_days(found, recorded, version)
    for days in passes(stale, context.limits.features.days_per_pass):
        compute(context, days, accounts, videos)
        record(context, {day: found.get(day) for day in days}, version)
    return {"days computed": len(stale), "days kept": len(found.keys() - set(stale))}


def ledger(context: Context, first: date) -> dict[date, Recorded]:
    """What the ledger holds of the window: days that every rollup has, computed from the same events."""
    if not all(context.lake.exists(table) for table in (ROLLUP_LEDGER, *ROLLUPS)):
        return {}
    rows = (
        context.lake.read(ROLLUP_LEDGER)
        .where((F.col("event_date") >= F.lit(first)) & (F.col("event_date") < F.lit(context.as_of)))
        .where("fingerprint IS NOT NULL")
        .collect()
    )
    by_rollup = {
        table.name: {r.event_date: Recorded(r.fingerprint, r.definitions) for r in rows if r.rollup == table.name}
        for table in ROLLUPS
    }
    one, other = by_rollup.values()
    return {day: one[day] if one.get(day) == other.get(day) else Recorded("", "") for day in one.keys() | other.keys()}


def compute(context: Context, days: list[date], accounts: DataFrame, videos: DataFrame) -> None:
    """Both rollups of these days, from one look at their events."""
    events = context.delivered(EVENTS, ACTIVE_DAYS).where(F.col("event_date").isin(days))
    enriched = persist(acts(events, accounts, videos), on_disk=True)
    for table, rollup in ROLLUPS.items():
        context.run.rows_written += context.lake.publish_days(table, rollup(enriched), days, context.run.provenance)
    unpersist(enriched)


def record(context: Context, seen: Mapping[date, str | None], version: str) -> None:
    rows = [(table.name, day, fingerprint, version) for table in ROLLUPS for day, fingerprint in seen.items()]
    seen_now = context.spark.createDataFrame(rows, ROLLUP_LEDGER.types)
    context.lake.upsert(ROLLUP_LEDGER, seen_now, context.run.provenance)
