"""What changed in a partitioned table, from its Delta log alone: no row of it is read."""

from datetime import date

from pyspark.sql import functions as F

import engine
from lake.errors import BrokenContract
from lake.schemas import Table
from lake.store import Lake


def check_partitions(lake: Lake, table: Table) -> None:
    """Raises BrokenContract where a table is not partitioned as the contract says: its days could not be told apart
    without a look at all of its rows.
    """
    found = engine.current().tables.partitioned_by(lake.path(table))
    if table.partition not in found:
        by = f"but by {', '.join(found)}" if found else "not at all"
        raise BrokenContract(
            f"table {table.name} is not partitioned by {table.partition} ({by}): write it anew with "
            f"partitionBy({table.partition!r})"
        )


def fingerprints(lake: Lake, table: Table, first: date, end: date) -> dict[date, str]:
    """Day → fingerprint of the files of its partition, for the days from `first` until before `end` that have any.

    Equal fingerprints mean the same files, so the same rows. A late event, a backfill, a delete changes it; so does a
    mere compaction, which costs a recomputation and no mistake. Raises BrokenContract when its files are not of days.
    """
    check_partitions(lake, table)
    day = F.try_element_at("partitionValues", F.lit(table.partition)).cast("date")
    rows = (
        engine.current()
        .tables.active_files(lake.path(table))
        .select(
            day.alias("day"),
            F.xxhash64("path", "size", "deletionVector").alias("file"),
        )
        .where((F.col("day") >= F.lit(first)) & (F.col("day") < F.lit(end)))
        .groupBy("day")
        .agg(F.count("*").alias("files"), F.bit_xor("file").alias("mixed"))
        .collect()
    )
    return {row.day: f"{row.files}-{row.mixed & 0xFFFFFFFFFFFFFFFF:016x}" for row in rows}
