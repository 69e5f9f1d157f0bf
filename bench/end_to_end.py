"""Measure a platform's first day from nothing, step by step: python bench/end_to_end.py --events 3000000.

Rows go to bench/results/end_to_end.csv: seconds of each step, and the largest resident memory of all its processes.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import click
import duckdb
import psutil
from deltalake import DeltaTable
from records import record

from lake.errors import GateRefused

DAY = date(2026, 3, 1)
EVENTS_PER_ACCOUNT = 100
GB = 2**30
EVERY_S = 3.0


def resident(process: psutil.Process) -> int:
    """Bytes in memory of a process and all that it started, as far as they are still there; shared pages are parted
    among those that share them, as Python's workers do with what they were forked from.
    """
    total = 0
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            total += each.memory_full_info().pss
    return total


def run(*command: str) -> tuple[float, float]:
    """Seconds and peak gigabytes of a job; raises CalledProcessError when it fails.

    `train` is done where the gate keeps a model back: the others are live.
    """
    began, peak = time.monotonic(), 0
    job = subprocess.Popen([sys.executable, "-m", "jobs", *command], stdout=sys.stderr)
    while job.poll() is None:
        peak = max(peak, resident(psutil.Process(job.pid)))
        time.sleep(EVERY_S)  # to look at the memory of gigabytes costs a good part of a core
    if job.returncode and (command[0], job.returncode) != ("train", GateRefused.exit_code):
        raise subprocess.CalledProcessError(job.returncode, command)
    return time.monotonic() - began, peak / GB


def run_steps(jobs: Sequence[str], lake: str, day: date) -> None:
    """Run jobs of a day one after another."""
    for job in jobs:
        run(job, "--lake", lake, "--as-of", str(day))


def timed(job: str, lake: str, day: date) -> tuple[float, float]:
    """Seconds of a job for a day, as it records them of itself, without the start of Spark; peak gigabytes."""
    _, peak_gb = run(job, "--lake", lake, "--as-of", str(day))
    runs = DeltaTable(f"{lake}/job_runs").to_pandas()
    newest = runs[(runs["job"] == job) & (runs["as_of"] == day)].sort_values("started_at").iloc[-1]
    return (newest.finished_at - newest.started_at).total_seconds(), peak_gb


def simulate(lake: str, **knobs: object) -> tuple[float, float]:
    """Make up a platform, its knobs by the names of the job's options; what it took, as of `run`."""
    return run(
        "simulate", "--lake", lake, *(str(part) for name, value in knobs.items() for part in (f"--{name}", value))
    )


def of_platforms(command: Callable) -> Callable:
    """The options of a command that compares with the truth: which platforms, and where they are kept."""
    options = (
        click.option("--seed", "seeds", multiple=True, type=int, default=[11], show_default=True, help="Repeatable."),
        click.option("--accounts", default=60_000, show_default=True, help="Accounts of each platform."),
        click.option("--evading", default=0.5, show_default=True, help="Share of the abusive rings that hide."),
        click.option("--keep", type=click.Path(file_okay=False), help="Folder for the lakes."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def platforms(seeds: Sequence[int], accounts: int, evading: float, keep: str | None) -> Iterator[tuple[int, str]]:
    """Each seed with the lake of its platform, made unless it is there."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            lake = str(Path(keep or folder) / f"seed-{seed}")
            if not Path(lake).exists():
                simulate(lake, seed=seed, accounts=accounts, evading=evading, until=DAY)
            yield seed, lake


def table(lake: str, name: str) -> duckdb.DuckDBPyRelation:
    """A table of a lake for DuckDB."""
    return duckdb.read_parquet(DeltaTable(f"{lake}/{name}").file_uris(), hive_partitioning=True)


def published(lake: str, name: str, day: date) -> duckdb.DuckDBPyRelation:
    """The rows of a day of an output table."""
    return table(lake, name).filter(f"as_of = DATE '{day}'")


def steps(lake: str) -> dict[str, float]:
    """Seconds of each step of `DAY` in the order of their ends, from the lake's own record."""
    runs = DeltaTable(f"{lake}/job_runs").to_pandas().sort_values("finished_at")
    runs = runs[(runs["as_of"] == DAY) & (runs["job"] != "daily")]
    return {row.job: (row.finished_at - row.started_at).total_seconds() for row in runs.itertuples()}


def engine_of(lake: str) -> str:
    """Name the engine of the newest run on a lake."""
    runs = DeltaTable(f"{lake}/job_runs").to_pandas().sort_values("finished_at")
    return str(runs["engine"].iloc[-1])


@click.command()
@click.option("--events", default=3_000_000, show_default=True, help="Events in 28 days.")
def main(events: int) -> None:
    """Make up a platform and run its first day."""
    with tempfile.TemporaryDirectory() as folder:
        lake = str(Path(folder) / "lake")
        accounts = max(events // EVENTS_PER_ACCOUNT, 1)
        made = simulate(lake, events=events, accounts=accounts, days=28)
        ran = run("daily", "--lake", lake, "--as-of", str(DAY))
        of_platform = {"engine": engine_of(lake), "events": DeltaTable(f"{lake}/events").count(), "accounts": accounts}
        alone = {step: (seconds, None) for step, seconds in steps(lake).items()}
        for step, (seconds, peak_gb) in {"simulate": made, **alone, "daily, with its start": ran}.items():
            record("end_to_end", **of_platform, step=step, seconds=seconds, peak_gb=peak_gb)


if __name__ == "__main__":
    main()
