"""The whole chain on a small platform: the same rows again, nothing from later, and tables that stay whole."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import polars
import pytest
from deltalake import DeltaTable

from jobs import daily
from lake.schemas import MODELS, OUTPUTS, SOURCES
from tests.end_to_end.playing import cut, kill_while, play
from tests.published import published

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("daily")]
DAY, END = date(2026, 2, 27), "2026-03-01"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("daily")


@pytest.fixture(scope="module")
def whole(spark, folder: Path) -> Path:
    """A lake that goes on for two days after DAY, with broken rows and late ones, and daily run for DAY."""
    lake = folder / "whole"
    play(spark, lake, "simulate", accounts=400, days=30, until=moment(END), dirty=0.02)
    play(spark, lake, "daily", DAY)
    return lake


@pytest.fixture(scope="module")
def fresh(spark, whole: Path, folder: Path) -> Path:
    """The source tables as they were when DAY began, and no outputs."""
    cut(spark, whole, DAY, folder / "fresh")
    return folder / "fresh"


@pytest.fixture(scope="module")
def expected(whole: Path) -> dict[str, list[str]]:
    return published(whole, str(DAY))


def moment(day: str):
    from tests.builders import at

    return at(day)


def test_every_output_has_rows_or_a_reason_to_have_none(expected):
    assert {name for name, rows in expected.items() if not rows} <= {"rings", "ring_members", "account_links"} | {
        f"quarantine_{table.name}" for table in SOURCES
    }
    assert expected["quarantine_events"]


def test_a_day_run_again_has_the_same_rows(spark, whole, expected):
    play(spark, whole, "daily", DAY)
    assert published(whole, str(DAY)) == expected


def test_what_happens_later_changes_nothing(spark, fresh, folder, expected):
    lake = folder / "cut"
    shutil.copytree(fresh, lake)
    play(spark, lake, "daily", DAY)
    assert published(lake, str(DAY)) == expected


def test_killed_in_every_step_then_run_again(spark, fresh, folder, expected):
    lake = folder / "killed"
    shutil.copytree(fresh, lake)
    for step in daily.STEPS:
        kill_while(step.name, lake, DAY, folder / f"{step.name}.log")
        play(spark, lake, step.name, DAY)
    assert published(lake, str(DAY)) == expected


def test_every_output_opens_in_delta_rs_duckdb_and_polars(spark, whole):
    for measure in ("evaluate", "drift"):
        play(spark, whole, measure, DAY)
    for table in OUTPUTS:
        if table is MODELS:  # written by train
            continue
        stored = DeltaTable(str(whole / table.name))
        rows = stored.to_pyarrow_table().num_rows
        dataset = stored.to_pyarrow_dataset()
        assert duckdb.sql("SELECT count(*) FROM dataset").fetchall() == [(rows,)], dataset
        assert polars.scan_delta(str(whole / table.name)).collect().height == rows
