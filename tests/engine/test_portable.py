"""What the portable expressions give is what plain Python says, on whichever engine the tests run."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, LongType, StringType, StructField, StructType

from engine.portable import (
    exact_mean,
    exact_sum,
    first_per_key,
    largest,
    looked_up,
    ratio,
    rounded,
    smallest,
    whole_number,
    without_comments,
)

FEW = settings(max_examples=10, deadline=None)
"""Each example is a query or two."""
HALVES = [0.285, 1.005, 2.675, 0.125, -0.125, 0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, 1e-9, 0.0, -0.0]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.none() | st.integers(-2, 2),
        st.none() | st.sampled_from(["", "a", "B", "é", "𝓕"]),
    ),
    min_size=1,
    max_size=20,
)


def half_away(value):
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def nulls_first(*values):
    """A key that orders as ascending columns do: nulls first, texts by their bytes."""
    return [(value is not None, value.encode() if isinstance(value, str) else value or 0) for value in values]


def same(one, other):
    return one == other or (one is not None and other is not None and math.isnan(one) and math.isnan(other))


def applied(spark, values, *expressions):
    """What each expression of column x gives, a tuple for each value, in their order."""
    df = spark.createDataFrame(list(enumerate(values)), "i int, x double")
    rows = df.select("i", *(each.alias(f"r{at}") for at, each in enumerate(expressions))).collect()
    return [tuple(row[1:]) for row in sorted(rows)]


def table(spark, rows):
    return spark.createDataFrame([(at, *row) for at, row in enumerate(rows)], "i int, k int, x bigint, s string")


def by_key(rows):
    found = {}
    for at, (key, *values) in enumerate(rows):
        found.setdefault(key, []).append((at, *values))
    return found


@FEW
@given(st.lists(st.none() | st.sampled_from(HALVES) | st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 6))
def test_rounded_goes_by_the_double_and_halves_go_away_from_zero(spark, values, digits):
    expected = [None if x is None else half_away(x * 10.0**digits) / 10.0**digits for x in values]
    assert [found for (found,) in applied(spark, values, rounded("x", digits))] == expected


@FEW
@given(st.lists(st.none() | st.sampled_from(HALVES) | st.floats(-1e15, 1e15), min_size=1, max_size=50))
def test_whole_numbers_are_integers_and_halves_go_away_from_zero(spark, values):
    expected = [None if x is None else half_away(x) for x in values]
    found = [found for (found,) in applied(spark, values, whole_number("x"))]
    assert found == expected
    assert all(isinstance(each, int) for each in found if each is not None)


def test_rounded_keeps_what_is_no_number_and_what_is_endless(spark):
    found = applied(spark, [math.nan, math.inf, -math.inf], rounded("x", 2))
    assert math.isnan(found[0][0])
    assert found[1:] == [(math.inf,), (-math.inf,)]


@FEW
@given(st.lists(st.tuples(*2 * [st.none() | st.sampled_from([0.0, -0.0, 3.0, -7.0, 1e-3, math.inf, math.nan])])))
def test_a_ratio_is_null_where_either_is_or_the_whole_is_zero(spark, pairs):
    df = spark.createDataFrame([(at, *pair) for at, pair in enumerate(pairs)], "i int, part double, whole double")
    found = [row.r for row in sorted(df.select("i", ratio("part", F.col("whole")).alias("r")).collect())]
    expected = [None if None in (part, whole) or whole == 0 else part / whole for part, whole in pairs]
    assert len(found) == len(expected)
    assert all(map(same, found, expected))


def test_a_ratio_of_integers_is_no_integer(spark):
    df = spark.createDataFrame([(1, 2), (1, 0)], "part int, whole int")
    assert {row.r for row in df.select(ratio("part", "whole").alias("r")).collect()} == {0.5, None}


@FEW
@given(ROWS)
def test_smallest_and_largest_compare_from_left_to_right_and_nulls_come_first(spark, rows):
    ends = table(spark, rows).groupBy("k").agg(smallest("x", F.col("s")).alias("low"), largest("x", "s").alias("high"))
    found = {row.k: (tuple(row.low), tuple(row.high)) for row in ends.collect()}
    expected = {}
    for key, of_key in by_key(rows).items():
        inside = sorted((each[1:] for each in of_key), key=lambda each: nulls_first(*each))
        expected[key] = inside[0], inside[-1]
    assert found == expected


def test_smallest_and_largest_of_no_rows_are_null(spark):
    nothing = table(spark, [(1, 1, "a")]).where("false")
    row = nothing.agg(smallest("x", "s").alias("low"), largest("x", "s").alias("high")).collect()[0]
    assert (row.low, row.high) == (None, None)


@FEW
@given(ROWS)
def test_first_per_key_is_the_row_that_an_order_puts_first(spark, rows):
    df = table(spark, rows)
    found = first_per_key(df, ["k"], ["x", F.desc("s"), "i"])
    assert found.columns == df.columns

    def place(row):
        text = b"" if row[2] is None else row[2].encode()
        return nulls_first(row[1]), row[2] is None, [-byte for byte in text] + [1], row[0]

    expected = {key: min(of_key, key=place) for key, of_key in by_key(rows).items()}
    assert {row.k: (row.i, row.x, row.s) for row in found.collect()} == expected


def said(name, data_type, nullable=True):
    return StructField(name, data_type, nullable, {"comment": f"what {name} is"})


INNER = StructType([said("id", LongType(), nullable=False), said("text", StringType())])


def bare(described):
    """A type's description with no metadata at any depth."""
    if isinstance(described, list):
        return [bare(each) for each in described]
    if isinstance(described, dict):
        return {name: {} if name == "metadata" else bare(value) for name, value in described.items()}
    return described


@pytest.mark.parametrize(
    "commented",
    [
        INNER,
        StructType([said("deep", INNER, nullable=False)]),
        StructType([said("list", ArrayType(INNER, containsNull=False))]),
        ArrayType(ArrayType(INNER)),
        LongType(),
    ],
    ids=lambda each: each.simpleString(),
)
def test_types_without_comments_are_the_same_types_and_no_more(commented):
    found = without_comments(commented).jsonValue()
    assert found == bare(commented.jsonValue())
    assert "comment" not in str(found)


def test_what_is_looked_up_is_missing_for_null_and_for_the_unknown(spark):
    df = spark.createDataFrame([(1, "a"), (2, "b"), (3, "c"), (4, None)], "i int, key string")
    hours, none = looked_up(F.col("key"), {"a": 24, "b": 48}), looked_up(F.col("key"), {})
    found = df.select("i", hours, looked_up(F.col("key"), {"a": 24}, 7), none).orderBy("i").collect()
    assert [tuple(row[1:]) for row in found] == [(24, 24, None), (48, 7, None), (None, 7, None), (None, 7, None)]


def test_exact_sums_are_the_same_in_any_order_and_null_where_there_is_nothing(spark):
    rows = [(1, 0.1), (1, 0.2), (1, 0.3000004), (1, None), (2, None)]
    for order in (rows, rows[::-1]):
        df = spark.createDataFrame(order, "k int, x double").repartition(3)
        told = df.groupBy("k").agg(exact_sum(F.col("x")), exact_mean(F.col("x"))).orderBy("k").collect()
        assert [tuple(row) for row in told] == [(1, 0.6, 0.2), (2, None, None)]


def test_an_exact_sum_may_have_fewer_decimals(spark):
    df = spark.createDataFrame([(0.0004,), (0.0016,)], "x double")
    assert df.agg(exact_sum(F.col("x"), digits=3)).collect()[0][0] == 0.002
