"""Which days of the rollups are stale."""

import shutil
from datetime import date
from importlib.resources import files

from features import activity
from features.rollups import Recorded, passes, stale_days

ONE, TWO, THREE = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)


def test_new_changed_and_vanished_days_are_stale():
    recorded = {ONE: Recorded("a", "v1"), TWO: Recorded("b", "v1")}
    assert stale_days({ONE: "a", TWO: "b"}, recorded, "v1") == []
    assert stale_days({ONE: "a", TWO: "b", THREE: "c"}, recorded, "v1") == [THREE]
    assert stale_days({ONE: "a", TWO: "other"}, recorded, "v1") == [TWO]
    assert stale_days({TWO: "b"}, recorded, "v1") == [ONE]


def test_other_definitions_make_every_day_stale():
    assert stale_days({ONE: "a"}, {ONE: Recorded("a", "v1")}, "v2") == [ONE]


def test_days_are_computed_in_groups():
    assert passes([ONE, TWO, THREE], 2) == [[ONE, TWO], [THREE]]


def test_other_lists_of_names_are_other_definitions_and_other_comments_are_not(tmp_path, monkeypatch):
    as_shipped = activity.definitions_version()
    copy = shutil.copytree(files("features.text"), tmp_path / "text")
    monkeypatch.setattr(activity, "files", lambda package: copy)
    lists, code = copy / "lists.toml", copy / "letters.py"
    code.write_text("# why\n" + code.read_text())
    lists.write_text("# why\n" + lists.read_text())
    assert activity.definitions_version() == as_shipped
    lists.write_text(lists.read_text().replace('"kik"', '"kik", "signal"'))
    assert activity.definitions_version() != as_shipped
