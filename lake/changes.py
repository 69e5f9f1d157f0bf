"""What changed in a partitioned table, from its Delta log alone: no row of it is read."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.errors import BrokenContract
from lake.files import java
from lake.schemas import Table
from lake.store import Lake


def active_files(lake: Lake, table: Table) -> DataFrame:
    """The files that make up the table now: path, size, partitionValues, deletionVector; distributed, from the log."""
    jvm, session = java(lake.spark), lake.spark._jsparkSession
    log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(session, lake.path(table))
    none = jvm.scala.Option.empty()
    return DataFrame(log.update(False, none, none).allFiles().toDF(), lake.spark)


def fingerprints(lake: Lake, table: Table, first: date, end: date) -> dict[date, str]:
    """Day → fingerprint of the files of its partition, for the days from `first` until before `end` that have any.

    Equal fingerprints mean the same files, so the same rows. A late event, a backfill, a delete changes it; so does a
    mere compaction, which costs a recomputation and no mistake. Raises BrokenContract when its files are not of days.
    """
    named = F.map_contains_key("partitionValues", table.partition)
    day = F.try_element_at("partitionValues", F.lit(table.partition)).cast("date")
    rows = (
        active_files(lake, table)
        .select(
            named.alias("named"),
            day.alias("day"),
            F.xxhash64("path", "size", F.to_json("deletionVector")).alias("file"),
        )
        .where(~F.col("named") | (F.col("day") >= F.lit(first)) & (F.col("day") < F.lit(end)))
        .groupBy("day")
        .agg(F.count("*").alias("files"), F.bit_xor("file").alias("mixed"))
        .collect()
    )
    if any(row.day is None for row in rows):
        raise BrokenContract(
            f"{table.name}: not partitioned by {table.partition}, or by a name that its log maps to another"
        )
    return {row.day: f"{row.files}-{row.mixed & 0xFFFFFFFFFFFFFFFF:016x}" for row in rows}
