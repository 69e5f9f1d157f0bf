"""What engines have in common that are reached over Spark Connect: no JVM in this process, so no py4j."""

import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from engine.base import DaysRead, Engine, Shipped, T
from engine.delta_rs import rows_in_log


def streamed(df: DataFrame) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, batch by batch as they come: `toArrow` would hold all of them at once."""
    frame: Any = df
    client = frame.sparkSession.client
    for part in client.to_table_as_iterator(frame._plan.to_proto(client), frame._plan.observations):
        if isinstance(part, pa.Table):
            yield from part.to_batches()


class ConnectEngine(Engine):
    """An engine behind a Spark Connect server; counts the queries that it has answered."""

    def __init__(self, spark: Any) -> None:
        self.spark: SparkSession = spark
        self.answered = 0
        self.reads: list[DaysRead] = []
        _mend_checkpoints()
        # What has no partition here is as small as a count for each day.
        warnings.filterwarnings("ignore", message="(?s).*No Partition Defined", category=UserWarning)
        spark.registerProgressHandler(self._hear)

    def _hear(self, done: bool, **_: Any) -> None:
        self.answered += done

    def ship(self, value: T) -> Shipped[T]:
        return Shipped(value)  # goes along with the function that uses it

    def begin(self, label: str, group: str) -> None:
        """Queries are not told apart by steps."""

    def progress(self) -> tuple[int, int | None, str]:
        return self.answered, None, "queries"

    def note_read(self, read: DaysRead) -> None:
        self.reads.append(read)

    def rows_read(self, group: str) -> int:
        """By the counts of the tables' logs: what filters beyond days leave unread is counted, too."""
        reads, self.reads = self.reads, []
        once = {read: rows_in_log(read) or 0 for read in set(reads)}
        return sum(once[read] for read in reads)

    def explain(self, error: BaseException) -> str | None:
        """Of an error of gRPC itself, its details."""
        details = re.search(r'details = "(.*?)"\n', str(error), re.DOTALL)
        return super().explain(error) or (details[1] if details else None)

    def leave(self, code: int) -> NoReturn:
        """At once: an interrupt within a call may leave a lock of gRPC's behind, which the way out would wait for."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def stop(self) -> None:
        self.spark.stop()


def _mend_checkpoints() -> None:
    """Let a checkpoint take as deep a plan as any other command.

    The client gives the plan to a constructor that parses it anew, at most 100 messages deep: some 48 operators. Plans
    here are shorter; those of a test that builds one by hand, or of a later change, need not fail in the client.
    """
    from pyspark.sql.connect import plan, proto

    def command(self: Any, session: Any) -> Any:
        asked = proto.Command()
        asked.checkpoint_command.relation.CopyFrom(self._child.plan(session))
        asked.checkpoint_command.local = self._local
        asked.checkpoint_command.eager = self._eager
        return asked

    plan.Checkpoint.command = command  # type: ignore[method-assign]
