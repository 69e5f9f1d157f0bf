"""Sail: the embedded engine of one machine, a Spark Connect server in Rust that needs no JVM (lakesail.com).

The server is a child process (`engine.server`), so that a fault in it, or its end for want of memory, is one line and
an exit code here. Frames are kept as checkpoints in scratch files; commits go through delta-rs.
"""

import atexit
import contextlib
import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, ClassVar, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from engine.base import NO_CALL_SITES
from engine.connect import ConnectEngine, streamed
from engine.delta_rs import DeltaRsTables
from engine.errors import EngineError
from engine.memory import in_words
from engine.storage import MISREAD_BY_SAIL, ArrowFiles, rust_uri, scheme, tell_environment

POOL_SHARE = 0.6
"""Of the memory that the engine may take, what its pool gives out; the rest is what the pool does not count (batches in
flight, Python functions, the allocator's own): measured in bench/."""
ELSEWHERE = "run it with --engine spark"
LESS_OR_MORE = f"{ELSEWHERE}, or give it more with ABUSE_MINING_MEMORY"
NO_SPACE = os.strerror(errno.ENOSPC)
HERE = "127.0.0.1"
SPARED = "no_grpc_proxy"
"""Names, in the environment, those whom gRPC asks without a proxy; it knows no other spelling."""
UNANSWERED = "StatusCode.UNAVAILABLE"
FAULTS = ("panicked with message", "StatusCode.CANCELLED")
"""What a query ends with in which the server panicked: in tasks, and before there are any."""
OUT_OF_MEMORY = ("Resources exhausted", "Failed to allocate additional", "memory allocation of")
WORDS_KEPT = 2**16
"""Bytes of the server's standard error that its last words are looked for in."""
DYING = 5.0
"""Seconds that a process may take to be gone after it has stopped to answer."""
PIECE_OF_STACK = 64 * 2**20
"""Stack of the server's threads: plans are walked by recursion."""
CHECKPOINTS = {
    # Scratch files are read once or twice: what is quick to write is worth more than what is small.
    "SAIL_PARQUET__COMPRESSION": "lz4_raw",
    "SAIL_PARQUET__STATISTICS_ENABLED": "none",
    "SAIL_PARQUET__DICTIONARY_ENABLED": "false",
    "SAIL_PARQUET__WRITE_BATCH_SIZE": "8192",
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
            # An interrupt at the terminal goes to all processes of a group: this one is to answer until its owner ends.
            start_new_session=True,
        )
        atexit.register(self.stop)
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        if not port:
            self.process.wait()
            words = self.last_words()
            self.stop()
            raise EngineError(f"the embedded engine did not start: {words}")
        self.port = int(port)

    def last_words(self) -> str:
        """Why it failed, by what it said: a panic's message, which is on the line after the place; or the last line."""
        said = self.said.fileno()
        begin = max(0, os.fstat(said).st_size - WORDS_KEPT)
        text = os.pread(said, WORDS_KEPT, begin).decode(errors="replace")  # where it writes stays where it is
        panics = re.findall(r"panicked at [^\n]*\n([^\n]+)", text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fatal = [line for line in lines if any(words in line for words in (*OUT_OF_MEMORY, "fatal", "Fatal"))]
        return (panics[-1:] or fatal[:1] or lines[-1:] or ["it said nothing"])[0]

    def died(self, patience: float) -> str | None:
        """How the process ended, when it has or is about to."""
        try:
            code = self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return None
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """End the process; its scratch files go here, too, as it may have died before it could see to that."""
        atexit.unregister(self.stop)
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.said.close()


class SailTables(DeltaRsTables):
    """Tables that Sail reads through a link where it would misread a letter of their path."""

    def __init__(self, spark: SparkSession, scratch: str) -> None:
        super().__init__(spark, streamed)
        self.links = f"{scratch}/tables"
        os.mkdir(self.links)

    def readable(self, uri: str) -> str:
        place = rust_uri(uri)
        if scheme(uri) != "file" or not re.search(MISREAD_BY_SAIL, place):
            return place
        link = f"{self.links}/{hashlib.sha256(place.encode()).hexdigest()[:16]}"
        with contextlib.suppress(FileExistsError):
            os.symlink(place, link)
        return link


class SailEngine(ConnectEngine):
    """One server, one session."""

    name: ClassVar[str] = "sail"

    def __init__(self, app: str, memory: int, spark_settings: Mapping[str, str]) -> None:
        tell_environment()
        self.memory = memory
        self.server = Server(memory)
        os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
        _ask_no_proxy_for_this_machine()
        spark: Any = SparkSession.builder.remote(f"sc://{HERE}:{self.server.port}").appName(app).getOrCreate()
        _ask_nothing_of_the_dead(spark)
        for key, value in {**NO_CALL_SITES, **spark_settings}.items():
            spark.conf.set(key, value)
        super().__init__(spark)
        self.files = ArrowFiles()
        self.tables = SailTables(spark, self.server.scratch)

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
        text = str(error)
        ended = self.server.died(DYING if UNANSWERED in text else 0)
        words = self.server.last_words() if ended else text
        if ended == "SIGKILL":
            return f"the embedded engine was killed, most likely for want of memory: {LESS_OR_MORE}"
        if any(short in words for short in OUT_OF_MEMORY):
            return f"this does not fit into the {in_words(self.memory)} of the embedded engine: {LESS_OR_MORE}"
        if ended:
            return f"the embedded engine died ({ended}: {words}): {ELSEWHERE}"
        if any(fault in text for fault in FAULTS):
            return f"the embedded engine failed at a query ({self.server.last_words()}): {ELSEWHERE}"
        meant = super().explain(error)
        if meant == NO_SPACE and isinstance(error, PySparkException):
            return f"{NO_SPACE} for scratch files in {os.path.dirname(self.server.scratch)}: TMPDIR names another place"
        return meant

    def leave(self, code: int) -> NoReturn:
        self.server.stop()
        super().leave(code)

    def stop(self) -> None:
        try:
            super().stop()
        finally:
            self.server.stop()
            os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)


def _ask_no_proxy_for_this_machine() -> None:
    """Reach the server without a proxy, also where `http_proxy` names one: it would be asked forever.

    For gRPC alone, whose own list takes the place of the common one: an object store may be behind that proxy.
    """
    spared = os.environ.get(SPARED) or os.environ.get("no_proxy")
    os.environ[SPARED] = f"{spared},{HERE}" if spared else HERE


def _ask_nothing_of_the_dead(spark: Any) -> None:
    """No second tries: a server on this machine that does not answer is dead, and stays so. No calls on the way out,
    either: after an interrupt within a call, which may leave a lock of gRPC's behind, none would return.

    Reattachable execution, the default, stays: with it an answer says that it is complete. Without, one that a panic
    has cut off looks whole.
    """
    spark.client.set_retry_policies([])
    spark.client.interrupt_operation = lambda operation: []
    spark.release_session_on_close = False
    atexit.unregister(spark.client._cleanup_ml_cache)
