"""Reading tables as they were known at a day, and publishing a day of a table whole or not at all."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypeVar

import pyarrow as pa
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

import engine
from engine.portable import first_per_key
from lake.errors import BrokenContract, MissingTable, PublishConflict
from lake.schemas import Table

T = TypeVar("T")
PUBLISH_ATTEMPTS = 6


@dataclass(frozen=True)
class Provenance:
    """Who wrote a version of a table: goes into its history as `userMetadata`."""

    run_id: str
    code_version: str

    def to_json(self) -> str:
        return json.dumps({"run_id": self.run_id, "code_version": self.code_version})


def midnight(day: date) -> datetime:
    """The moment a day begins, UTC."""
    return datetime.combine(day, time(), UTC)


def before(day: date) -> Column:
    """The moment of knowledge of an `as_of` day, as a Spark literal to compare times with."""
    return F.lit(midnight(day))


def deduplicated(df: DataFrame, key: tuple[str, ...]) -> DataFrame:
    """One row for each key, whatever the order of delivery: of rows that differ, the smallest.

    Only the keys are shuffled; whole rows move for the few keys that were delivered more than once.
    """
    repeated = df.groupBy(*key).count().where("count > 1").select(*key)
    rest = [name for name in df.columns if name not in key]
    single = df.join(repeated, on=list(key), how="left_anti")
    chosen = first_per_key(df.join(repeated, on=list(key), how="left_semi"), key, rest)
    return single.select(df.columns).union(chosen.select(df.columns))


def arrow_rows(rows: Sequence[tuple], schema: StructType) -> pa.Table:
    """A few rows of the driver, one value for each column, in a table's types."""
    records = [dict(zip(schema.fieldNames(), row, strict=True)) for row in rows]
    return pa.Table.from_pylist(records, to_arrow_schema(schema))


def only_row(df: DataFrame) -> Row:
    """The first row of a frame that has one whatever the data, such as an aggregate without keys."""
    row = df.first()
    if row is None:
        raise ValueError("a frame that always has a row has none")
    return row


def schema_breaches(found: StructType, wanted: StructType) -> list[str]:
    """What is wrong with the columns of a table, by name and type; columns beyond the wanted ones are welcome."""
    types = {field.name: field.dataType.simpleString() for field in found}
    breaches = []
    for field in wanted:
        if field.name not in types:
            breaches.append(f"column {field.name} is missing")
        elif types[field.name] != field.dataType.simpleString():
            breaches.append(f"column {field.name} is {types[field.name]}, not {field.dataType.simpleString()}")
    return breaches


def needed(name: str | None, table: Table) -> str:
    """The time or partition column of a table that must have one; raises ValueError when it has none."""
    if name is None:
        raise ValueError(f"table {table.name} has no such column")
    return name


def conformed(df: DataFrame, table: Table, day: date | None = None) -> DataFrame:
    """The frame with exactly the columns of the table, in its order; `day` is its partition where it has none.

    Raises BrokenContract when a column is missing, retyped, or not the table's.
    """
    found = df.schema  # asked once: to answer, an engine goes over the whole plan
    names = found.fieldNames()
    missing = table.partition if day is not None and table.partition not in names else None
    wanted = StructType([field for field in table.schema if field.name != missing])
    breaches = schema_breaches(found, wanted)
    breaches += [f"column {name} is not in the contract" for name in names if name not in table.columns]
    if breaches:
        raise BrokenContract(f"cannot publish {table.name}: {'; '.join(breaches)}")
    return df.select([F.lit(day).alias(name) if name == missing else F.col(name) for name in table.columns])


class Lake:
    """The Delta tables below one URI.

    `uri` goes to Spark as it is: a local folder, `s3a://…`, `abfss://…`.
    """

    def __init__(self, spark: SparkSession, uri: str) -> None:
        self.spark = spark
        self.uri = uri.rstrip("/")

    def path(self, table: Table) -> str:
        return f"{self.uri}/{table.name}"

    def exists(self, table: Table) -> bool:
        return engine.current().tables.exists(self.path(table))

    def read(self, table: Table) -> DataFrame:
        """The whole table as it is stored, raises MissingTable when it is not there."""
        return self._read(table)

    def _read(self, table: Table, first: date | None = None, end: date | None = None) -> DataFrame:
        """A table of which the reader will use these days alone; they are not filtered yet."""
        path = self.path(table)
        if not self.exists(table):
            raise MissingTable(f"table {table.name} is missing: no Delta table at {path}")
        engine.current().note_read(engine.DaysRead(path, table.partition, first, end))
        try:
            return engine.current().tables.read(path)
        except (AnalysisException, UnsupportedOperationException) as error:
            said = engine.explain(error) or error.getCondition() or str(error).splitlines()[0]
            raise BrokenContract(f"table {table.name} cannot be read: {said}") from error

    def read_or_empty(self, table: Table) -> DataFrame:
        """The whole table; no rows of one that is not there, as tables of the suite before their first run."""
        return self.read(table) if self.exists(table) else self.spark.createDataFrame([], table.types)

    def source(self, table: Table, as_of: date, days: int | None = None) -> DataFrame:
        """Rows of a source table that had come to be before `as_of`, as delivered.

        Still with rows that break the contract (also those without a time) and rows delivered twice: jobs read through
        `Context.source`, which leaves them out. `days` limits a partitioned table to that many days before `as_of`.

        Raises MissingTable, and BrokenContract when a column is missing or retyped.
        """
        first = as_of - timedelta(days=days) if days is not None else None
        df = self._read(table, first, as_of)
        breaches = schema_breaches(df.schema, table.schema)
        if breaches:
            raise BrokenContract(f"table {table.name}: {'; '.join(breaches)}: write it as docs/tables.md has it")
        df = df.select(table.columns)
        if table.partition is not None:
            partition = F.col(table.partition)
            known = partition < F.lit(as_of)
            if first is not None:
                known = known & (partition >= F.lit(first))
            df = df.where(partition.isNull() | known)
        moment = F.col(needed(table.time, table))
        return df.where(moment.isNull() | (moment < before(as_of)))

    def day(self, table: Table, as_of: date) -> DataFrame:
        """What was published for one day of an output table; no rows when nothing was.

        Raises MissingTable, and BrokenContract when another version of the suite has written it with other columns.
        """
        rows = self._read(table, as_of, as_of + timedelta(days=1))
        breaches = schema_breaches(rows.schema, table.schema)
        if breaches:
            other = "written by another version, run the job again that writes it"
            raise BrokenContract(f"table {table.name}: {'; '.join(breaches)}: {other}")
        return rows.where(F.col(needed(table.partition, table)) == F.lit(as_of)).select(table.columns)

    def publish(self, table: Table, df: DataFrame, day: date, provenance: Provenance) -> int:
        """Replace one day of a partitioned table by `df` in one commit; returns the number of rows.

        `df` has the table's columns, its partition column may be left out. An empty frame clears the day. Raises
        BrokenContract when the columns are not the table's, PublishConflict when other runs keep writing the same day.
        """
        condition = f"{needed(table.partition, table)} = '{day}'"
        return self._replace_where(table, conformed(df, table, day), condition, provenance)

    def publish_days(self, table: Table, df: DataFrame, days: Collection[date], provenance: Provenance) -> int:
        """Replace several days of a partitioned table by `df` in one commit; returns the number of rows.

        Days without rows in `df` are cleared; rows of other days are refused. Raises as `publish` does.
        """
        if not days:
            return 0
        listed = ", ".join(f"'{day}'" for day in sorted(days))
        condition = f"{needed(table.partition, table)} IN ({listed})"
        return self._replace_where(table, conformed(df, table), condition, provenance)

    def _replace_where(self, table: Table, frame: DataFrame, condition: str, provenance: Provenance) -> int:
        target = self._target(table, provenance)
        try:
            return self._retried(table, lambda: engine.current().tables.replace_where(target, frame, condition))
        except engine.Refused as error:
            raise BrokenContract(f"cannot publish {table.name}: {error}") from error

    def replace(self, table: Table, df: DataFrame, provenance: Provenance) -> None:
        """Put `df` in the place of a whole table, made when it is not there."""
        frame, target = conformed(df, table), self._target(table, provenance)
        self._retried(table, lambda: engine.current().tables.replace(target, frame))

    def append(self, table: Table, rows: DataFrame | pa.Table, provenance: Provenance) -> None:
        """Add rows, a frame or a few of the driver, to a table that is not published by the day."""
        frame = conformed(rows, table) if isinstance(rows, DataFrame) else rows.select(table.columns)
        target = self._target(table, provenance)
        self._retried(table, lambda: engine.current().tables.append(target, frame))

    def upsert(self, table: Table, df: DataFrame, provenance: Provenance) -> None:
        """Add the rows whose key is new to a table without partitions, and replace those whose key is there.

        Raises PublishConflict when other runs keep writing the same table.
        """
        frame, target = conformed(df, table), self._target(table, provenance)
        if not self.exists(table):
            self.append(table, frame.limit(0), provenance)
        self._retried(table, lambda: engine.current().tables.merge(target, frame, table.key))

    def forget(self, tables: Iterable[Table], provenance: Provenance) -> None:
        """Take all rows out of those of the tables that are there; their history stays."""
        for table in tables:
            if self.exists(table):
                target = self._target(table, provenance)
                self._retried(table, partial(engine.current().tables.delete_all, target))

    def _target(self, table: Table, provenance: Provenance) -> engine.Target:
        return engine.Target(self.path(table), table.schema, table.partition, provenance.to_json())

    def _retried(self, table: Table, commit: Callable[[], T]) -> T:
        """Commit, again when another writer was faster; raises PublishConflict when others always are."""
        conflicts = engine.current().tables.conflicts
        retrying = Retrying(
            retry=retry_if_exception_type(conflicts),
            stop=stop_after_attempt(PUBLISH_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            reraise=True,
        )
        try:
            return retrying(commit)
        except conflicts as error:
            raise PublishConflict(
                f"table {table.name}: another run kept writing the same rows ({PUBLISH_ATTEMPTS} tries); run again"
            ) from error
