"""The wheel on a Spark cluster gives the tables of a run on this machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.daily import JOB
from tests.cluster.standalone import SUITE, build_wheel, python_without_the_suite, standalone_cluster
from tests.published import DAILY_TABLES, published

DAY = "2026-03-01"
BIN = Path(sys.executable).parent


ELSEWHERE = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SPARK_HOME")}
"""An environment in which nothing points at this checkout."""


def run(command: list[str | Path], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command away from the checkout; fails with what it said."""
    told = {
        **ELSEWHERE,
        "ABUSE_MINING_ENGINE": "spark",
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "SPARK_LOCAL_IP": "127.0.0.1",
        **environment,
    }
    done = subprocess.run(list(map(str, command)), env=told, cwd=folder, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-4000:]
    return done


@pytest.mark.slow
@pytest.mark.spark
def test_daily_from_the_wheel_on_two_workers_equals_daily_here(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    simulate = ["simulate", "--lake", here, "--accounts", "300", "--days", "14", "--until", DAY]
    run([BIN / "python", "-m", "jobs", *simulate], tmp_path, SPARK_DRIVER_MEMORY="2g")
    shutil.copytree(here, there)

    wheel, python = build_wheel(tmp_path), python_without_the_suite(tmp_path / "env")
    without = subprocess.run([python, "-c", "import lake"], cwd=tmp_path, env=ELSEWHERE, capture_output=True, text=True)
    assert "No module named 'lake'" in without.stderr
    with standalone_cluster(tmp_path, python) as master:
        submit = [BIN / "spark-submit", "--master", master, "--py-files", wheel, "--driver-memory", "1g"]
        settings = ["--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=2"]
        daily = [SUITE / "jobs" / "daily.py", "--lake", there, "--as-of", DAY]
        run([*submit, *settings, *daily], tmp_path, PYSPARK_PYTHON=str(python))
    run([BIN / "python", "-m", "jobs", "daily", "--lake", here, "--as-of", DAY], tmp_path, SPARK_DRIVER_MEMORY="2g")

    expected = published(here, DAY)
    written = {table.name for table in JOB.writes}
    assert list(expected) == [table.name for table in DAILY_TABLES if table.name in written]
    assert expected["account_scores"]
    assert published(there, DAY) == expected
