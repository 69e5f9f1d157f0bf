"""The Spark session of a job: Delta, UTC and Arrow on, quiet; sized for this machine unless spark-submit did that."""

import atexit
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from lake.errors import SuiteError

SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.databricks.delta.retentionDurationCheck.enabled": "true",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
    # Wide features make more classes than the default keeps: without this they are compiled again for each step.
    "spark.sql.codegen.cache.maxEntries": "5000",
    # Rows of a hundred features and more go through generated code too: half the time for each.
    "spark.sql.codegen.maxFields": "1000",
    # The JVM compiles no method of more than 8,000 bytes: code for the whole of a wide stage would be interpreted.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # Rows that are sorted by their group are added up as they come, with no table of groups and no second sort.
    "spark.sql.execution.replaceHashWithSortAgg": "true",
    "spark.sql.maxPlanStringLength": "100000",
    # A broadcast that takes long on a busy machine is no failure; the default gives up after five minutes.
    "spark.sql.broadcastTimeout": "7200",
    # Where in Python a column was made is asked of the JVM for each of thousands of columns.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}

LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # A log is read in one task: each first makes code for its wide rows, which costs more than the reading.
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.shuffle.partitions": str(8 * (os.cpu_count() or 2)),
}

JVM_OPTIONS = (
    "-Duser.timezone=UTC",
    # Code made for thousands of wide rows is kept, not made again.
    "-XX:ReservedCodeCacheSize=512m",
    # Nobody waits for a pause in a batch job: this collector gets a tenth more done than the default.
    "-XX:+UseParallelGC",
)

MAX_DRIVER_MEMORY_GB = 6


def driver_memory() -> str:
    """Half of this machine's memory, at most 6 GB; SPARK_DRIVER_MEMORY overrides it."""
    machine_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return os.environ.get("SPARK_DRIVER_MEMORY", f"{max(1, min(MAX_DRIVER_MEMORY_GB, machine_gb // 2))}g")


def submitted() -> bool:
    """Whether spark-submit started this process and has settled master, memory and jars."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def start_session(app: str) -> SparkSession:
    """The one session of this process, started when there is none yet."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(app)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    if not submitted():
        log_settings = Path(__file__).parent.parent / "conf" / "log4j2.properties"
        jvm_options = (f"-Dlog4j2.configurationFile=file:{log_settings}", *JVM_OPTIONS)
        builder = builder.master(os.environ.get("SPARK_MASTER", "local[*]"))
        for key, value in LOCAL_SETTINGS.items():
            builder = builder.config(key, value)
        builder = builder.config("spark.driver.memory", driver_memory()).config(
            "spark.driver.extraJavaOptions", " ".join(jvm_options)
        )
    with quiet_jvm():
        spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    ship_own_code(spark)
    return spark


@contextmanager
def quiet_jvm() -> Iterator[None]:
    """Keep what a JVM that starts in this block writes to standard error, then and later, off the terminal.

    Failures reach Python as exceptions. Raises SuiteError with the JVM's last words when it does not start.
    """
    with tempfile.TemporaryFile() as words:
        terminal = os.dup(2)
        os.dup2(words.fileno(), 2)
        try:
            yield
        except PySparkRuntimeError as error:
            words.seek(0)
            said = words.read().decode(errors="replace").strip().splitlines() or [str(error)]
            raise SuiteError(f"Spark did not start: {said[-1]}") from error
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def ship_own_code(spark: SparkSession) -> None:
    """Let the executors import the suite when it runs out of a wheel given by --py-files.

    Spark puts .zip and .egg files on the executors' path, but not wheels, which are zip files under another name.
    """
    archive = next((parent for parent in Path(__file__).parents if parent.suffix == ".whl"), None)
    if archive is not None:
        folder = tempfile.mkdtemp(prefix="abuse-mining-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        spark.sparkContext.addPyFile(shutil.copy(archive, f"{folder}/{archive.stem}.zip"))
