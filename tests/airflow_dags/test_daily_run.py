"""A day from end to end: Airflow runs the steps, spark-submit the jobs, and the tables are there."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

SUITE = Path(__file__).resolve().parents[2]
PYTHON = SUITE / ".venv" / "bin" / "python"
DAY = "2026-03-01"
TABLES = (
    "account_features",
    "video_features",
    "account_links",
    "rings",
    "ring_members",
    "account_scores",
    "video_scores",
    "review_queue",
    "prevalence",
    "quality",
    "drift",
)

SPARK_DEFAULTS = """
spark.sql.shuffle.partitions 2
spark.default.parallelism 2
spark.ui.enabled false
"""
"""A cluster of the size of the test: Spark's own defaults are for a larger one."""

RUNS = """
import json, sys
import duckdb
from deltalake import DeltaTable
runs = duckdb.read_parquet(DeltaTable(f"{sys.argv[1]}/job_runs").file_uris())
found = runs.filter("as_of IS NOT NULL").project("job, status, CAST(as_of AS VARCHAR)").fetchall()
print(json.dumps(sorted(found)))
"""
"""Not by way of pyarrow, whose threads may abort a process that is done."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A small made-up platform, simulated in the suite's own environment."""
    lake = tmp_path_factory.mktemp("airflow") / "lake"
    told = ["--lake", lake, "--accounts", "300", "--days", "14", "--until", DAY]
    command = [PYTHON, "-m", "jobs", "simulate", *told]
    subprocess.run(command, check=True, cwd=SUITE, env={**os.environ, "SPARK_DRIVER_MEMORY": "1g"}, capture_output=True)
    return lake


@pytest.mark.slow
def test_a_run_of_the_dag_leaves_the_tables_of_its_day(lake, tmp_path, monkeypatch):
    (tmp_path / "spark-defaults.conf").write_text(SPARK_DEFAULTS)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("AIRFLOW_VAR_ABUSE_MINING_LAKE", str(lake))
    initdb()
    dag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags["abuse_mining_daily"]

    run = dag.test(logical_date=datetime(2026, 3, 1, 3, tzinfo=UTC))

    assert {task.task_id: task.state for task in run.get_task_instances()} == dict.fromkeys(dag.task_ids, "success")
    assert all((lake / table / "_delta_log").is_dir() for table in TABLES)
    done = subprocess.run([PYTHON, "-c", RUNS, lake], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [[job, "done", DAY] for job in sorted(dag.task_ids)]
