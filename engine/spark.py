"""Spark: the engine of clusters, in its own JVM (here or where spark-submit started it) or behind a Connect server."""

import atexit
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyspark
from pyspark import SparkConf, SparkContext, StorageLevel
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from engine import memory
from engine.base import NO_CALL_SITES, Engine, T, Target
from engine.choice import submitted
from engine.connect import ConnectEngine
from engine.delta_rs import DeltaRsTables
from engine.errors import EngineError, Refused, noted
from engine.storage import ArrowFiles, tell_environment

SKIPPING = "spark.databricks.delta.stats.skipping"
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.databricks.delta.retentionDurationCheck.enabled": "true",
    # All that a publish replaces is whole partitions: no row of them need be looked at.
    "spark.databricks.delta.replaceWhere.dataColumns.enabled": "false",
    # What the log knows of files is read for each scan, and by days alone are files left out here.
    SKIPPING: "false",
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
    **NO_CALL_SITES,
}

LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # A log is read in one task: each first makes code for its wide rows, which costs more than the reading.
    "spark.databricks.delta.snapshotPartitions": "1",
}

JVM_OPTIONS = (
    "-Duser.timezone=UTC",
    # Code made for thousands of wide rows is kept, not made again.
    "-XX:ReservedCodeCacheSize=512m",
    # Nobody waits for a pause in a batch job: this collector gets a tenth more done than the default.
    "-XX:+UseParallelGC",
)
LINES = 5
"""Lines to the JVM that an interrupt may have closed."""
SMALL_WINDOW = 50_000
"""Up to so many events, plans run as they are and the JVM compiles quickly and not well: what runs so seldom does not
pay back the making of better code. Of a day of 320,000 events, links alone would take twice as long that way.
"""
SMALL_WINDOW_OPTIONS = ("-XX:TieredStopAtLevel=1",)
SMALL_WINDOW_SETTINGS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}

EVENTS_A_PARTITION = 100_000
PARTITIONS_A_CORE = 8
MAX_DRIVER_MEMORY = 6 * 2**30
PHYSICAL_NAME = "delta.columnMapping.physicalName"
COMMITS_BACK = 20
"""Other runs may have committed after this one by the time it looks for its own commit."""


def driver_memory() -> str:
    """Half of this machine's memory, at most 6 GB, or what ABUSE_MINING_MEMORY says; SPARK_DRIVER_MEMORY overrides."""
    told = memory.allowed()
    most = told if memory.VARIABLE in os.environ else min(MAX_DRIVER_MEMORY, told)
    return os.environ.get("SPARK_DRIVER_MEMORY", f"{max(2**30, most) // 2**20}m")


def shuffle_partitions(window_events: int | None, cores: int) -> int:
    """As many as the events of the window ask for: two at least, eight for each core at most or where nobody knows."""
    most = PARTITIONS_A_CORE * cores
    return most if window_events is None else max(2, min(most, window_events // EVENTS_A_PARTITION))


class SparkFrames:
    """Frames that Spark itself keeps, wherever its JVM is."""

    spark: SparkSession

    def persist(self, df: DataFrame, on_disk: bool = False) -> DataFrame:
        return df.persist(StorageLevel.DISK_ONLY if on_disk else StorageLevel.MEMORY_AND_DISK)

    def unpersist(self, df: DataFrame) -> None:
        df.unpersist()

    def release(self) -> None:
        self.spark.catalog.clearCache()

    def staged(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> DataFrame:
        """All rows at once: executors need not see this machine's files."""
        return self.spark.createDataFrame(pa.Table.from_batches(batches, schema))


class SparkEngine(SparkFrames, Engine):
    """A session on a JVM of its own."""

    name: ClassVar[str] = "spark"

    def __init__(self, app: str, settings: Mapping[str, str], window_events: int | None) -> None:
        self.spark = _session(app, settings, window_events)
        self.files = HadoopFiles(self.spark)
        self.tables = SparkTables(self.spark)

    def checkpoint(self, df: DataFrame) -> DataFrame:
        """Rows go to the checkpoint directory where one is set (a cluster that may lose executors), else to the
        executors' own disks.
        """
        if self.spark.sparkContext.getCheckpointDir() is not None:
            return df.checkpoint(eager=True)
        return df.localCheckpoint(eager=True)

    def ship(self, value: T) -> Any:
        return self.spark.sparkContext.broadcast(value)

    def begin(self, label: str, group: str) -> None:
        self.spark.sparkContext.setJobGroup(group, label)

    def progress(self) -> tuple[int, int | None, str]:
        tracker = self.spark.sparkContext.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        totals = [(stage.numCompletedTasks, stage.numTasks) for stage in stages if stage]
        return sum(done for done, _ in totals), sum(all_ for _, all_ in totals), "tasks"

    def rows_read(self, group: str) -> int:
        """By the stages of the run's jobs."""
        from py4j.protocol import Py4JJavaError

        context = self.spark.sparkContext
        tracker, store = context.statusTracker(), context._jsc.sc().statusStore()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        rows = 0
        for stage in {stage for job in jobs if job for stage in job.stageIds}:
            try:
                rows += store.lastStageAttempt(stage).inputRecords()
            except Py4JJavaError:  # Spark keeps no record of a stage that it skipped
                continue
        return rows

    def give_up(self) -> None:
        """The lines to the JVM on which calls were interrupted are closed; the next calls may still meet their ends."""
        from py4j.protocol import Py4JError

        for _ in range(LINES):
            try:
                self.spark.sparkContext.setLogLevel("OFF")
            except Py4JError:
                continue
            break
        self.spark.sparkContext.cancelAllJobs()

    def check_tasks(self, tasks: int) -> None:
        if self.spark.conf.get("spark.dynamicAllocation.enabled", "false") == "true":
            raise EngineError("Spark runs no such tasks where spark.dynamicAllocation.enabled is true")
        context = self.spark.sparkContext._jsc.sc()
        slots = context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile())
        if tasks > slots:
            raise EngineError(f"Spark runs {slots} tasks at once here")

    def stop(self) -> None:
        self.spark.stop()


class RemoteSparkEngine(SparkFrames, ConnectEngine):
    """Spark behind a Connect server (`SPARK_REMOTE`); its tables are Spark's, small files and logs are read from here.

    So this machine must reach the lake, too, as `engine.storage` says.
    """

    name: ClassVar[str] = "spark-connect"

    def __init__(self, app: str, settings: Mapping[str, str]) -> None:
        tell_environment()
        spark: Any = SparkSession.builder.appName(app).remote(os.environ["SPARK_REMOTE"]).getOrCreate()
        for key, value in settings.items():
            spark.conf.set(key, value)
        super().__init__(spark)
        self.files = ArrowFiles()
        self.tables = RemoteTables(spark)

    def checkpoint(self, df: DataFrame) -> DataFrame:
        return df.localCheckpoint(eager=True)


def _session(app: str, settings: Mapping[str, str], window_events: int | None) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    _name_files_in_utf8()
    os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)  # from a process with another engine that started this one
    options = {"spark.app.name": app, **SETTINGS, **settings}
    if not submitted():
        _check_jars()
        small = window_events is not None and window_events <= SMALL_WINDOW
        log_settings = Path(__file__).parent.parent / "conf" / "log4j2.properties"
        logging = f"-Dlog4j2.configurationFile=file:{log_settings}"
        jvm_options = (logging, *JVM_OPTIONS, *(SMALL_WINDOW_OPTIONS if small else ()))
        shuffles = {"spark.sql.shuffle.partitions": str(shuffle_partitions(window_events, os.cpu_count() or 2))}
        options |= {
            "spark.master": os.environ.get("SPARK_MASTER", "local[*]"),
            **LOCAL_SETTINGS,
            **shuffles,
            **(SMALL_WINDOW_SETTINGS if small else {}),
            "spark.driver.memory": driver_memory(),
            "spark.driver.extraJavaOptions": " ".join(jvm_options),
        }
    with quiet_jvm():
        with interrupts_as_before():
            SparkContext.getOrCreate(SparkConf().setAll(list(options.items())))
        spark = SparkSession.builder.config(map={**options}).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    ship_own_code(spark)
    return spark


def _name_files_in_utf8() -> None:
    """Let a JVM that this process starts find names beyond ASCII where no locale is set, as in bare containers.

    Python itself does so there (PEP 540).
    """
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "C")
    if locale in ("C", "POSIX"):
        os.environ["LC_ALL"] = "C.UTF-8"


def _check_jars() -> None:
    """Raises EngineError where Spark's own folder lacks Delta."""
    if not any((Path(pyspark.__file__).parent / "jars").glob("*delta-spark_*.jar")):
        raise EngineError("Spark has no Delta here: `make spark` fetches it (it asks for Java 17 or 21)")


@contextmanager
def quiet_jvm() -> Iterator[None]:
    """Keep what a JVM that starts in this block writes to standard error, then and later, off the terminal.

    Failures reach Python as exceptions. Raises EngineError with the JVM's last words when it does not start.
    """
    with tempfile.TemporaryFile() as words:
        terminal = os.dup(2)
        os.dup2(words.fileno(), 2)
        try:
            yield
        except (PySparkRuntimeError, FileNotFoundError) as error:
            words.seek(0)
            said = words.read().decode(errors="replace").strip().splitlines() or [str(error)]
            raise EngineError(f"Spark did not start: {said[-1]}") from error
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def interrupts_as_before() -> Iterator[None]:
    """Let this process deal with an interrupt as it did before the block.

    A SparkContext puts in a way of its own, which asks for an end of all jobs on a line that is in use.
    """
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def ship_own_code(spark: SparkSession) -> None:
    """Let the executors import the suite when it runs out of a wheel given by --py-files.

    Spark puts .zip and .egg files on the executors' path, but not wheels, which are zip files under another name.
    """
    archive = next((parent for parent in Path(__file__).parents if parent.suffix == ".whl"), None)
    if archive is not None:
        folder = tempfile.mkdtemp(prefix="abuse-mining-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        spark.sparkContext.addPyFile(shutil.copy(archive, f"{folder}/{archive.stem}.zip"))


def _jvm(spark: SparkSession) -> Any:
    """The classes of the JVM behind a session."""
    return spark._jvm


class HadoopFiles:
    """Small files by Hadoop's file systems, which know all that Spark reads."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def _located(self, uri: str) -> tuple[Any, Any]:
        path = _jvm(self.spark).org.apache.hadoop.fs.Path(uri)
        return path.getFileSystem(self.spark._jsc.hadoopConfiguration()), path

    def write(self, uri: str, content: bytes) -> None:
        with noted(uri):
            files, path = self._located(uri)
            stream = files.create(path, True)
            try:
                stream.write(content)
            finally:
                stream.close()

    def read(self, uri: str) -> bytes | None:
        files, path = self._located(uri)
        if not files.exists(path):
            return None
        stream = files.open(path)
        try:
            return bytes(_jvm(self.spark).org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def names(self, uri: str) -> list[str] | None:
        files, path = self._located(uri)
        if not files.exists(path):
            return None
        return sorted(each.getPath().getName() for each in files.listStatus(path) if each.isFile())


def _delta_conflicts() -> tuple[type[Exception], ...]:
    """Delta's words that another writer was faster; it gives them no common ancestor."""
    from delta.exceptions import base

    return (
        base.DeltaConcurrentModificationException,
        base.ConcurrentAppendException,
        base.ConcurrentDeleteDeleteException,
        base.ConcurrentDeleteReadException,
        base.ConcurrentTransactionException,
        base.ConcurrentWriteException,
        base.MetadataChangedException,
        base.ProtocolChangedException,
    )


class SparkTables:
    """Delta tables by Delta's own Spark reader and writer."""

    conflicts = _delta_conflicts()

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def exists(self, uri: str) -> bool:
        from delta.tables import DeltaTable

        return DeltaTable.isDeltaTable(self.spark, uri)

    def read(self, uri: str) -> DataFrame:
        protocol = self._log(uri).unsafeVolatileSnapshot().protocol()
        if "deletionVectors" in protocol.readerFeatureNames().mkString(" "):
            # Delta reads such a table in no other way.
            self.spark.conf.set(SKIPPING, "true")
        return self.spark.read.format("delta").load(uri)

    def _log(self, uri: str) -> Any:
        return _jvm(self.spark).org.apache.spark.sql.delta.DeltaLog.forTable(self.spark._jsparkSession, uri)

    def replace_where(self, target: Target, df: DataFrame, condition: str) -> int:
        writer = _writer(target, df).mode("overwrite").option("replaceWhere", condition).option("mergeSchema", True)
        if " IN " in condition:
            writer = writer.option("optimizeWrite", True)  # a few files for each day, however the frame is partitioned
        try:
            _save(writer, target)
        except Exception as error:
            if "REPLACE_WHERE" in str(error):
                raise Refused(f"rows that are not of {condition}") from error
            raise
        return self.rows_of_commit(target)

    def replace(self, target: Target, df: DataFrame) -> None:
        _save(_writer(target, df).mode("overwrite").option("overwriteSchema", True), target)

    def append(self, target: Target, rows: DataFrame | pa.Table) -> None:
        df = rows if isinstance(rows, DataFrame) else self.spark.createDataFrame(rows, target.schema)
        _save(_writer(target, df).mode("append").option("mergeSchema", True), target)

    def merge(self, target: Target, df: DataFrame, key: Sequence[str]) -> None:
        _described(df, target).createOrReplaceTempView("merged_rows")
        same = " AND ".join(f"old.{name} = new.{name}" for name in key)
        self._named(
            target,
            f"MERGE INTO delta.`{self.absolute(target.uri)}` AS old USING merged_rows AS new ON {same} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        )

    def delete_all(self, target: Target) -> None:
        self._named(target, f"DELETE FROM delta.`{self.absolute(target.uri)}`")

    def _named(self, target: Target, statement: str) -> None:
        """Commit a statement, which takes no options: who made it can only be told through the session."""
        self.spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", target.metadata)
        try:
            with noted(target.uri):
                self.spark.sql(statement).collect()
        finally:
            self.spark.conf.unset("spark.databricks.delta.commitInfo.userMetadata")

    def absolute(self, uri: str) -> str:
        return uri if "://" in uri else os.path.abspath(uri)

    def rows_of_commit(self, target: Target) -> int:
        """Rows written by the run's last commit, from the commit's own file: the history would cost a Spark job."""
        newest = self._log(target.uri).unsafeVolatileSnapshot().version()
        files = HadoopFiles(self.spark)
        for version in range(newest, max(-1, newest - COMMITS_BACK), -1):
            commit = (files.read(f"{target.uri}/_delta_log/{version:020d}.json") or b"").decode()
            info: dict[str, Any] = next(
                (entry["commitInfo"] for entry in map(json.loads, commit.splitlines()) if "commitInfo" in entry), {}
            )
            if info.get("userMetadata") == target.metadata:
                return int(info["operationMetrics"].get("numOutputRows", 0))
        return 0

    def partitioned_by(self, uri: str) -> list[str]:
        (detail,) = self.spark.sql(f"DESCRIBE DETAIL delta.`{self.absolute(uri)}`").collect()
        return list(detail.partitionColumns)

    def active_files(self, uri: str) -> DataFrame:
        """Distributed, from the log, which knows columns by names that it may map others to (column mapping)."""
        none = _jvm(self.spark).scala.Option.empty()
        snapshot = self._log(uri).update(False, none, none)
        files = DataFrame(snapshot.allFiles().toDF(), self.spark)
        fields = json.loads(snapshot.metadata().schemaString())["fields"]
        called = {field["metadata"].get(PHYSICAL_NAME, field["name"]): field["name"] for field in fields}
        names = F.create_map([F.lit(part) for pair in called.items() for part in pair])
        return files.select(
            "path",
            "size",
            F.transform_keys("partitionValues", lambda name, _: F.coalesce(names[name], name)).alias("partitionValues"),
            F.to_json("deletionVector").alias("deletionVector"),
        )


class RemoteTables(SparkTables):
    """The same without a JVM in this process: what is asked of the log alone is read from here."""

    def exists(self, uri: str) -> bool:
        return self._by_delta_rs.exists(uri)

    def read(self, uri: str) -> DataFrame:
        return self.spark.read.format("delta").load(uri)

    def active_files(self, uri: str) -> DataFrame:
        return self._by_delta_rs.active_files(uri)

    def rows_of_commit(self, target: Target) -> int:
        history = self.spark.sql(f"DESCRIBE HISTORY delta.`{self.absolute(target.uri)}` LIMIT {COMMITS_BACK}")
        own = history.where(F.col("userMetadata") == target.metadata).orderBy(F.desc("version")).first()
        return int(own.operationMetrics.get("numOutputRows", 0)) if own else 0

    @property
    def _by_delta_rs(self) -> DeltaRsTables:
        return DeltaRsTables(self.spark, _no_rows)


def _no_rows(df: DataFrame) -> Iterator[Any]:
    raise NotImplementedError("Spark writes its own tables")


def _described(df: DataFrame, target: Target) -> DataFrame:
    """The columns of the table, with its comments."""
    return df.select([F.col(field.name).alias(field.name, metadata=field.metadata) for field in target.schema])


def _writer(target: Target, df: DataFrame) -> DataFrameWriter:
    writer = _described(df, target).write.format("delta").option("userMetadata", target.metadata)
    return writer.partitionBy(target.partition) if target.partition else writer


def _save(writer: DataFrameWriter, target: Target) -> None:
    with noted(target.uri):
        writer.save(target.uri)
