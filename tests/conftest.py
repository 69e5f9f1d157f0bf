"""One lazy session for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pyspark.sql import SparkSession

import engine
from lake.store import Lake

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
ENGINE = os.environ.get("ABUSE_MINING_ENGINE", "sail")
"""`make test` runs the tests on the embedded engine, `make test-spark` on Spark as production sets it."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nobody reads the summary, a test that is left out counts as one that fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if "CI" in os.environ and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for one engine is left out on the other, and says so."""
    other = "sail" if ENGINE == "spark" else "spark"
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=f"asks for {other}, the tests run on {ENGINE}"))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Spark is set as production sets it for lakes as small as those of tests: it makes no code that nobody reuses."""
    os.environ.setdefault("SPARK_DRIVER_MEMORY", "3g")
    yield engine.start(engine.Choice(ENGINE, "tests", window_events=0), "tests").spark
    engine.stop()


@pytest.fixture(autouse=True, scope="module")
def nothing_stays_persisted() -> Iterator[None]:
    """What a file's tests have persisted leaves no memory to the next file's."""
    yield
    engine.release()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    """An empty lake in a folder of this test."""
    return Lake(spark, str(tmp_path / "lake"))
