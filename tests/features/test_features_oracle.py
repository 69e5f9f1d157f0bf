"""Features by way of the rollups are what a plain recomputation from the events gives, by another engine."""

import contextlib
import io
import re
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from bench import reference
from conf import load_limits, load_policies
from features import accounts, activity, videos
from features.text import traits
from features.videos import audience
from jobs import features as job
from jobs import rollups
from jobs.job import Context
from lake.runs import Run
from lake.schemas import (
    ACCOUNT_ACTIVITY,
    ACCOUNTS,
    DECISIONS,
    EVENTS,
    ROLLUP_LEDGER,
    SOURCES,
    VIDEO_ACTIVITY,
    VIDEOS,
    Table,
)
from lake.store import Lake, only_row
from tests.builders import Row, frame
from tests.features.worlds import AS_OF, LATE_DAYS, MIDNIGHT, World, made_up

SEEDS = (33, 36)
"""Months in which every irregularity of tests/features/worlds.py shows in some feature."""
STANDARD_ERROR = 0.022
"""Of a sketch with more viewers than it holds; with fewer, as in the made-up months, it is exact."""


@dataclass
class Runs:
    """A lake whose rollups were made before some events came, and whose features after; one that had them at once."""

    world: World
    grown: Lake
    whole: Lake
    first: dict[str, object]
    second: dict[str, object]
    ledger: pd.DataFrame
    files_read: list[str]


def context(lake: Lake) -> Context:
    return Context(lake, AS_OF, Run("features", AS_OF, {}), {}, load_policies(), load_limits())


def write(lake: Lake, spark: SparkSession, world: World, events: list[Row]) -> None:
    """A lake of this world, but with these of its events only."""
    for table, rows in ((ACCOUNTS, world.accounts), (VIDEOS, world.videos), (DECISIONS, world.decisions)):
        frame(spark, table, rows).write.format("delta").save(lake.path(table))
    add(lake, spark, events)


def add(lake: Lake, spark: SparkSession, events: list[Row]) -> None:
    frame(spark, EVENTS, events).write.format("delta").mode("append").partitionBy("event_date").save(lake.path(EVENTS))


def stored(lake: Lake, table: Table) -> pd.DataFrame:
    df = lake.read(table).toPandas()
    return df.sort_values(list(table.key)).reset_index(drop=True)


@pytest.fixture(scope="module", params=SEEDS)
def runs(request, spark, tmp_path_factory) -> Runs:
    folder = tmp_path_factory.mktemp("features")
    world = made_up(request.param)
    grown, whole = Lake(spark, str(folder / "grown")), Lake(spark, str(folder / "whole"))
    write(grown, spark, world, world.early)
    first = rollups.update(context(grown), grown.read(ACCOUNTS), grown.read(VIDEOS))
    ledger = stored(grown, ROLLUP_LEDGER)
    add(grown, spark, world.late)
    with pytest.MonkeyPatch.context() as patch:
        files_read: list[str] = []
        patch.setattr(rollups, "acts", noting_files(rollups.acts, files_read))
        second = job.run(context(grown))
    write(whole, spark, world, world.events)
    rollups.update(context(whole), whole.read(ACCOUNTS), whole.read(VIDEOS))
    return Runs(world, grown, whole, first, second, ledger, files_read)


def noting_files(acts, files: list[str]):
    """The same function, which first notes the partitions that the events it is given are read from."""

    def noted(events, *known):
        plan = io.StringIO()
        with contextlib.redirect_stdout(plan):
            events.explain()  # the embedded engine's plan names the files
        files.extend(events.inputFiles() or re.findall(r"(event_date=[0-9-]+/)[^,\]]*", plan.getvalue()))
        return acts(events, *known)

    return noted


@pytest.fixture(scope="module")
def oracle(runs) -> duckdb.DuckDBPyConnection:
    """The reference, computed from the grown lake and the traits of its comments."""
    connection = duckdb.connect()
    reference.define(connection, AS_OF)
    reference.load(connection, runs.grown.uri)
    said = {row["event_id"]: row["text"] for row in runs.world.events if row["text"] is not None}
    rows = pd.DataFrame([{"event_id": event_id, **traits(text)._asdict()} for event_id, text in said.items()])
    connection.register("rows", rows).execute("INSERT INTO traits BY NAME SELECT * FROM rows")
    assert list(reference.compute(connection)) == list(reference.STEPS)
    return connection


def differing(found: pd.DataFrame, expected: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Column → the rows in which it differs by more than 1e-9, absolute and relative, or is null on one side only."""
    differences = {}
    for name in expected.columns:
        pair = pd.DataFrame({"found": found[name].astype(float), "expected": expected[name].astype(float)})
        close = np.isclose(pair.found, pair.expected, rtol=1e-9, atol=1e-9, equal_nan=True)
        if not close.all():
            differences[name] = pair[~close]
    return differences


def features_of(table: Table) -> list[str]:
    return [name for name in table.columns if name not in ("as_of", *table.key)]


TABLES = pytest.mark.parametrize("table", [accounts.TABLE, videos.TABLE], ids=lambda table: table.name)


@pytest.mark.slow
@TABLES
def test_every_feature_is_that_of_a_recomputation(runs, oracle, table):
    found = runs.grown.day(table, AS_OF).toPandas().set_index(table.key[0]).sort_index()
    expected = oracle.table(table.name).df().set_index(table.key[0]).sort_index()
    assert list(found.index) == list(expected.index)
    differences = differing(found, expected[features_of(table)])
    assert not differences, "\n".join(f"{name}\n{rows}" for name, rows in differences.items())


@TABLES
def test_no_feature_is_left_out_of_the_recomputation(table):
    connection = duckdb.connect()
    reference.define(connection, AS_OF)
    for source in SOURCES:
        nothing = to_arrow_schema(source.schema).empty_table()
        connection.register(source.name, nothing)
    assert list(reference.compute(connection)) == list(reference.STEPS)
    recomputed = connection.table(table.name).columns
    assert set(features_of(table)) - set(recomputed) == set()


@pytest.mark.slow
def test_reach_beyond_what_a_sketch_holds_is_within_its_error(spark):
    views = [
        {"ts": MIDNIGHT - timedelta(days=day, hours=-1), "account_id": viewer, "video_id": 1}
        for day, viewers in ((1, range(6_000)), (2, range(3_000, 9_000)))
        for viewer in viewers
    ]
    by_video = activity.video_activity(
        activity.acts(frame(spark, EVENTS, views), frame(spark, ACCOUNTS, []), frame(spark, VIDEOS, []))
    )
    reach = only_row(audience.reach_facts(by_video, AS_OF))
    assert reach.fact_reach_1d == pytest.approx(6_000, rel=4 * STANDARD_ERROR)
    assert reach.fact_reach_7d == pytest.approx(9_000, rel=4 * STANDARD_ERROR)


@pytest.mark.slow
def test_a_day_keeps_the_smallest_of_each_set(spark):
    at_noon = MIDNIGHT - timedelta(hours=12)
    follows = [
        {
            "ts": at_noon,
            "account_id": 1,
            "verb": "follow",
            "target_account_id": number,
            "device_id": f"phone {number % 40}",
        }
        for number in range(1, 301)
    ]
    likes = [{"ts": at_noon, "account_id": number, "verb": "like", "video_id": 1} for number in range(2, 102)]
    enriched = activity.acts(
        frame(spark, EVENTS, follows + likes), frame(spark, ACCOUNTS, []), frame(spark, VIDEOS, [])
    )
    busy = only_row(activity.account_activity(enriched).where("account_id = 1"))
    assert len(busy.devices) == activity.MAX_DEVICES
    assert busy.pushed == list(range(1, activity.MAX_PUSHED + 1))
    assert len(only_row(activity.video_activity(enriched)).engagers) == activity.MAX_ENGAGERS


@pytest.mark.slow
def test_only_the_days_of_late_events_are_computed_again(runs):
    days = {row["ts"].date() for row in runs.world.events if AS_OF - timedelta(days=28) <= row["ts"].date() < AS_OF}
    assert runs.first["days computed"] == len(days)
    assert runs.second["days computed"] == len(LATE_DAYS)
    before = runs.ledger.set_index(["rollup", "event_date"]).fingerprint
    after = stored(runs.grown, ROLLUP_LEDGER).set_index(["rollup", "event_date"]).fingerprint
    assert {day for (_, day) in before.index[before != after]} == set(LATE_DAYS)


@pytest.mark.slow
def test_only_the_partitions_of_late_events_are_read(runs):
    partitions = {re.search(r"event_date=[0-9-]+", file)[0] for file in runs.files_read}
    assert partitions == {f"event_date={day}" for day in LATE_DAYS}


@pytest.mark.slow
@pytest.mark.parametrize("table", [ACCOUNT_ACTIVITY, VIDEO_ACTIVITY], ids=lambda table: table.name)
def test_rollups_that_grew_equal_a_rebuild(runs, table):
    grown, whole = stored(runs.grown, table), stored(runs.whole, table)
    if table is VIDEO_ACTIVITY:  # two sketches of the same set need not be the same bytes; the reach above is compared
        grown, whole = grown.drop(columns="viewers"), whole.drop(columns="viewers")
    pd.testing.assert_frame_equal(grown, whole)
