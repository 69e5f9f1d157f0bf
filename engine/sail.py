"""Sail: the embedded engine of one machine, a Spark Connect server in Rust that needs no JVM (lakesail.com).

The server is a child process (`engine.server`), so that a fault in it, or its end for want of memory, is one line and
an exit code here. Frames are kept as checkpoints in scratch files; commits go through delta-rs.
"""

import atexit
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from engine.connect import ConnectEngine, streamed
from engine.delta_rs import DeltaRsTables
from engine.errors import EngineError
from engine.memory import in_words
from engine.storage import ArrowFiles, tell_environment

POOL_SHARE = 0.6
"""Of the memory that the engine may take, what its pool gives out; the rest is what the pool does not count (batches in
flight, Python functions, the allocator's own): measured in bench/."""
OUT_OF_MEMORY = ("Resources exhausted", "Failed to allocate additional", "memory allocation of")
PIECE_OF_STACK = 64 * 2**20
"""Stack of the server's threads: plans are walked by recursion."""
CHECKPOINTS = {
    # Scratch files are read once or twice: what is quick to write is worth more than what is small.
    "SAIL_PARQUET__COMPRESSION": "lz4_raw",
    "SAIL_PARQUET__STATISTICS_ENABLED": "none",
}


def settings(scratch: str, memory: int) -> dict[str, str]:
    """Sail's configuration, as environment variables of its process."""
    return {
        **CHECKPOINTS,
        "SAIL_EXECUTION__CHECKPOINT__PATH": f"file://{scratch}",
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": f'["{scratch}"]',
        "SAIL_RUNTIME__STACK_SIZE": str(PIECE_OF_STACK),
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "greedy",
        "SAIL_RUNTIME__MEMORY_POOL__GREEDY__MAX_SIZE": str(int(memory * POOL_SHARE)),
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(7 * 24 * 3600),
        "RUST_LOG": "error",
        "TZ": "UTC",
        # Functions that run in tasks are found by the names under which this process knows them.
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(entry or os.getcwd() for entry in sys.path)),
    }


class Server:
    """The child process, its port, and what it said last."""

    def __init__(self, memory: int) -> None:
        self.scratch = tempfile.mkdtemp(prefix="abuse-mining-")
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.server", self.scratch],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            env={**os.environ, **settings(self.scratch, memory)},
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        if not port:
            self.process.wait()
            raise EngineError(f"the embedded engine did not start: {self.last_words()}")
        self.port = int(port)
        atexit.register(self.stop)

    def last_words(self) -> str:
        self.said.seek(0)
        lines = [line.strip() for line in self.said.read().decode(errors="replace").splitlines() if line.strip()]
        fatal = [line for line in lines if "panicked" in line or "Fatal" in line]
        return (fatal[:1] or lines[-1:] or ["it said nothing"])[0]

    def died(self) -> str | None:
        """How the process ended, when it has."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        atexit.unregister(self.stop)
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.said.close()


class SailEngine(ConnectEngine):
    """One server, one session."""

    name: ClassVar[str] = "sail"

    def __init__(self, app: str, memory: int, spark_settings: Mapping[str, str]) -> None:
        tell_environment()
        self.memory = memory
        self.server = Server(memory)
        os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
        spark: Any = SparkSession.builder.remote(f"sc://127.0.0.1:{self.server.port}").appName(app).getOrCreate()
        _answer_at_once(spark)
        for key, value in spark_settings.items():
            spark.conf.set(key, value)
        super().__init__(spark)
        self.files = ArrowFiles()
        self.tables = DeltaRsTables(spark, streamed)

    def persist(self, df: DataFrame, on_disk: bool = False) -> DataFrame:
        return self.checkpoint(df)

    def unpersist(self, df: DataFrame) -> None:
        """Scratch files go when the last frame that reads them does."""

    def release(self) -> None:
        """As `unpersist`."""

    def checkpoint(self, df: DataFrame) -> DataFrame:
        return df.localCheckpoint(eager=True)

    def staged(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> DataFrame:
        folder = tempfile.mkdtemp(dir=self.server.scratch)
        with pq.ParquetWriter(f"{folder}/rows.parquet", schema, store_schema=False) as file:
            for batch in batches:
                file.write_batch(batch)
        return self.spark.read.parquet(folder)

    def explain(self, error: BaseException) -> str | None:
        ended = self.server.died()
        if ended == "SIGKILL":
            return f"the embedded engine was killed, most likely for want of memory: {self._elsewhere()}"
        if ended:
            return f"the embedded engine died ({ended}: {self.server.last_words()}): {self._elsewhere()}"
        if any(words in str(error) for words in OUT_OF_MEMORY):
            return f"this does not fit into the {in_words(self.memory)} of the embedded engine: {self._elsewhere()}"
        return None

    def _elsewhere(self) -> str:
        return "run it with --engine spark, or give it more with ABUSE_MINING_MEMORY"

    def stop(self) -> None:
        try:
            super().stop()
        finally:
            self.server.stop()
            os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)


def _answer_at_once(spark: Any) -> None:
    """No second tries: a server on this machine that does not answer is dead, and stays so."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    spark.client.set_retry_policies([DefaultPolicy(max_retries=1, initial_backoff=50)])
    spark.client.disable_reattachable_execute()
