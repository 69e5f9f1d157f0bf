"""How the time of links grows, and what a crowd costs: python bench/links.py.

Runs the job `links` on made-up platforms of several sizes, on the next day of each, and on the middle one with a crowd:
one video with two million likes within an hour, one address with half a million accounts. Each in a process of its own;
the start of the engine is not counted. Rows go to bench/results/links.csv; prints the power of events that time grows
with.
"""

import math
import os
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from end_to_end import EVENTS_PER_ACCOUNT, engine_of, simulate, timed
from records import record

from jobs.links import JOB
from lake.schemas import ACTIVE_DAYS, EVENTS

NEXT_DAY = date(2026, 3, 1)
FIRST_DAY = NEXT_DAY - timedelta(days=1)
CROWDED_AT = datetime(2026, 2, 20, 18, tzinfo=UTC)
LIKES, ON_ONE_ADDRESS = 2_000_000, 500_000
FIRST_ID = 4_000_000_000_000_000_000
"""Ids of the crowd: far from those of the platform's own accounts and events."""
VIDEO = FIRST_ID


def crowded(lake: str, scratch: str) -> str:
    """A copy of a lake with the crowd: all like one video within an hour, and a part of them on one address.

    Delta never writes to a file again, so that the copy may share them.
    """
    copy = shutil.copytree(lake, Path(scratch) / "crowded", copy_function=os.link)
    number = np.arange(LIKES)
    moments = np.datetime64(CROWDED_AT.replace(tzinfo=None), "us") + (number * 3_600_000_000 // LIKES)
    schema = pa.schema(DeltaTable(f"{lake}/{EVENTS.name}").schema().to_arrow())
    given = {
        "event_id": pa.array(FIRST_ID + number),
        "ts": pa.array(moments).cast(schema.field("ts").type),
        "account_id": pa.array(FIRST_ID + number),
        "verb": pa.array(["like"] * LIKES),
        "video_id": pa.array(np.full(LIKES, VIDEO)),
        "ip_id": pa.array(["carrier" if each < ON_ONE_ADDRESS else None for each in number]),
        "event_date": pa.array([CROWDED_AT.date()] * LIKES),
    }
    columns = [given.get(field.name, pa.nulls(LIKES)).cast(field.type) for field in schema]
    write_deltalake(copy / EVENTS.name, pa.table(columns, schema=schema), mode="append")
    return str(copy)


@click.command()
@click.option("--events", multiple=True, type=int, default=(3_000_000, 30_000_000, 100_000_000), show_default=True)
@click.option("--keep", type=click.Path(file_okay=False), help="Folder for the lakes; those that are there are used.")
def main(events: tuple[int, ...], keep: str | None) -> None:
    """Find links on platforms of each size."""
    firsts = {}
    middle = sorted(events)[len(events) // 2]
    with tempfile.TemporaryDirectory(dir=keep) as scratch:
        for size in sorted(events):
            lake = str(Path(keep or scratch) / f"lake-{size}")
            if not (Path(lake) / EVENTS.name).exists():
                days = ACTIVE_DAYS + 1
                people = max(size // EVENTS_PER_ACCOUNT, 1)
                simulate(lake, events=size * days // ACTIVE_DAYS, accounts=people, days=days, until=NEXT_DAY)
            for name, day in (("first", FIRST_DAY), ("next", NEXT_DAY)):
                told = timed(JOB.name, lake, day)
                firsts.setdefault(size, told)
                report(size, name, engine_of(lake), told)
            if size == middle:
                copy = crowded(lake, scratch)
                told = timed(JOB.name, copy, FIRST_DAY)
                report(size, "first, with a crowd", engine_of(copy), told)
    sizes = sorted(firsts)
    for small, large in pairwise(sizes):
        power = math.log(firsts[large][0] / firsts[small][0]) / math.log(large / small)
        print(f"\nFrom {small:,} to {large:,} events time grows as events^{power:.2f}.")


def report(events: int, name: str, engine: str, told: tuple[float, float]) -> None:
    seconds, peak_gb = told
    record("links", engine=engine, events=events, day=name, seconds=seconds, peak_gb=peak_gb)


if __name__ == "__main__":
    main()
