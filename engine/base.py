"""What every engine offers: its session, and all that differs between engines, behind one face."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from engine.errors import EngineError, meaning

T = TypeVar("T")
NO_CALL_SITES = {"spark.python.sql.dataFrameDebugging.enabled": "false"}
"""Else each call of a function on columns looks for the line that it stands on, and for IPython: a sixth of a day on
Sail. Spark's own Connect server lets no client set it.
"""


@dataclass(frozen=True)
class Target:
    """A Delta table to write to: where it is, its columns with their comments, the column whose values are its
    partitions, and what the commit is to say of its writer (`userMetadata`).
    """

    uri: str
    schema: StructType
    partition: str | None
    metadata: str


@dataclass(frozen=True)
class DaysRead:
    """A look at a table: some days of its partition column, or all of it where that is None; `end` is left out."""

    uri: str
    partition: str | None = None
    first: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Shipped(Generic[T]):
    """A value that goes to the tasks with the function that uses it."""

    value: T


class Files(Protocol):
    """Small files that are no tables, wherever the lake is."""

    def write(self, uri: str, content: bytes) -> None:
        """Put a file in place of what was there; its folders are made."""

    def read(self, uri: str) -> bytes | None:
        """The whole file; None when it is not there."""

    def names(self, uri: str) -> list[str] | None:
        """Names of the files of a folder, without those of folders in it; None when it is not there."""


class Tables(Protocol):
    """Delta tables: each change is one commit that names its writer, and is refused whole when another was faster."""

    @property
    def conflicts(self) -> tuple[type[Exception], ...]:
        """Raised when another writer was faster."""

    def exists(self, uri: str) -> bool: ...

    def read(self, uri: str) -> DataFrame: ...

    def replace_where(self, target: Target, df: DataFrame, condition: str) -> int:
        """Put `df` in the place of the rows that match; returns its number of rows.

        The table is made when it is not there; new columns are added to it. Raises Refused when a row of `df` does not
        match.
        """

    def replace(self, target: Target, df: DataFrame) -> None:
        """Put `df` in the place of the whole table, its columns too; the table is made when it is not there."""

    def append(self, target: Target, rows: DataFrame | pa.Table) -> None:
        """Add rows of a frame or of the driver; the table is made when it is not there, new columns are added to it."""

    def merge(self, target: Target, df: DataFrame, key: Sequence[str]) -> None:
        """Add the rows whose key is new, and replace those whose key is there."""

    def delete_all(self, target: Target) -> None:
        """Take out all rows; the table and its history stay."""

    def partitioned_by(self, uri: str) -> list[str]:
        """The columns whose values are the partitions of a table, as they are called now."""

    def active_files(self, uri: str) -> DataFrame:
        """The files that make up the table now: path, size, partitionValues (map), deletionVector (text or null)."""


class Engine(ABC):
    """One session of one engine; a process has one engine at a time."""

    name: ClassVar[str]
    spark: SparkSession
    files: Files
    tables: Tables

    @abstractmethod
    def persist(self, df: DataFrame, on_disk: bool = False) -> DataFrame:
        """The same rows, computed once however often they are used."""

    @abstractmethod
    def unpersist(self, df: DataFrame) -> None:
        """Give back what `persist` kept of this frame."""

    @abstractmethod
    def release(self) -> None:
        """Give back all that was persisted, as at the end of a step."""

    @abstractmethod
    def checkpoint(self, df: DataFrame) -> DataFrame:
        """The same rows, computed now and kept, with a plan of one node."""

    @abstractmethod
    def ship(self, value: T) -> Any:
        """Something whose `.value` is the value, for functions that run in tasks."""

    @abstractmethod
    def staged(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> DataFrame:
        """A frame of rows that come through this process batch by batch, such as those of a file of others."""

    @abstractmethod
    def begin(self, label: str, group: str) -> None:
        """What is asked from now on belongs to a step of this name, in the run `group`."""

    @abstractmethod
    def progress(self) -> tuple[int, int | None, str]:
        """Done, in all, and of what, of all that runs now; where nobody knows how much that is, what was done since the
        engine was started, None, and of what.
        """

    @abstractmethod
    def rows_read(self, group: str) -> int:
        """Rows that the run has read from storage, each as often as it was read."""

    def note_read(self, read: DaysRead) -> None:
        """Hear of a look at a table; an engine that counts rows itself need not listen."""
        return

    def check_tasks(self, tasks: int) -> None:
        """Raises EngineError where so many tasks cannot run at once."""
        raise EngineError("this engine fits no model in tasks of its own; add --engine spark")

    def explain(self, error: BaseException) -> str | None:
        """What an error means, in one line, where the engine knows better than the error's own first line."""
        return meaning(error)

    def give_up(self) -> None:
        """End what still runs, after an interrupt, so that what comes next need not wait for it."""
        return

    def leave(self, code: int) -> NoReturn:
        """End this process, which was interrupted, and with it the session."""
        sys.exit(code)

    @abstractmethod
    def stop(self) -> None:
        """End the session, and what it left on this machine."""
