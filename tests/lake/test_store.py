"""Reading as of a day, publishing a day."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from lake.errors import BrokenContract, MissingTable
from lake.schemas import ACCOUNTS, AS_OF, BIGINT, DOUBLE, EVENTS, ROLLUP_LEDGER, STRING, Table, column
from lake.store import Lake, Provenance, deduplicated
from tests.builders import accounts, at, events

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
ME = Provenance("run-1", "1.0")


ESTIMATES = Table(
    "estimates",
    "output",
    "policy",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("estimate", DOUBLE, "the estimate"),
            column("reviewed", BIGINT, "decisions that it rests on"),
        ]
    ),
    key=("policy",),
)


def estimates(spark, *rows):
    return spark.createDataFrame(rows, "policy string, estimate double, reviewed bigint")


def stored(lake, table):
    return sorted(tuple(row) for row in lake.read(table).collect())


def test_publishing_replaces_the_day_and_nothing_else(lake, spark):
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), DAY, ME)
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.2, 60)), NEXT, ME)

    rows = lake.publish(ESTIMATES, estimates(spark, ("bot_network", 0.4, 70)), DAY, ME)

    assert rows == 1
    assert stored(lake, ESTIMATES) == [(DAY, "bot_network", 0.4, 70), (NEXT, "spam_ring", 0.2, 60)]


def test_a_newer_version_may_add_columns_and_explain_others_in_other_words(lake, spark):
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), DAY, ME)
    fields = [
        field if field.name == "as_of" else column(field.name, field.dataType, "else") for field in ESTIMATES.schema
    ]
    newer = Table(
        "estimates", "output", "policy", StructType([*fields, column("method", STRING, "how")]), key=("policy",)
    )

    lake.publish(newer, estimates(spark, ("spam_ring", 0.2, 60)).withColumn("method", F.lit("new")), NEXT, ME)

    rows = lake.read(newer).select("as_of", "policy", "estimate", "reviewed", "method").collect()
    assert sorted(map(tuple, rows)) == [(DAY, "spam_ring", 0.1, 50, None), (NEXT, "spam_ring", 0.2, 60, "new")]


def test_publishing_nothing_clears_the_day(lake, spark):
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), DAY, ME)
    assert lake.publish(ESTIMATES, estimates(spark), DAY, Provenance("run-2", "1.0")) == 0
    assert stored(lake, ESTIMATES) == []


def test_publishing_other_columns_is_refused_and_leaves_the_day(lake, spark):
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), DAY, ME)
    wrong = estimates(spark, ("spam_ring", 0.9, 1)).withColumnRenamed("reviewed", "seen")
    with pytest.raises(BrokenContract, match="column reviewed is missing; column seen is not in the contract"):
        lake.publish(ESTIMATES, wrong, DAY, ME)
    assert stored(lake, ESTIMATES) == [(DAY, "spam_ring", 0.1, 50)]


def test_publishing_days_replaces_and_clears_those_and_nothing_else(lake, spark):
    of_days = "as_of date, policy string, estimate double, reviewed bigint"
    earlier = DAY - timedelta(days=1)
    for day in (earlier, DAY, NEXT):
        lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), day, ME)

    one_of_two = spark.createDataFrame([(NEXT, "bot_network", 0.4, 70)], of_days)
    rows = lake.publish_days(ESTIMATES, one_of_two, [DAY, NEXT], ME)

    assert rows == 1
    left = [(earlier, "spam_ring", 0.1, 50), (NEXT, "bot_network", 0.4, 70)]
    assert stored(lake, ESTIMATES) == left
    with pytest.raises(BrokenContract, match="cannot publish estimates: rows that are not of as_of IN"):
        lake.publish_days(ESTIMATES, one_of_two, [DAY], ME)
    assert lake.publish_days(ESTIMATES, one_of_two, [], ME) == 0
    assert stored(lake, ESTIMATES) == left


def test_upsert_adds_new_keys_and_replaces_known_ones_also_below_a_relative_path(spark, tmp_path):
    lake = Lake(spark, os.path.relpath(tmp_path))  # as --lake demo-lake
    ledger = lambda *rows: spark.createDataFrame(rows, ROLLUP_LEDGER.types)  # noqa: E731
    lake.upsert(ROLLUP_LEDGER, ledger(("video_activity", DAY, "a", "1"), ("video_activity", NEXT, "b", "1")), ME)
    lake.upsert(ROLLUP_LEDGER, ledger(("video_activity", NEXT, "c", "1")), ME)
    assert stored(lake, ROLLUP_LEDGER) == [("video_activity", DAY, "a", "1"), ("video_activity", NEXT, "c", "1")]


def test_history_names_the_run(lake, spark):
    lake.publish(ESTIMATES, estimates(spark), DAY, ME)
    commit = DeltaTable(lake.path(ESTIMATES)).history()[0]
    assert commit["userMetadata"] == '{"run_id": "run-1", "code_version": "1.0"}'


def test_two_runs_that_publish_one_day_at_a_time_leave_the_rows_of_one(lake, spark):
    def publish(writer: int) -> int:
        rows = spark.range(2_000).selectExpr(
            "CAST(id AS STRING) AS policy", "0.5D AS estimate", f"{writer}L AS reviewed"
        )
        return lake.publish(ESTIMATES, rows, DAY, Provenance(f"run-{writer}", "1.0"))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(publish, range(3))) == [2_000] * 3

    assert [row["count"] for row in lake.read(ESTIMATES).groupBy("reviewed").count().collect()] == [2_000]


def test_source_ends_where_the_day_begins(lake, spark):
    rows = events(
        spark,
        {"event_id": 1, "ts": at("2026-02-28 23:59:59")},
        {"event_id": 2, "ts": at("2026-03-01 00:00:00")},
        {"event_id": 3, "ts": at("2026-02-20 12:00:00")},
    )
    rows.write.format("delta").partitionBy("event_date").save(lake.path(EVENTS))

    assert {row.event_id for row in lake.source(EVENTS, DAY).collect()} == {1, 3}
    assert {row.event_id for row in lake.source(EVENTS, DAY, days=7).collect()} == {1}


def test_source_says_which_table_is_missing(lake: Lake):
    with pytest.raises(MissingTable, match="table events is missing"):
        lake.source(EVENTS, DAY)


def test_source_says_which_column_is_missing_or_retyped(lake, spark):
    rows = accounts(spark, {}).drop("bio")
    rows.withColumn("country", F.lit(7)).write.format("delta").save(lake.path(ACCOUNTS))
    with pytest.raises(BrokenContract, match="accounts: column country is int, not string; column bio is missing"):
        lake.source(ACCOUNTS, DAY)


def test_a_table_whose_log_is_cut_is_told_with_what_is_wrong(lake, spark):
    lake.replace(ACCOUNTS, accounts(spark, {}), ME)
    (commit,) = Path(lake.path(ACCOUNTS), "_delta_log").glob("*.json")
    os.truncate(commit, 100)
    with pytest.raises(BrokenContract, match=r"table accounts cannot be read: [^N]"):
        lake.read(ACCOUNTS)


def test_a_day_says_which_column_an_older_version_has_not_written(lake, spark):
    older = StructType([field for field in ESTIMATES.schema if field.name != "reviewed"])
    lake.publish(replace(ESTIMATES, schema=older), estimates(spark, ("spam_ring", 0.1, 50)).drop("reviewed"), DAY, ME)
    with pytest.raises(BrokenContract, match="table estimates: column reviewed is missing: written by another version"):
        lake.day(ESTIMATES, DAY)


def test_deduplicated_keeps_one_row_a_key_whatever_the_order(spark):
    rows = [{"event_id": 7, "text": "b"}, {"event_id": 7, "text": "a"}, {"event_id": 7, "text": "a"}, {"event_id": 8}]
    for order in (rows, rows[::-1]):
        kept = deduplicated(events(spark, *order), ("event_id",)).collect()
        assert sorted((row.event_id, row.text) for row in kept) == [(7, "a"), (8, None)]


def test_a_table_before_its_first_run_has_no_rows(lake, spark):
    assert lake.read_or_empty(ESTIMATES).collect() == []
    lake.publish(ESTIMATES, estimates(spark, ("spam_ring", 0.1, 50)), DAY, ME)
    assert lake.read_or_empty(ESTIMATES).count() == 1
