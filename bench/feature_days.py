"""Compare the features of a first and of a next day with a recomputation in DuckDB: python bench/feature_days.py.

The suite makes rollups of 28 days and features of them, then, a day later, the rollup of one day and features again.
DuckDB computes the same columns of features from the same files (bench/reference), every day from all events, on the
same cores and with 8 GB; only the columns that rest on the traits of comments are left to the suite, as is publishing
into Delta tables. The start of the engine is not counted. Rows go to bench/results/feature_days.csv; `by_duckdb` is how
many times as long the suite takes, and memory is the largest resident one of all processes.
"""

import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import click
import duckdb
import reference
from end_to_end import EVENTS_PER_ACCOUNT, engine_of, published, simulate, timed
from records import record

from features import accounts, videos
from jobs.features import JOB
from lake.schemas import ACTIVE_DAYS, EVENTS

NEXT_DAY = date(2026, 3, 1)
FIRST_DAY = NEXT_DAY - timedelta(days=1)
DUCKDB_GB = 8
TABLES = (accounts.TABLE, videos.TABLE)


class Work(NamedTuple):
    """What a computation of both tables took: seconds, peak gigabytes, and the rows of each."""

    seconds: float
    peak_gb: float
    rows: dict[str, int]


def simulated(folder: str, events: int) -> str:
    """A lake of about so many events in the 28 days before the next day; one that is there is used again."""
    lake = Path(folder) / f"lake-{events}"
    if not (lake / EVENTS.name).exists():
        days = ACTIVE_DAYS + 1
        accounts = max(events // EVENTS_PER_ACCOUNT, 1)
        simulate(str(lake), events=events * days // ACTIVE_DAYS, accounts=accounts, days=days, until=NEXT_DAY)
    for table in JOB.writes:
        shutil.rmtree(lake / table.name, ignore_errors=True)
    return str(lake)


def suite(lake: str, day: date) -> Work:
    """The features job for a day."""
    seconds, peak_gb = timed(JOB.name, lake, day)
    return Work(seconds, peak_gb, {table.name: len(published(lake, table.name, day)) for table in TABLES})


def recomputed(lake: str, day: date) -> Work:
    """The reference for a day, written as Parquet files; to be run in a process of its own."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"threads": os.cpu_count() or 1, "memory_limit": f"{DUCKDB_GB}GB", "temp_directory": folder}
        connection = duckdb.connect(config=settings)
        connection.execute("SET enable_progress_bar = false")
        reference.define(connection, day)
        reference.load(connection, lake)
        for _ in reference.compute(connection):
            pass
        rows = {}
        for table in TABLES:
            wanted = ", ".join([*table.key, *reference.columns(table, texts=False)])
            connection.execute(f"COPY (SELECT {wanted} FROM {table.name}) TO '{folder}/{table.name}.parquet'")
            rows[table.name] = connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0]
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Work(time.monotonic() - began, peak_kb / 2**20, rows)


def in_process(work, *arguments):
    """The result of a function that is run in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


@click.command()
@click.option("--events", multiple=True, default=[3_000_000], show_default=True, help="Events in 28 days; repeatable.")
@click.option("--keep", type=click.Path(file_okay=False), help="Folder for the lakes; those that are there are used.")
def main(events: tuple[int, ...], keep: str | None) -> None:
    """Make up platforms, and time both for each."""
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as folder:
        for number in events:
            lake = simulated(folder, number)
            first, following = suite(lake, FIRST_DAY), suite(lake, NEXT_DAY)
            plain = in_process(recomputed, lake, NEXT_DAY)
            if following.rows != plain.rows:
                raise SystemExit(f"{following.rows} here, {plain.rows} there")
            record(
                "feature_days",
                engine=engine_of(lake),
                events=number,
                accounts=plain.rows[accounts.TABLE.name],
                videos=plain.rows[videos.TABLE.name],
                first_day_s=first.seconds,
                next_day_s=following.seconds,
                duckdb_s=plain.seconds,
                first_day_by_duckdb=first.seconds / plain.seconds,
                next_day_by_duckdb=following.seconds / plain.seconds,
                peak_gb=max(first.peak_gb, following.peak_gb),
                duckdb_peak_gb=plain.peak_gb,
            )


if __name__ == "__main__":
    main()
