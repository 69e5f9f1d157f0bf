"""The DAGs: that they load, what follows what, and what each run is told."""

import os
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import timezone
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.serialization.encoders import coerce_to_core_timetable

from airflow_dags.abuse_mining import DAILY_STEPS, RetryWhatMayPass

SUITE = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def bag():
    return DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def interval_of_run(dag, moment):
    """The data interval of a run at `moment`, as the scheduler works it out."""
    return coerce_to_core_timetable(dag.timetable).infer_manual_data_interval(
        run_after=timezone.coerce_datetime(moment)
    )


def rendered(task, variables=None, day=datetime(2026, 3, 2, 3, tzinfo=UTC)):
    """What the task hands to spark-submit in the run whose data end at `day`."""
    task.render_template_fields(
        {"data_interval_end": day, "var": {"value": variables or {}}, **task.dag.user_defined_macros}
    )
    return task


def test_both_dags_load(bag):
    assert bag.import_errors == {}
    assert sorted(bag.dags) == ["abuse_mining_daily", "abuse_mining_weekly_train"]


def test_the_steps_of_a_day_follow_one_another_and_what_measures_it_comes_last(bag):
    dag = bag.dags["abuse_mining_daily"]
    following = {step: [after] for step, after in pairwise(DAILY_STEPS)}
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        **following,
        "prevalence": ["drift", "evaluate"],
        "drift": [],
        "evaluate": [],
    }


def test_every_task_is_a_job_of_the_suite(bag):
    for dag in bag.dags.values():
        for task in dag.tasks:
            assert Path(task.application) == SUITE / "jobs" / f"{task.task_id}.py"
            assert Path(task.application).is_file()


def test_runs_follow_one_another_and_are_retried(bag):
    for dag in bag.dags.values():
        assert (dag.max_active_runs, dag.catchup) == (1, False)
        assert all(task.retries == 2 for task in dag.tasks)


def test_the_run_at_three_in_the_morning_is_told_its_own_date(bag):
    dag = bag.dags["abuse_mining_daily"]
    interval = interval_of_run(dag, datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    task = rendered(dag.get_task("links"), {"abuse_mining_lake": "s3a://bucket/lake"}, interval.end)
    assert task.application_args == ["--lake", "s3a://bucket/lake", "--as-of", "2026-03-02"]
    assert task.name == "abuse-mining links 2026-03-02"
    assert task.py_files == ""


def test_the_jobs_run_in_the_suites_own_environment_unless_told_otherwise(bag):
    task = rendered(bag.dags["abuse_mining_daily"].get_task("queue"), {"abuse_mining_wheel": "dist/suite.whl"})
    assert task.application_args == ["--lake", f"{SUITE}/demo-lake", "--as-of", "2026-03-02"]
    assert task.env_vars["PATH"] == f"{SUITE}/.venv/bin:{os.environ['PATH']}"
    assert task.env_vars["PYSPARK_PYTHON"] == f"{SUITE}/.venv/bin/python"
    assert task.py_files == "dist/suite.whl"
    assert task._driver_memory == "6g"


def test_training_is_on_mondays(bag):
    dag = bag.dags["abuse_mining_weekly_train"]
    interval = interval_of_run(dag, datetime(2026, 3, 4, tzinfo=UTC))
    assert interval.end == datetime(2026, 3, 2, 6, tzinfo=UTC)
    task = rendered(dag.get_task("train"), day=interval.end)
    assert task.application_args[2:] == ["--as-of", "2026-03-02"]


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("Cannot execute: spark-submit. Error code is: 1.", RetryAction.DEFAULT),
        ("Cannot execute: spark-submit. Error code is: 137.", RetryAction.DEFAULT),
        ("the cluster is away", RetryAction.DEFAULT),
        ("Cannot execute: spark-submit. Error code is: 2.", RetryAction.FAIL),
        ("Cannot execute: spark-submit. Error code is: 3.\nLast spark-submit output:", RetryAction.FAIL),
        ("Cannot execute: spark-submit. Error code is: 4.", RetryAction.FAIL),
    ],
)
def test_only_what_may_pass_the_next_time_is_retried(message, action):
    assert RetryWhatMayPass().evaluate(RuntimeError(message), 1, 3).action == action
