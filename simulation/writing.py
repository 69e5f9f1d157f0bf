"""A world written as Delta tables: the lake, and the truth beside it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from conf import Policies
from lake.errors import UsageError
from lake.schemas import ACCOUNTS, DECISIONS, DERIVED, EVENTS, REVIEW_QUEUE, RING_MEMBERS, SOURCES, VIDEOS, Table
from lake.store import Lake, Provenance
from simulation import tables
from simulation.answers import answers
from simulation.dirt import with_dirt
from simulation.reviewers import decide
from simulation.settings import Settings
from simulation.truth import TRUTH_ACCOUNTS, TRUTH_VIDEOS, truth_beside
from simulation.world import World, plan_world


def write_world(lake: Lake, settings: Settings, overwrite: bool, provenance: Provenance) -> Mapping[str, object]:
    """Plan a world and write it; raises UsageError when the lake has source tables and may not be overwritten.

    What was computed from the tables that are overwritten goes with them.
    """
    there = [table.name for table in SOURCES if lake.exists(table)]
    if there and not overwrite:
        raise UsageError(f"{lake.uri} already holds {', '.join(there)}: choose another folder, or --overwrite")
    lake.forget(DERIVED, provenance)
    world = plan_world(settings)
    spark, beside = lake.spark, truth_beside(lake)
    made: dict[Table, DataFrame] = {
        ACCOUNTS: tables.accounts(spark, world),
        VIDEOS: tables.videos(spark, world),
        DECISIONS: decisions(spark, world),
        EVENTS: tables.events(spark, world),
    }
    for table, df in made.items():
        if table is EVENTS and settings.dirty > 0:
            save_with_late_ones(lake, df, settings.dirty, provenance)
        else:
            lake.replace(table, df, provenance)
    for table, df in tables.truth(spark, world).items():
        beside.replace(table, df, provenance)
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


def decisions(spark: SparkSession, world: World) -> DataFrame:
    settings = world.settings
    good = decide(world)
    batches = with_dirt(DECISIONS, settings.rng("dirty decisions"), good, settings.dirty, settings.seed, 0)
    return spark.createDataFrame(pa.Table.from_batches(batches), DECISIONS.types).coalesce(1)


def save_with_late_ones(lake: Lake, df: DataFrame, share: float, provenance: Provenance) -> None:
    """Write the events in two commits, the second with those that came late, into the partitions of their times."""
    late = F.pmod(F.xxhash64("event_id", "ts", F.lit("late")), F.lit(1_000_000)) < int(share * 1_000_000)
    lake.replace(EVENTS, df.where(~late), provenance)
    lake.append(EVENTS, df.where(late).coalesce(2), provenance)


def answer_queue(
    lake: Lake, as_of: date, seed: int, policies: Policies, provenance: Provenance
) -> Mapping[str, object]:
    """Let reviewers answer the open cases of a day; a second time adds nothing."""
    beside = truth_beside(lake)
    queue = lake.day(REVIEW_QUEUE, as_of)
    members = (
        lake.day(RING_MEMBERS, as_of)
        if lake.exists(RING_MEMBERS)
        else lake.spark.createDataFrame([], RING_MEMBERS.types)
    )
    said = answers(
        queue,
        members,
        beside.read(TRUTH_ACCOUNTS),
        beside.read(TRUTH_VIDEOS),
        lake.read(DECISIONS),
        {name: policy.capacity for name, policy in policies.policies.items()},
        as_of,
        seed,
    )
    rows = said.toArrow()  # no more than a day's capacity
    if rows.num_rows:
        lake.append(DECISIONS, lake.spark.createDataFrame(rows, DECISIONS.types).coalesce(1), provenance)
    return {
        "open cases": queue.count(),
        "decisions": rows.num_rows,
        **Counter(rows["verdict"].to_pylist()),
    }
