"""A world written as Delta tables: the lake, and the truth beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from lake.errors import UsageError
from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, SOURCES, VIDEOS, Table
from lake.store import Lake, Provenance, conformed
from simulation import tables
from simulation.reviewers import decide
from simulation.settings import Settings
from simulation.truth import truth_beside
from simulation.world import plan_world


def write_world(lake: Lake, settings: Settings, overwrite: bool, provenance: Provenance) -> Mapping[str, object]:
    """Plan a world and write it; raises UsageError when the lake already has source tables and may not be overwritten."""
    there = [table.name for table in SOURCES if lake.exists(table)]
    if there and not overwrite:
        raise UsageError(f"{lake.uri} already holds {', '.join(there)}: choose another folder, or --overwrite")
    world = plan_world(settings)
    spark, beside = lake.spark, truth_beside(lake)
    made: dict[Table, DataFrame] = {
        ACCOUNTS: tables.accounts(spark, world),
        VIDEOS: tables.videos(spark, world),
        DECISIONS: decisions(spark, world),
        EVENTS: tables.events(spark, world),
    }
    for table, df in made.items():
        save(lake, table, df, provenance)
    for table, df in tables.truth(spark, world).items():
        save(beside, table, df, provenance)
    abusive = [group for group in world.groups if group.violating]
    return {
        "accounts": world.people.size,
        "videos": world.films.size,
        "events": lake.read(EVENTS).count(),
        "decisions": lake.read(DECISIONS).count(),
        "abusive rings": len(abusive),
        "evading rings": sum(group.style == "evading" for group in abusive),
        "abusive accounts": sum(len(group.members) for group in abusive),
        "honest groups": len(world.groups) - len(abusive),
        "until": settings.until.isoformat(),
        "lake": lake.uri,
        "truth": beside.uri,
    }


def decisions(spark, world) -> DataFrame:
    place = DECISIONS.columns.index("decided_at")
    rows = [(*row[:place], datetime.fromtimestamp(row[place] / 1e6, UTC), *row[place + 1 :]) for row in decide(world)]
    return spark.createDataFrame(rows, DECISIONS.schema).coalesce(1)


def save(lake: Lake, table: Table, df: DataFrame, provenance: Provenance) -> None:
    """Replace a table whole."""
    writer = conformed(df, table).write.format("delta").mode("overwrite").option("overwriteSchema", True)
    if table.partition is not None:
        writer = writer.partitionBy(table.partition)
    writer.option("userMetadata", provenance.to_json()).save(lake.path(table))


def answer_queue(*args):
    raise UsageError("not yet")
