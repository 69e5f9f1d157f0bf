"""Validate: set apart the rows that break the contract, and stop a day that is too broken to go on."""

from jobs.job import Context, Facts, Job, main

from datetime import date, timedelta
from pathlib import Path

import click
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake.changes import check_partitions
from lake.errors import BrokenContract
from lake.schemas import (
    ACCOUNTS,
    ACTIVE_DAYS,
    EVENTS,
    IMPORTED_IDS,
    QUARANTINES,
    SOURCES,
    VALIDATION_RESULTS,
    Table,
    quarantine,
)
from lake.shares import UNKNOWN
from validation import facts as known
from validation.expectations import Result, build_pages, judge
from validation.rules import broken, usable


def run(context: Context) -> Facts:
    """Look at the source tables before anything is made of them.

    Rows that break the contract go to quarantine_<table> with all their reasons; no other job uses them. Of events, it
    reads the days since the last validated one (at least the days that events may be late, at most the whole window).
    The run stops with exit code 3 when more of the day's rows are broken than the limits allow; what was published
    before stays. Other expectations (volume, freshness, nulls, repeats, unknown accounts, countries) give warnings.
    Run it first.
    """
    limits, lake, day = context.limits.validation, context.lake, context.as_of - timedelta(days=1)
    found = {table: set_apart(context, table, day) for table in SOURCES}
    recent = lake.source(EVENTS, context.as_of, limits.history_days + 1)
    accounts = lake.source(ACCOUNTS, context.as_of)
    found[EVENTS].values.update(known.volume(recent, context.as_of, limits.history_days))
    found[EVENTS].values.update(known.repeats_and_orphans(recent.where(F.col("event_date") == F.lit(day)), accounts))
    if lake.exists(IMPORTED_IDS) and lake.read(IMPORTED_IDS).first():
        for table in SOURCES:
            found[table].values.update({f"null_{name}": None for name in UNKNOWN.get(table.name, ())})
    found[ACCOUNTS].values.update(known.country_mix(usable(accounts, ACCOUNTS), day, limits))
    results = judge(list(found.values()), limits)
    if folder := context.options.get("data_docs"):
        build_pages(list(found.values()), limits, folder)
    context.publish(VALIDATION_RESULTS, context.spark.createDataFrame(*rows_of(results, context.as_of)))
    for result in results:
        if not result.success and result.expectation.severity == "warning":
            context.warn(result.in_a_line())
    too_broken = {each.table for each in results if not each.success and each.expectation.severity == "error"}
    if too_broken:
        raise BrokenContract("; ".join(each.breach(limits) for each in found.values() if each.table.name in too_broken))
    return {f"{table.name}, broken": f"{facts.broken:,} of {facts.rows:,}" for table, facts in found.items()}


def set_apart(context: Context, table: Table, day: date) -> known.Facts:
    """Count the rows of a table and the rules they break in one pass; publish the broken ones, when there are any."""
    delivered = context.lake.source(table, context.as_of, days_to_read(context) if table.partition else None)
    if table.partition:
        check_partitions(context.lake, table)
    facts = known.facts_of(delivered, table, day)
    rows = broken(delivered, table)
    context.run.rows_quarantined += context.publish(quarantine(table), rows if facts.broken else rows.limit(0))
    return facts


def days_to_read(context: Context) -> int:
    """Days of events from the last validated day on, with the days before it that late events may belong to."""
    at_least = context.limits.validation.late_days + 1
    last = max((day for day in context.days_done("validate") if day < context.as_of), default=None)
    return min(ACTIVE_DAYS, at_least + (context.as_of - last).days - 1) if last else ACTIVE_DAYS


def rows_of(results: list[Result], as_of: date) -> tuple[list[tuple], StructType]:
    rows = [
        (
            as_of,
            each.table,
            each.expectation.name,
            each.expectation.severity,
            each.success,
            each.observed,
            each.expectation.expected,
        )
        for each in results
    ]
    return rows, VALIDATION_RESULTS.types


JOB = Job(
    "validate",
    "Set apart rows that break the contract; stop a broken day",
    run,
    reads=SOURCES,
    writes=(*QUARANTINES, VALIDATION_RESULTS),
    options=(
        click.Option(
            ["--data-docs"],
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Build the pages of Great Expectations.",
        ),
    ),
)

if __name__ == "__main__":
    main(JOB)
