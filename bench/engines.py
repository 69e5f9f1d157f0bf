"""Measure a day on each engine, on the same lake in the same run: python bench/engines.py --accounts 8000.

Each engine gets a copy of the source tables of one made-up platform, and runs `daily` (with --train, `train` before it)
in a new process. Rows go to bench/results/engines.csv: seconds, CPU seconds and peak memory of all processes of the
job, beside the commit, the seed and the machine.
"""

import resource
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
from deltalake import DeltaTable
from end_to_end import run, simulate
from records import record

from lake.schemas import SOURCES

DAY = date(2026, 3, 1)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(engine: str, lake: Path, jobs: tuple[str, ...]) -> Iterator[tuple[str, float, float | None, float | None]]:
    """Of each job: its name, seconds, CPU seconds, and peak gigabytes; then of each step of the day its seconds."""
    for job in jobs:
        began = cpu_seconds()
        seconds, peak = run(job, "--lake", str(lake), "--as-of", str(DAY), "--engine", engine)
        yield job, seconds, cpu_seconds() - began, peak
    runs = DeltaTable(str(lake / "job_runs")).to_pandas().sort_values("finished_at")
    for step in runs[~runs["job"].isin(["daily", "simulate"])].itertuples():
        yield f"{step.job} {step.as_of}", (step.finished_at - step.started_at).total_seconds(), None, None


@click.command()
@click.option("--accounts", default=8_000, show_default=True, help="Accounts of the platform.")
@click.option("--events", type=int, help="Events of it; about two per account and day without it.")
@click.option("--seed", default=7, show_default=True)
@click.option("--engine", "engines", multiple=True, default=["sail", "spark"], show_default=True)
@click.option("--train", is_flag=True, help="Train before the day, on the decisions of the platform.")
def main(accounts: int, events: int | None, seed: int, engines: tuple[str, ...], train: bool) -> None:
    """Make up a platform, and run its day on each engine."""
    jobs = ("train", "daily") if train else ("daily",)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        knobs = {"seed": seed, "accounts": accounts, "abuse": 2.0, "reviews": 3.0, "review-days": 8}
        simulate(str(made), **knobs, **({"events": events} if events else {}))
        count = DeltaTable(str(made / "events")).count()
        for engine in engines:
            lake = Path(folder) / engine
            for table in SOURCES:
                shutil.copytree(made / table.name, lake / table.name)
            for step, seconds, cpu, peak in measured(engine, lake, jobs):
                of_platform = {"seed": seed, "accounts": accounts, "events": count}
                told = {"engine": engine, "step": step, "seconds": seconds, "cpu_s": cpu, "peak_gb": peak}
                record("engines", **of_platform, **told)
            shutil.rmtree(lake)


if __name__ == "__main__":
    main()
