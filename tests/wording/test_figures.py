"""Figures as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from engine.portable import whole_number
from wording.figures import Clause, duration, listed, p_value, percent, whole

HALVES = [0.0, 0.49999999999999994, 0.5, 1.5, 2.5, -0.5, -2.5, 28.499999999999996, 1e15 + 0.5]


def test_halves_go_away_from_zero_as_in_the_engines(spark):
    df = spark.createDataFrame(list(enumerate(HALVES)), "i int, x double")
    found = [row.n for row in sorted(df.select("i", whole_number(F.col("x")).alias("n")).collect())]
    assert [whole(value) for value in HALVES] == found


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "1 s"),
        (89.4, "89 s"),
        (89.9, "90 s"),
        (90, "2 min"),
        (5_399, "90 min"),
        (5_400, "2 h"),
        (129_599, "36 h"),
        (129_600, "2 days"),
        (1e6, "12 days"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds, words):
    assert duration(seconds) == words


def test_shares_and_surprises_are_whole():
    assert [percent(share) for share in (0.0, 0.004, 0.005, 0.285, 0.995, 1.0)] == [
        "0 %",
        "0 %",
        "1 %",
        "28 %",
        "100 %",
        "100 %",
    ]
    assert [p_value(surprise) for surprise in (3.49, 3.5, 20.0)] == ["1e-3", "1e-4", "1e-20"]


@given(st.floats(0, 1))
def test_a_percentage_is_the_nearest(share):
    assert abs(int(percent(share).removesuffix(" %")) - 100 * share) <= 0.5


SHARED = Clause("{share:percent} on {devices} devices", {"users": 2})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"share": 0.5, "devices": 3, "users": 2}, "50 % on 3 devices"),
        ({"share": 0.5, "devices": 3, "users": 1}, ""),
        ({"share": 0.5, "devices": 3, "users": None}, ""),
        ({"share": float("nan"), "devices": 3, "users": 2}, ""),
        ({"share": 0.5, "users": 2}, ""),
    ],
)
def test_a_clause_is_said_where_all_it_takes_is_known(row, words):
    assert SHARED.of(row) == words


def test_clauses_that_say_nothing_leave_no_comma():
    assert listed([Clause("{a}"), Clause("{b}"), Clause("{c:,}")], {"a": 1, "c": 1_000}) == "1, 1,000"
