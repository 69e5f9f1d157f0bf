"""Tables whose owners have done with them what Delta allows (made by written_by_others/make.py)."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from lake.changes import fingerprints
from lake.errors import BrokenContract
from lake.schemas import EVENTS
from lake.store import Lake

TABLES = Path(__file__).parent / "written_by_others"
FIRST, END = date(2026, 2, 27), date(2026, 3, 1)


@pytest.fixture
def lake_with(spark, tmp_path):
    def make(name: str) -> Lake:
        lake = Lake(spark, str(tmp_path / name))
        shutil.copytree(TABLES / name, lake.path(EVENTS))
        return lake

    return make


@pytest.mark.parametrize("name", ["column_mapping", "deletion_vectors"])
def test_rows_are_those_that_their_owner_sees(lake_with, name):
    rows = lake_with(name).source(EVENTS, END).select("event_id", "verb", "event_date").collect()
    assert sorted(row.event_id for row in rows) == [1, 2, 3, 4, 5]
    assert {row.verb for row in rows} == {"view"}
    assert {row.event_date for row in rows} == {date(2026, 2, 27), date(2026, 2, 28)}


@pytest.mark.parametrize("name", ["column_mapping", "deletion_vectors"])
def test_days_are_told_apart_by_the_log(lake_with, name):
    assert fingerprints(lake_with(name), EVENTS, FIRST, END).keys() == {date(2026, 2, 27), date(2026, 2, 28)}


def test_a_row_that_is_deleted_in_place_changes_its_day_alone(lake_with):
    lake = lake_with("deletion_vectors")
    after = fingerprints(lake, EVENTS, FIRST, END)
    commits = sorted(Path(lake.path(EVENTS), "_delta_log").glob("*.json"))
    commits[-1].unlink()  # which deleted event 6, of 27 February
    before = fingerprints(lake, EVENTS, FIRST, END)
    assert before[date(2026, 2, 27)] != after[date(2026, 2, 27)]
    assert before[date(2026, 2, 28)] == after[date(2026, 2, 28)]


def test_a_table_that_asks_for_more_than_readers_can_is_refused_by_its_name(lake_with):
    lake = lake_with("by_verb")
    first = Path(lake.path(EVENTS), "_delta_log", f"{0:020}.json")
    entries = [json.loads(line) for line in first.read_text().splitlines()]
    feature = {"readerFeatures": ["ofTomorrow"], "writerFeatures": ["ofTomorrow"]}
    asking = [{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **feature}}]
    kept = [entry for entry in entries if "protocol" not in entry]
    first.write_text("\n".join(map(json.dumps, kept + asking)))
    for commit in sorted(first.parent.glob("*.json"))[1:]:
        commit.unlink()
    with pytest.raises(BrokenContract, match=r"table events cannot be read: .*feature"):
        lake.source(EVENTS, END)


def test_a_table_that_is_not_partitioned_by_days_is_refused_with_what_to_do(lake_with):
    with pytest.raises(BrokenContract, match=r"not partitioned by event_date \(but by verb\): .*partitionBy"):
        fingerprints(lake_with("by_verb"), EVENTS, FIRST, END)
