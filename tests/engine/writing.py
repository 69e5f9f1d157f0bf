"""A process that writes to a table when it is told to, and what tells it: other writers are other processes.

`python -m tests.engine.writing NAME` starts an engine, says so, and then answers one order a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deltalake.exceptions import CommitFailedError
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType
from tenacity import wait_random

import engine
from jobs.job import one_line
from lake import store
from lake.schemas import AS_OF, BIGINT, STRING, Table, column
from lake.store import Lake, Provenance

SUITE = Path(__file__).resolve().parent.parent.parent
DAY = date(2026, 3, 1)
COLUMNS = [
    column("writer", STRING, "who wrote the row"),
    column("round", BIGINT, "at which of its commits"),
    column("number", BIGINT, "row of the commit"),
]
BY_DAY = Table("by_day", "output", "rows of a day", StructType([AS_OF, *COLUMNS]), key=("number",))
BY_KEY = Table("by_key", "output", "rows by number", StructType(COLUMNS), key=("number",), partition=None)
ROWS = 200


class Writer:
    """The other end of such a process."""

    def __init__(self, name: str, **environment: str) -> None:
        self.name = name
        command = [sys.executable, "-m", "tests.engine.writing", name]
        self.process = subprocess.Popen(
            command,
            cwd=SUITE,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, lake: str, what: str, times: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps([lake, what, times])}\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline() or '"it died"')

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def at_once(writers: list[Writer], lake: str, *orders: tuple[str, int]) -> list[Any]:
    """Give each writer its order before any is done, and wait for all."""
    for writer, (what, times) in zip(writers, orders, strict=True):
        writer.tell(lake, what, times)
    return [writer.answer() for writer in writers]


class Tries:
    """How often a commit was tried, and refused as another writer had been faster."""

    def __init__(self) -> None:
        self.refused = 0

    def count(self, tables: Any, method: str) -> None:
        commit = getattr(tables, method)

        def counted(*arguments: Any) -> Any:
            try:
                return commit(*arguments)
            except CommitFailedError:
                self.refused += 1
                raise

        setattr(tables, method, counted)


def rows(lake: Lake, name: str, number: int, count: int = ROWS) -> DataFrame:
    return lake.spark.range(count).selectExpr(f"'{name}' AS writer", f"{number}L AS round", "id AS number")


def publish_one_day(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    lake.publish(BY_DAY, rows(lake, name, number), DAY, provenance)


def publish_days(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    """Each writer has days of its own."""
    lake.publish(BY_DAY, rows(lake, name, number), DAY + timedelta(days=2 * number + (name == "b")), provenance)


def append(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    lake.append(BY_KEY, rows(lake, name, number).selectExpr("writer", "round", "number + 1000 AS number"), provenance)


def upsert(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    lake.upsert(BY_KEY, rows(lake, name, number), provenance)


def replace(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    lake.replace(BY_KEY, rows(lake, name, number), provenance)


def read_day(lake: Lake, name: str, number: int, provenance: Provenance) -> int:
    return lake.day(BY_DAY, DAY).count()


def keep_a_file(lake: Lake, name: str, number: int, provenance: Provenance) -> str | None:
    """Write a small file, and say what is in it."""
    engine.current().files.write(f"{lake.uri}/files/größe 1.txt", str(number).encode())
    content = engine.current().files.read(f"{lake.uri}/files/größe 1.txt")
    return content.decode() if content else None


def keep_many_rows(lake: Lake, name: str, number: int, provenance: Provenance) -> None:
    """Take some tens of megabytes of scratch files."""
    engine.persist(lake.spark.range(4_000_000).selectExpr("rand() AS number"))


ORDERS: dict[str, Callable[[Lake, str, int, Provenance], Any]] = {
    order.__name__: order
    for order in (publish_one_day, publish_days, append, upsert, replace, read_day, keep_a_file, keep_many_rows)
}


def serve(name: str) -> None:
    # Who waits for half a second after it was refused meets nobody any more.
    store.wait_random_exponential = lambda **_: wait_random(0, 0.02)
    store.PUBLISH_ATTEMPTS = 100
    session = engine.start(engine.Choice("sail", "tests"), f"writer {name}")
    tries = Tries()
    for method in ("replace_where", "append", "merge", "replace"):
        tries.count(session.tables, method)
    print('"ready"', flush=True)
    for line in sys.stdin:
        lake, what, times = json.loads(line)
        tries.refused, answer = 0, None
        try:
            for number in range(times):
                answer = ORDERS[what](Lake(session.spark, lake), name, number, Provenance(f"{what} {number}", name))
            said = {"done": times, "refused": tries.refused, "answer": answer}
        except Exception as error:  # noqa: BLE001 - the test says what it thinks of it
            said = {"failed": one_line(error), "refused": tries.refused}
        print(json.dumps(said), flush=True)
    engine.stop()


if __name__ == "__main__":
    serve(sys.argv[1])
