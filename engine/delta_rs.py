"""Delta tables through delta-rs: commits that look for conflicts with other writers, and the log, without a JVM."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from engine.base import DaysRead, Target
from engine.errors import EngineError, Refused, noted
from engine.portable import without_comments
from engine.storage import rust_uri, tell_environment

Streamed = Callable[[DataFrame], Iterator[pa.RecordBatch]]
"""How the rows of a frame come to this process, batch by batch."""


def arrow_schema(schema: StructType) -> pa.Schema:
    """The columns of a table in Arrow's types, nullable as Delta tables are here, each with its comment."""
    fields = zip(to_arrow_schema(schema), schema, strict=True)
    return pa.schema(
        [
            arrow.with_nullable(True).with_metadata({name: str(said) for name, said in spark.metadata.items()})
            for arrow, spark in fields
        ]
    )


class Counted:
    """Batches in the types of a table, counted as they go by."""

    def __init__(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        self.rows = 0
        self.failure: BaseException | None = None
        self.reader = pa.RecordBatchReader.from_batches(schema, self._cast(batches, schema))

    def _cast(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                self.rows += batch.num_rows
                yield from pa.Table.from_batches([batch]).cast(schema).to_batches()
        except (Exception, KeyboardInterrupt) as error:
            self.failure = error
            raise

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """What ended the batches is raised as it was: delta-rs has words of its own for it, also for an interrupt."""
        try:
            yield
        except Exception:
            if self.failure is not None:
                raise self.failure from None
            raise


class DeltaRsTables:
    """Delta tables whose rows an engine reads and makes, and whose commits delta-rs makes."""

    conflicts: tuple[type[Exception], ...] = (CommitFailedError,)

    def __init__(self, spark: SparkSession, streamed: Streamed) -> None:
        self.spark = spark
        self.streamed = streamed

    def exists(self, uri: str) -> bool:
        with _at(uri):
            return DeltaTable.is_deltatable(rust_uri(uri))

    def read(self, uri: str) -> DataFrame:
        place = self.readable(uri)
        stored = self.spark.read.format("delta").load(place).schema
        return self.spark.read.schema(without_comments(stored)).format("delta").load(place)

    def readable(self, uri: str) -> str:
        """Where the engine that reads the rows finds a table."""
        return rust_uri(uri)

    def replace_where(self, target: Target, df: DataFrame, condition: str) -> int:
        self._made(target)
        try:
            return self._write(target, df, mode="overwrite", schema_mode="merge", predicate=condition)
        except DeltaError as error:
            if "failed validation check" not in str(error):
                raise
            raise Refused(f"rows that are not of {condition}") from error

    def replace(self, target: Target, df: DataFrame) -> None:
        """One try: what others add meanwhile would be a part of the new table, as of a table that is not read."""
        self._write(target, df, tries=1, mode="overwrite", schema_mode="overwrite")

    def append(self, target: Target, rows: DataFrame | pa.Table) -> None:
        self._write(target, rows, mode="append", schema_mode="merge")

    def merge(self, target: Target, df: DataFrame, key: Sequence[str]) -> None:
        same = " AND ".join(f"old.{name} = new.{name}" for name in key)
        rows = Counted(self.streamed(df), arrow_schema(target.schema))
        with rows.raised(), _at(target.uri):
            merging = DeltaTable(rust_uri(target.uri)).merge(
                rows.reader, same, source_alias="new", target_alias="old", commit_properties=_named(target)
            )
            merging.when_matched_update_all().when_not_matched_insert_all().execute()

    def delete_all(self, target: Target) -> None:
        with _at(target.uri):
            DeltaTable(rust_uri(target.uri)).delete(commit_properties=_named(target))

    def _made(self, target: Target) -> None:
        """Make a table that is not there: two writers that each began with none would not see each other's rows."""
        if self.exists(target.uri):
            return
        with contextlib.suppress(CommitFailedError), _at(target.uri):  # another writer was faster, and made the same
            DeltaTable.create(
                rust_uri(target.uri),
                arrow_schema(target.schema),
                mode="ignore",
                partition_by=[target.partition] if target.partition else None,
                # One try: delta-rs would make the table once more, which refuses whoever writes to the first.
                commit_properties=_named(target, tries=1),
            )

    def _write(self, target: Target, rows: DataFrame | pa.Table, tries: int | None = None, **how: Any) -> int:
        batches = iter(rows.to_batches()) if isinstance(rows, pa.Table) else self.streamed(rows)
        schema = arrow_schema(target.schema)
        counted = Counted(batches, self._as_described(target, schema) if how.get("schema_mode") == "merge" else schema)
        with counted.raised(), _at(target.uri):
            write_deltalake(
                rust_uri(target.uri),
                counted.reader,
                partition_by=[target.partition] if target.partition else None,
                commit_properties=_named(target, tries),
                **how,
            )
        return counted.rows

    def _as_described(self, target: Target, schema: pa.Schema) -> pa.Schema:
        """The schema with the comments that the table has: delta-rs refuses to merge others."""
        if not self.exists(target.uri):
            return schema
        with _at(target.uri):
            stored = {
                field.name: field.metadata for field in pa.schema(DeltaTable(rust_uri(target.uri)).schema().to_arrow())
            }
        return pa.schema([field.with_metadata(stored.get(field.name, field.metadata)) for field in schema])

    def partitioned_by(self, uri: str) -> list[str]:
        return list(DeltaTable(rust_uri(uri)).metadata().partition_columns)

    def active_files(self, uri: str) -> DataFrame:
        """From the log alone, but for what deletion vectors hold; a table of a million files is some hundred megabytes
        here.
        """
        table = DeltaTable(rust_uri(uri))
        files = pa.table(table.get_add_actions(flatten=True))
        partitions = [name for name in files.column_names if name.startswith("partition.")]
        values = [files[name].cast(pa.string()).to_pylist() for name in partitions]
        names = [name.removeprefix("partition.") for name in partitions]
        maps = [list(zip(names, row, strict=True)) for row in zip(*values, strict=True)] or [[]] * files.num_rows
        paths = files["path"].cast(pa.string())
        deleted = _deleted(table)
        vectors = [deleted.get(_file_name(path)) for path in paths.to_pylist()] if deleted else [None] * len(paths)
        rows = pa.table(
            {
                "path": paths,
                "size": files["size_bytes"],
                "partitionValues": pa.array(maps, pa.map_(pa.string(), pa.string())),
                "deletionVector": pa.array(vectors, pa.string()),
            }
        )
        schema = "path string, size bigint, partitionValues map<string,string>, deletionVector string"
        return self.spark.createDataFrame(rows, schema)


def _deleted(table: DeltaTable) -> dict[str, str]:
    """Of each file of which rows were deleted without writing it anew: its name, and a digest of which rows those are.

    The log's own words for it are not to be had here.
    """
    if "deletionVectors" not in (table.protocol().reader_features or []):
        return {}
    return {
        _file_name(path): hashlib.sha256(np.packbits(kept).tobytes()).hexdigest()
        for batch in pa.RecordBatchReader.from_stream(table.deletion_vectors())
        for path, kept in zip(batch["filepath"].to_pylist(), batch["selection_vector"].to_numpy(False), strict=True)
    }


def _file_name(path: str) -> str:
    """The last part of a file's path; no two files of a table share it, as writers put a random number in it."""
    return path.rsplit("/", 1)[-1]


@contextlib.contextmanager
def _at(uri: str) -> Iterator[None]:
    """Let errors of the block say which table they are about; a panic, which is no Exception in Python, becomes one."""
    try:
        with noted(uri):
            yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineError(f"delta-rs failed ({error}): {uri}") from error


def _named(target: Target, tries: int | None = None) -> CommitProperties:
    return CommitProperties({"userMetadata": target.metadata}, max_commit_retries=None if tries is None else tries - 1)


def rows_in_log(read: DaysRead) -> int | None:
    """How many rows a look at a table read, by the counts in its log.

    Days are told apart where the table is partitioned by them. None where the table is not there or out of reach, or
    its log does not say how many rows some file holds.
    """
    tell_environment()
    try:
        if not DeltaTable.is_deltatable(rust_uri(read.uri)):
            return None
        files = pa.table(DeltaTable(rust_uri(read.uri)).get_add_actions(flatten=True))
    except (DeltaError, OSError):
        return None
    day = f"partition.{read.partition}"
    if read.partition is not None and day in files.column_names:
        values = files[day].cast(pa.date32())
        kept = _within(values, read.first, read.end)
        files = files.filter(kept)
    counts = files["num_records"]
    return None if counts.null_count else (pc.sum(counts).as_py() or 0)


def _within(days: pa.ChunkedArray, first: date | None, end: date | None) -> pa.ChunkedArray:
    """Which days are of the range; one that is null is, as rows without a day are read each time."""
    known = pc.is_null(days)
    inside = [
        compare(days, pa.scalar(bound, pa.date32()))
        for compare, bound in ((pc.greater_equal, first), (pc.less, end))
        if bound is not None
    ]
    every = pc.is_valid(days)
    for each in inside:
        every = pc.and_kleene(every, each)
    return pc.or_kleene(known, every)
