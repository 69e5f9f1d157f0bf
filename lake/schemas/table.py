"""What a table is: its name, who owns it, and its columns with their types and meanings."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from engine.portable import without_comments

BIGINT, DOUBLE, STRING = LongType(), DoubleType(), StringType()
BOOLEAN, BINARY = BooleanType(), BinaryType()
DATE, TIMESTAMP = DateType(), TimestampType()
STRINGS, BIGINTS = ArrayType(STRING), ArrayType(BIGINT)


def column(name: str, data_type: DataType, meaning: str) -> StructField:
    """A nullable column whose comment is its meaning (nullability is a rule of validation/, not of storage)."""
    return StructField(name, data_type, nullable=True, metadata={"comment": meaning})


@dataclass(frozen=True)
class Table:
    """A table of the lake: its name is its folder below the lake's URI.

    `key` identifies a row (beside the partition); `time` is the column that says when a source row came to be, and cuts
    it at `as_of`; `partition` is None for a table that is one heap of rows.
    """

    name: str
    owner: Literal["source", "output", "internal"]
    row: str
    schema: StructType
    key: tuple[str, ...]
    time: str | None = None
    partition: str | None = "as_of"

    @property
    def columns(self) -> list[str]:
        return self.schema.fieldNames()

    @property
    def types(self) -> StructType:
        """The columns of a frame that holds such rows: without comments, which are the stored table's."""
        return without_comments(self.schema)

    def extended(self, columns: Iterable[StructField]) -> "Table":
        """The same table with more columns at its end, such as one for each feature."""
        return replace(self, schema=StructType([*self.schema.fields, *columns]))


AS_OF = column("as_of", DATE, "day of knowledge: everything in the row rests on what had happened before it, 00:00 UTC")

REASON = ArrayType(
    StructType(
        [
            column("feature", STRING, "name of the feature"),
            column("value", DOUBLE, "its value for this entity"),
            column("contribution", DOUBLE, "what it adds to the score, in log-odds"),
        ]
    )
)
