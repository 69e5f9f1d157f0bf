"""Reading tables as they were known at a day, and publishing a day of a table whole or not at all."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from delta.exceptions import base as delta_errors
from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, DataFrameWriter, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from lake.errors import BrokenContract, MissingTable, PublishConflict
from lake.files import java, read_file
from lake.schemas import Table

PUBLISH_ATTEMPTS = 6
COMMITS_BACK = 20
"""Other runs may have committed after this one by the time it looks for its own commit."""
CONFLICTS = (
    delta_errors.DeltaConcurrentModificationException,
    delta_errors.ConcurrentAppendException,
    delta_errors.ConcurrentDeleteDeleteException,
    delta_errors.ConcurrentDeleteReadException,
    delta_errors.ConcurrentTransactionException,
    delta_errors.ConcurrentWriteException,
    delta_errors.MetadataChangedException,
    delta_errors.ProtocolChangedException,
)
"""Delta's word that another writer was faster; it gives them no common ancestor."""


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
    chosen = (
        df.join(repeated, on=list(key), how="left_semi")
        .groupBy(*key)
        .agg(F.min(F.struct(*rest)).alias("row"))
        .select(*key, "row.*")
    )
    return single.unionByName(chosen).select(df.columns)


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


def conformed(df: DataFrame, table: Table) -> DataFrame:
    """The frame with exactly the columns of the table, in its order and with its comments.

    Raises BrokenContract when a column is missing, retyped, or not the table's.
    """
    breaches = schema_breaches(df.schema, table.schema)
    breaches += [f"column {name} is not in the contract" for name in df.columns if name not in table.columns]
    if breaches:
        raise BrokenContract(f"cannot publish {table.name}: {'; '.join(breaches)}")
    return df.select([F.col(field.name).alias(field.name, metadata=field.metadata) for field in table.schema])


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
        return DeltaTable.isDeltaTable(self.spark, self.path(table))

    def read(self, table: Table) -> DataFrame:
        """The whole table as it is stored, raises MissingTable when it is not there."""
        if not self.exists(table):
            raise MissingTable(f"table {table.name} is missing: no Delta table at {self.path(table)}")
        try:
            return self.spark.read.format("delta").load(self.path(table))
        except AnalysisException as error:
            raise BrokenContract(f"table {table.name} cannot be read: {error.getCondition()}") from error

    def read_or_empty(self, table: Table) -> DataFrame:
        """The whole table; no rows of one that is not there, as tables of the suite before their first run."""
        return self.read(table) if self.exists(table) else self.spark.createDataFrame([], table.schema)

    def source(self, table: Table, as_of: date, days: int | None = None) -> DataFrame:
        """Rows of a source table that had come to be before `as_of`, as delivered.

        Still with rows that break the contract (also those without a time) and rows delivered twice: jobs read through
        `Context.source`, which leaves them out. `days` limits a partitioned table to that many days before `as_of`.

        Raises MissingTable, and BrokenContract when a column is missing or retyped.
        """
        df = self.read(table)
        breaches = schema_breaches(df.schema, table.schema)
        if breaches:
            raise BrokenContract(f"table {table.name}: {'; '.join(breaches)}")
        df = df.select(table.columns)
        if table.partition is not None:
            partition = F.col(table.partition)
            known = partition < F.lit(as_of)
            if days is not None:
                known = known & (partition >= F.lit(as_of - timedelta(days=days)))
            df = df.where(partition.isNull() | known)
        moment = F.col(needed(table.time, table))
        return df.where(moment.isNull() | (moment < before(as_of)))

    def day(self, table: Table, as_of: date) -> DataFrame:
        """What was published for one day of an output table; no rows when nothing was."""
        return self.read(table).where(F.col(needed(table.partition, table)) == F.lit(as_of)).select(table.columns)

    def publish(self, table: Table, df: DataFrame, day: date, provenance: Provenance) -> int:
        """Replace one day of a partitioned table by `df` in one commit; returns the number of rows.

        `df` has the table's columns, its partition column may be left out. An empty frame clears the day. Raises
        BrokenContract when the columns are not the table's, PublishConflict when other runs keep writing the same day.
        """
        partition = needed(table.partition, table)
        if partition not in df.columns:
            df = df.withColumn(partition, F.lit(day))
        frame = conformed(df, table)
        self._commit(
            frame.write.mode("overwrite")
            .partitionBy(partition)
            .option("replaceWhere", f"{partition} = '{day}'")
            .option("mergeSchema", True),
            table,
            provenance,
        )
        return self._rows_of_commit(table, provenance)

    def publish_days(self, table: Table, df: DataFrame, days: Collection[date], provenance: Provenance) -> int:
        """Replace several days of a partitioned table by `df` in one commit; returns the number of rows.

        Days without rows in `df` are cleared; rows of other days are refused. Raises as `publish` does.
        """
        if not days:
            return 0
        partition = needed(table.partition, table)
        listed = ", ".join(f"'{day}'" for day in sorted(days))
        self._commit(
            conformed(df, table)
            .write.mode("overwrite")
            .partitionBy(partition)
            .option("replaceWhere", f"{partition} IN ({listed})")
            .option("mergeSchema", True)
            .option("optimizeWrite", True),  # a few files for each day, however the frame is partitioned
            table,
            provenance,
        )
        return self._rows_of_commit(table, provenance)

    def replace(self, table: Table, df: DataFrame, provenance: Provenance) -> None:
        """Put `df` in the place of a whole table, made when it is not there."""
        writer = conformed(df, table).write.mode("overwrite").option("overwriteSchema", True)
        if table.partition is not None:
            writer = writer.partitionBy(table.partition)
        self._commit(writer, table, provenance)

    def append(self, table: Table, df: DataFrame, provenance: Provenance) -> None:
        """Add rows to a table that is not published by the day."""
        writer = conformed(df, table).write.mode("append").option("mergeSchema", True)
        self._commit(writer, table, provenance)

    def upsert(self, table: Table, df: DataFrame, provenance: Provenance) -> None:
        """Add the rows whose key is new to a table without partitions, and replace those whose key is there.

        Raises PublishConflict when other runs keep writing the same table.
        """
        frame = conformed(df, table)
        if not self.exists(table):
            self.append(table, frame.limit(0), provenance)
        merge = (
            DeltaTable.forPath(self.spark, self.path(table))
            .alias("old")
            .merge(frame.alias("new"), " and ".join(f"old.{name} = new.{name}" for name in table.key))
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
        )
        self._executed(table, merge.execute, provenance)

    def forget(self, tables: Iterable[Table], provenance: Provenance) -> None:
        """Take all rows out of those of the tables that are there; their history stays."""
        for table in tables:
            if self.exists(table):
                self._executed(table, DeltaTable.forPath(self.spark, self.path(table)).delete, provenance)

    def _executed(self, table: Table, command: Callable[[], object], provenance: Provenance) -> None:
        """Commit a command that takes no options: its provenance can only come from the session."""
        self.spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", provenance.to_json())
        try:
            self._retried(table, command)
        finally:
            self.spark.conf.unset("spark.databricks.delta.commitInfo.userMetadata")

    def _commit(self, writer: DataFrameWriter, table: Table, provenance: Provenance) -> None:
        described = writer.format("delta").option("userMetadata", provenance.to_json())
        self._retried(table, lambda: described.save(self.path(table)))

    def _retried(self, table: Table, commit: Callable[[], object]) -> None:
        """Commit, again when another writer was faster; raises PublishConflict when others always are."""
        retrying = Retrying(
            retry=retry_if_exception_type(CONFLICTS),
            stop=stop_after_attempt(PUBLISH_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            reraise=True,
        )
        try:
            retrying(commit)
        except CONFLICTS as error:
            raise PublishConflict(
                f"table {table.name}: another run kept writing the same rows ({PUBLISH_ATTEMPTS} tries); run again"
            ) from error

    def _rows_of_commit(self, table: Table, provenance: Provenance) -> int:
        """Rows written by the run's last commit, from the commit's own file: the history would cost a Spark job."""
        log = java(self.spark).org.apache.spark.sql.delta.DeltaLog.forTable(self.spark._jsparkSession, self.path(table))
        newest = log.unsafeVolatileSnapshot().version()
        for version in range(newest, max(-1, newest - COMMITS_BACK), -1):
            commit = read_file(self.spark, f"{self.path(table)}/_delta_log/{version:020d}.json").decode()
            info = next(entry["commitInfo"] for entry in map(json.loads, commit.splitlines()) if "commitInfo" in entry)
            if info.get("userMetadata") == provenance.to_json():
                return int(info["operationMetrics"].get("numOutputRows", 0))
        return 0
