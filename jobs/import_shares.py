"""Import shares: a new lake out of a file of co-sharing events."""

from jobs.job import Context, Facts, Job, main

import click
from pyspark.sql import DataFrame

from lake.errors import BrokenContract, UsageError
from lake.schemas import ACCOUNTS, DECISIONS, DERIVED, EVENTS, IMPORTED_IDS, SOURCES, VIDEOS, Table
from lake.share_files import read_share_file
from lake.shares import Shares, collisions, without_a_place


def run(context: Context) -> Facts:
    """Make a lake out of a Parquet or CSV file of co-sharing events, in the form that coordination researchers use.

    Columns: object_id (what was shared), account_id (who shared it), content_id (the post that shares it) and
    timestamp_share (Unix seconds, or a time in ISO 8601). Each share becomes an event with verb share; table
    imported_ids leads from the ids of the lake back to the file's. Run `daily` on it for any day: with no model and
    no decision, rings are scored by their evidence alone.
    """
    lake, path = context.lake, context.options["file"]
    if any(lake.exists(table) for table in SOURCES) and not context.options["overwrite"]:
        raise UsageError(f"{lake.uri} has tables already: give --overwrite to replace them")
    file = read_share_file(path)
    shares = Shares.of(file)
    doubled = collisions(shares.ids)
    if doubled:
        raise BrokenContract(f"{path}: two ids have one hash: {doubled}")
    lake.forget(DERIVED, context.run.provenance)
    tables: dict[Table, DataFrame] = {
        ACCOUNTS: shares.accounts,
        VIDEOS: shares.videos,
        EVENTS: shares.events,
        IMPORTED_IDS: shares.ids,
    }
    for table, rows in tables.items():
        lake.replace(table, rows, context.run.provenance)
    lake.replace(DECISIONS, context.spark.createDataFrame([], DECISIONS.types), context.run.provenance)
    unread = without_a_place(lake.read(EVENTS))
    if unread:
        context.warn(f"{path}: {unread:,} rows lack an id or a time that can be read; `validate` sets them apart")
    return {f"{table.name}": lake.read(table).count() for table in tables}


JOB = Job(
    "import_shares",
    "make a lake out of a file of co-sharing events",
    run,
    writes=(*SOURCES, IMPORTED_IDS),
    options=(
        click.Option(["--file"], required=True, metavar="URI", help="The Parquet file, or CSV file with a header."),
        click.Option(["--overwrite"], is_flag=True, help="Replace a lake, with all that was computed from it."),
    ),
    needs_day=False,
    makes_lake=True,
)

if __name__ == "__main__":
    main(JOB)
