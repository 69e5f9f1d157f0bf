"""Which days of the rollups are stale."""

from datetime import date

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
