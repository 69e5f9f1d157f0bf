"""The same code behind Spark's own Connect server: nothing in it asks for a JVM of its own."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from lake.schemas import JOB_RUNS
from tests.end_to_end.playing import SUITE, play
from tests.engines.connect_server import connect_server
from tests.engines.same import differences, rows_of

pytestmark = pytest.mark.engines
DAY = date(2026, 3, 1)


def test_a_day_behind_a_connect_server_is_the_same_day(spark, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    play(spark, here, "simulate", accounts=300, days=14, until=datetime(2026, 3, 1, tzinfo=UTC))
    shutil.copytree(here, there)
    play(spark, here, "daily", DAY)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps([[str(there), [["daily", str(DAY), {}]]]]))
    with connect_server(tmp_path) as address:
        told = {**os.environ, "ABUSE_MINING_ENGINE": "spark", "SPARK_REMOTE": address}
        command = [sys.executable, "-m", "tests.engines.run_lakes", str(plan)]
        done = subprocess.run(command, cwd=SUITE, env=told, capture_output=True, text=True, timeout=2_700)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert list(differences(here, there)) == []
    assert {run["engine"] for run in rows_of(there, JOB_RUNS) if run["job"] == "links"} == {"spark-connect"}
