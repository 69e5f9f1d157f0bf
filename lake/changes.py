"""What changed in a partitioned table, from its Delta log alone: no row of it is read."""

from datetime import date

from pyspark.sql import functions as F

import engine
from lake.errors import BrokenContract
from lake.schemas import Table
from lake.store import Lake


def fingerprints(lake: Lake, table: Table, first: date, end: date) -> dict[date, str]:
    """Day → fingerprint of the files of its partition, for the days from `first` until before `end` that have any.

    Equal fingerprints mean the same files, so the same rows. A late event, a backfill, a delete changes it; so does a
    mere compaction, which costs a recomputation and no mistake. Raises BrokenContract when its files are not of days.
    """
    named = F.map_contains_key("partitionValues", table.partition)
    day = F.try_element_at("partitionValues", F.lit(table.partition)).cast("date")
    rows = (
        engine.current()
        .tables.active_files(lake.path(table))
        .select(
            named.alias("named"),
            day.alias("day"),
            F.xxhash64("path", "size", "deletionVector").alias("file"),
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
