"""Expressions that all engines read alike, in place of those that one reads otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

MILLION = 1_000_000
"""Units of six decimals in one."""


def without_comments(data_type: DataType) -> Any:
    """The same type with no metadata on its fields, at any depth: comments are a table's, frames carry none.

    Where one side of a union has some and the other none, Sail's plans fail.
    """
    if isinstance(data_type, StructType):
        return StructType([StructField(f.name, without_comments(f.dataType), f.nullable) for f in data_type])
    if isinstance(data_type, ArrayType):
        return ArrayType(without_comments(data_type.elementType), data_type.containsNull)
    return data_type


def _column(named: str | Column) -> Column:
    return F.col(named) if isinstance(named, str) else named


def ratio(part: Column | str, whole: Column | str) -> Column:
    """`part` / `whole` as a double; null where `whole` is 0 or null."""
    part, whole = (_column(each).cast("double") for each in (part, whole))
    return part / F.when(whole != 0, whole)


def rounded(value: Column | str, digits: int) -> Column:
    """A double with so many digits after the point, halves away from zero.

    Rounding to whole numbers is the same everywhere; to digits, Spark goes by the decimal text of a double: .285 has
    two digits .29 there and .28 elsewhere.
    """
    value = _column(value)
    unit = F.lit(10.0**digits)
    return F.round(value * unit) / unit


def whole_number(value: Column | str) -> Column:
    """The nearest whole number as a BIGINT, halves away from zero."""
    return F.round(value).cast("bigint")


def fixed_point(value: Column, digits: int = 6) -> Column:
    """A value as a whole number of units of its last decimal: sums of such numbers are equal in any order of rows."""
    return F.round(value * 10**digits).cast("bigint")


def exact_sum(value: Column, digits: int = 6) -> Column:
    """Aggregate: sum to so many decimals, independent of the order of rows; six suit values of up to a few millions."""
    return F.sum(fixed_point(value, digits)) / 10**digits


def exact_mean(value: Column) -> Column:
    """Aggregate: mean to six decimals in the same manner; null where there is no value."""
    return ratio(F.sum(fixed_point(value)), F.count(value)) / MILLION


def looked_up(key: Column, values: Mapping[Any, Any], missing: Any = None) -> Column:
    """What `values` has for a key; `missing` for null and for keys that it does not have.

    Sail builds a literal map or an array anew for each row, strings and all; branches are compiled once.
    """
    if not values:
        return F.lit(missing)
    branches: Any = F  # has `when`, as each branch has
    for value, meant in values.items():
        branches = branches.when(key == value, meant)
    return branches.otherwise(missing)


def first_per_key(df: DataFrame, key: Sequence[str], order: Sequence[str | Column]) -> DataFrame:
    """Of the rows of each key the one that comes first in `order`; the columns of `df`.

    For min and max of a struct with fields that may be null, which engines order otherwise.
    """
    place = F.row_number().over(Window.partitionBy(*key).orderBy(*order))
    return df.withColumn("_place", place).where("_place = 1").select(*df.columns)


def smallest(*columns: str | Column) -> Column:
    """Aggregate: the struct of these columns that comes first, fields compared from left to right, nulls first."""
    parts = map(_column, columns)
    return F.min_by(F.struct(*columns), F.struct(*(each for part in parts for each in (part.isNotNull(), part))))


def largest(*columns: str | Column) -> Column:
    """Aggregate: the struct of these columns that comes last, fields compared from left to right, nulls first."""
    row = F.struct(*columns)
    return F.max_by(row, row)
