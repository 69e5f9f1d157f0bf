"""When the jobs run, in which order and with which arguments. What they do is in jobs/.

Where things are, from Airflow Variables that each run reads anew:

- `abuse_mining_lake`: the lake's URI; without it the suite's `demo-lake`, which `make demo` makes, for
  trying out.
- `abuse_mining_wheel`: the built wheel, for a cluster whose workers do not have the suite; without it none is sent.

and from the environment of the Airflow processes:

- `ABUSE_MINING_SPARK_CONN`: the Spark connection that says which master; `spark_default` without it.
- `ABUSE_MINING_VENV`: the environment whose spark-submit and Python run the jobs; without it the suite's own `.venv`.
  Empty: take what the worker's PATH has, as on YARN and Kubernetes, where environment variables go to the cluster and
  the cluster has Delta.
- `ABUSE_MINING_DRIVER_MEMORY`: memory of a job's driver, 6g without it.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, CronDataIntervalTimetable, RetryDecision, RetryPolicy, chain

SUITE = Path(__file__).resolve().parent.parent
LAKE = f"{{{{ var.value.get('abuse_mining_lake', '{SUITE}/demo-lake') }}}}"
WHEEL = "{{ var.value.get('abuse_mining_wheel', '') }}"
# The run at 03:00 of D covers all that happened before D, 00:00; three hours for the events of the evening to arrive.
AS_OF = "{{ data_interval_end | ds }}"
SPARK_CONN = os.environ.get("ABUSE_MINING_SPARK_CONN", "spark_default")
VENV = os.environ.get("ABUSE_MINING_VENV", str(SUITE / ".venv"))
DRIVER_MEMORY = os.environ.get("ABUSE_MINING_DRIVER_MEMORY", "6g")
ENVIRONMENT = {"PATH": f"{VENV}/bin:{{{{ worker_path }}}}", "PYSPARK_PYTHON": f"{VENV}/bin/python"} if VENV else None

DAILY_STEPS = ("validate", "features", "links", "rings", "score", "queue", "prevalence")
MEASURES = ("evaluate", "drift")
"""What says how good a day was; nothing waits for it."""
FINAL_EXIT_CODES = {
    2: "bad arguments or a missing table",
    3: "the data broke the contract",
    4: "a model failed its gate",
}


class RetryWhatMayPass(RetryPolicy):
    """Retries a job unless its exit code says that the same run would fail again."""

    def evaluate(self, exception, try_number, max_tries, context=None) -> RetryDecision:
        found = re.search(r"Error code is: (\d+)", str(exception))
        reason = FINAL_EXIT_CODES.get(int(found.group(1))) if found else None
        return RetryDecision.fail(reason) if reason else RetryDecision.default()

    def serialize(self) -> dict:
        return {"final_exit_codes": sorted(FINAL_EXIT_CODES)}


def schedule(dag_id: str, cron: str, description: str) -> DAG:
    """A DAG whose runs follow one another: rings keep the ids of the day before.

    Days missed while Airflow was down are not made up by themselves; `airflow backfill create` does it for the days
    that are named.
    """
    return DAG(
        dag_id,
        description=description,
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable(cron, timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        user_defined_macros={"worker_path": os.environ.get("PATH", os.defpath)},
        default_args={
            "owner": "trust-and-safety",
            "retries": 2,
            "retry_delay": timedelta(minutes=10),
            "retry_policy": RetryWhatMayPass(),
            "execution_timeout": timedelta(hours=6),
        },
        tags=["abuse-mining"],
    )


def step(job: str) -> SparkSubmitOperator:
    """A job as a task of the DAG that is being defined."""
    return SparkSubmitOperator(
        task_id=job,
        conn_id=SPARK_CONN,
        name=f"abuse-mining {job} {AS_OF}",
        application=str(SUITE / "jobs" / f"{job}.py"),
        application_args=["--lake", LAKE, "--as-of", AS_OF],
        driver_memory=DRIVER_MEMORY,
        py_files=WHEEL,
        env_vars=ENVIRONMENT,
    )


with schedule("abuse_mining_daily", "0 3 * * *", "From a day's events to the review queue, prevalence and quality"):
    chain(*(step(job) for job in DAILY_STEPS), [step(job) for job in MEASURES])

with schedule("abuse_mining_weekly_train", "0 6 * * 1", "Fit the models anew, promote those that pass their gate"):
    step("train")
