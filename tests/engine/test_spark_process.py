"""A job on Spark as a person starts it: interrupted, and without a locale."""

import os
import signal
import time
from datetime import date

import pytest
from deltalake import DeltaTable

from lake.schemas import JOB_RUNS
from tests.builders import at
from tests.end_to_end.playing import play, start

pytestmark = pytest.mark.spark
DAY = date(2026, 3, 1)
PATIENCE = 180


def test_spark_leaves_this_process_its_own_way_with_interrupts(spark):
    assert "pyspark" not in signal.getsignal(signal.SIGINT).__module__


@pytest.mark.whole
def test_an_interrupt_amid_a_call_ends_with_one_word_that_is_recorded_too(spark, tmp_path):
    lake, log = tmp_path / "lake", tmp_path / "log"
    play(spark, lake, "simulate", accounts=80, days=8, until=at(str(DAY)))
    job = start("links", lake, DAY, log, "--engine", "spark")
    deadline = time.monotonic() + PATIENCE
    while '"links started"' not in log.read_text():
        assert job.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    time.sleep(3)
    os.killpg(job.pid, signal.SIGINT)
    assert job.wait(timeout=PATIENCE) == 1
    said = [line for line in log.read_text().splitlines() if line and not line.startswith("{")]
    assert said == ["error: interrupted"]
    runs = DeltaTable(str(lake / JOB_RUNS.name)).to_pyarrow_table().to_pylist()
    assert [run["message"] for run in runs if run["job"] == "links"] == ["interrupted"]


@pytest.mark.whole
def test_a_path_beyond_ascii_is_found_where_no_locale_is_set(spark, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    lake, log = tmp_path / "Täter", tmp_path / "log"
    play(spark, tmp_path / "lake", "simulate", accounts=80, days=8, until=at(str(DAY)))
    (tmp_path / "lake").rename(lake)
    assert start("validate", lake, DAY, log, "--engine", "spark").wait(timeout=PATIENCE) == 0, log.read_text()
    assert DeltaTable(str(lake / "validation_results")).count() > 0
