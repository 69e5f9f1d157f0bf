"""Import shares: a new lake out of a file of co-sharing events."""

from jobs.job import Context, Facts, Job, main

import click
from pyspark.sql import DataFrame

from lake.errors import BrokenContract, UsageError
from lake.schemas import ACCOUNTS, DECISIONS, DERIVED, EVENTS, IMPORTED_IDS, SOURCES, VIDEOS, Table
from lake.share_files import read_share_file
from lake.shares import Shares, collisions


def run(context: Context) -> Facts:
    """Make a lake out of a file of co-sharing events, in the form that coordination researchers use.

    The file is Parquet, a folder of it, Arrow, or CSV with a header (separated by , ; tab or |, plain or packed by
    gzip, bzip2 or zstd). Columns: object_id (what was shared), account_id (who shared it), content_id (the post that
    shares it) and timestamp_share (a time in ISO 8601, UTC where it names no zone, or Unix seconds, milliseconds,
    microseconds or nanoseconds). A file of which more rows than validation.max_broken_share of the limits lack an id or
    such a time is refused, and the lake stays as it was.

    Each share becomes an event with verb share; table imported_ids leads from the ids of the lake back to the file's.
    Run `daily` on it for any day: with no model and no decision, rings are scored by their evidence alone.
    """
    lake, path = context.lake, context.options["file"]
    if any(lake.exists(table) for table in SOURCES) and not context.options["overwrite"]:
        raise UsageError(f"{lake.uri} has tables already: give --overwrite to replace them")
    file, tally = read_share_file(path, context.options["encoding"])
    tally.check(path, context.limits.validation.max_broken_share)
    shares = Shares.of(file)
    doubled = collisions(shares.ids)
    if doubled:
        raise BrokenContract(f"{path}: two ids have one hash: {doubled}")
    # The old rows go first: accounts of one file and events of another would look like a lake.
    lake.forget((*SOURCES, IMPORTED_IDS, *DERIVED), context.run.provenance)
    tables: dict[Table, DataFrame] = {
        ACCOUNTS: shares.accounts,
        VIDEOS: shares.videos,
        EVENTS: shares.events,
        IMPORTED_IDS: shares.ids,
    }
    for table, rows in tables.items():
        lake.replace(table, rows, context.run.provenance)
    lake.replace(DECISIONS, context.spark.createDataFrame([], DECISIONS.types), context.run.provenance)
    for warning in tally.warnings():
        context.warn(f"{path}: {warning}")
    return {f"{table.name}": lake.read(table).count() for table in tables}


JOB = Job(
    "import_shares",
    "Make a lake out of a file of co-sharing events",
    run,
    writes=(*SOURCES, IMPORTED_IDS),
    options=(
        click.Option(["--file"], required=True, metavar="PATH", help="The file, or folder of Parquet files."),
        click.Option(
            ["--encoding"], metavar="NAME", help="Of a CSV that is neither UTF-8 nor UTF-16, such as cp1252 or latin-1."
        ),
        click.Option(["--overwrite"], is_flag=True, help="Replace a lake, with all that was computed from it."),
    ),
    needs_day=False,
    makes_lake=True,
)

if __name__ == "__main__":
    main(JOB)
