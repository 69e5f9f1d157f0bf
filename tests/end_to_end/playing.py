"""Running jobs on whole lakes, in this process or in one that can be killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from importlib import import_module
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from conf import Limits, load_limits, load_policies
from jobs.job import Context, Facts, run_step
from lake.runs import Run
from lake.schemas import SOURCES
from lake.store import Lake, before

SUITE = Path(__file__).resolve().parent.parent.parent


def play(
    spark: SparkSession, lake: Path, name: str, day: date | None = None, limits: Limits | None = None, **options: object
) -> Facts:
    """Run a job in this process."""
    run = Run(name, day, options)
    context = Context(Lake(spark, str(lake)), day, run, options, load_policies(), limits or load_limits())
    return run_step(import_module(f"jobs.{name}").JOB, context, **options)


def cut(spark: SparkSession, whole: Path, day: date, target: Path) -> None:
    """A lake with the source tables of another as they were when `day` began; rows without a time are of any day."""
    for table in SOURCES:
        moment = F.col(table.time)
        rows = Lake(spark, str(whole)).read(table).where(moment.isNull() | (moment < before(day)))
        writer = rows.write.format("delta")
        (writer.partitionBy(table.partition) if table.partition else writer).save(f"{target}/{table.name}")


def start(name: str, lake: Path, day: date, log: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a job in a process group of its own; what it says goes to `log`."""
    command = [sys.executable, "-m", "jobs", name, "--lake", str(lake), "--as-of", str(day), *options]
    told = {**os.environ, "SPARK_DRIVER_MEMORY": "2g"}
    return subprocess.Popen(
        command, cwd=SUITE, env=told, stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True
    )


def kill_while(step: str, lake: Path, day: date, log: Path, patience: float = 300) -> None:
    """Go on with `daily` from a step, and kill it, JVM and all, as soon as the step has begun to write data files."""
    running = start("daily", lake, day, log, "--from", step)
    began, deadline = None, time.monotonic() + patience
    while time.monotonic() < deadline and running.poll() is None:
        if began is None and f'"{step} started"' in log.read_text(errors="replace"):
            began = data_files(lake)
        if began is not None and data_files(lake) > began:
            break
        time.sleep(0.05)
    if began is None or running.poll() is not None:
        raise AssertionError(f"{step} was not caught alive: {log.read_text()[-2000:]}")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def data_files(lake: Path) -> int:
    """Parquet files below the lake's output tables, committed or not."""
    own = [folder for folder in lake.iterdir() if folder.name not in {table.name for table in SOURCES} | {"job_runs"}]
    return sum(1 for folder in own for _ in folder.rglob("*.parquet"))
