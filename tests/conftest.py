"""One lazy Spark session for all tests, small and without a UI."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lake.store import Lake

TEST_SETTINGS = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    # Code for plans this wide takes longer to compile than the tests' few rows take without it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "200",
    "spark.ui.retainedStages": "200",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ.setdefault("SPARK_DRIVER_MEMORY", "3g")
    from jobs.session import start_session

    session = start_session("tests")
    for key, value in TEST_SETTINGS.items():
        if session.conf.isModifiable(key):
            session.conf.set(key, value)
    yield session
    session.stop()


@pytest.fixture(autouse=True, scope="module")
def nothing_stays_cached() -> Iterator[None]:
    """What a file's tests have cached leaves no memory to the next file's."""
    yield
    if (session := SparkSession.getActiveSession()) is not None:
        session.catalog.clearCache()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake in a folder of this test."""
    return Lake(spark, str(tmp_path / "lake"))
