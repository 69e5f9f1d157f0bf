"""Measure a day on each engine, on the same lake in the same run: python bench/engines.py --accounts 8000.

Each engine gets a copy of the source tables of one made-up platform, and runs `daily` (with --train, `train` before it)
in a new process. Rows go to bench/results/engines.csv: seconds, CPU seconds and peak memory of all processes of the
job, beside the commit, the seed and the machine.
"""

import csv
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click
import psutil
from deltalake import DeltaTable
from end_to_end import run, simulate

from lake.runs import code_version
from lake.schemas import SOURCES

RESULTS = Path(__file__).parent / "results" / "engines.csv"
DAY = date(2026, 3, 1)
COLUMNS = (
    "measured_at",
    "commit",
    "machine",
    "seed",
    "accounts",
    "events",
    "engine",
    "step",
    "seconds",
    "cpu_s",
    "peak_gb",
)


def machine() -> str:
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB, {platform.machine()}"


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(engine: str, lake: Path, jobs: tuple[str, ...]) -> Iterator[tuple[str, float, float, float]]:
    """Of each job: its name, seconds, CPU seconds, and peak gigabytes; then of each step of the day its seconds."""
    for job in jobs:
        began = cpu_seconds()
        seconds, peak = run(job, "--lake", str(lake), "--as-of", str(DAY), "--engine", engine)
        yield job, seconds, cpu_seconds() - began, peak
    runs = DeltaTable(str(lake / "job_runs")).to_pandas().sort_values("finished_at")
    for step in runs[~runs["job"].isin(["daily", "simulate"])].itertuples():
        yield (
            f"{step.job} {step.as_of}",
            (step.finished_at - step.started_at).total_seconds(),
            float("nan"),
            float("nan"),
        )


@click.command()
@click.option("--accounts", default=8_000, show_default=True, help="Accounts of the platform.")
@click.option("--events", type=int, help="Events of it; about two per account and day without it.")
@click.option("--seed", default=7, show_default=True)
@click.option("--engine", "engines", multiple=True, default=["sail", "spark"], show_default=True)
@click.option("--train", is_flag=True, help="Train before the day, on the decisions of the platform.")
def main(accounts: int, events: int | None, seed: int, engines: tuple[str, ...], train: bool) -> None:
    """Make up a platform, and run its day on each engine."""
    jobs = ("train", "daily") if train else ("daily",)
    with tempfile.TemporaryDirectory() as folder, RESULTS.open("a") as file:
        made = Path(folder) / "made"
        knobs = {"seed": seed, "accounts": accounts, "abuse": 2.0, "reviews": 3.0, "review-days": 8}
        simulate(str(made), **knobs, **({"events": events} if events else {}))
        count = DeltaTable(str(made / "events")).count()
        rows = csv.writer(file)
        for engine in engines:
            lake = Path(folder) / engine
            for table in SOURCES:
                shutil.copytree(made / table.name, lake / table.name)
            for step, seconds, cpu, peak in measured(engine, lake, jobs):
                told = (
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    code_version(),
                    machine(),
                    seed,
                    accounts,
                    count,
                )
                rows.writerow((*told, engine, step, f"{seconds:.1f}", f"{cpu:.1f}", f"{peak:.2f}"))
                print(f"{engine:6} {step:24} {seconds:8.1f} s {cpu:8.1f} CPU s {peak:6.2f} GB")
            shutil.rmtree(lake)


if __name__ == "__main__":
    if not RESULTS.exists():
        RESULTS.write_text(",".join(COLUMNS) + "\n")
    sys.exit(main())
