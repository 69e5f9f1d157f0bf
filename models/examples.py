"""Examples: labelled entities with their features as known just before the decision."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.labels import SNAPSHOT_MAX_AGE_DAYS, latest_snapshot
from models.weights import Population

EPOCH = pd.Timestamp("1970-01-01")
PARTS = 1_000_000
ACTING_MEMBERS = 1.0
"""Expected abusive members that act on a video from which it belongs to the ring: no split parts one ring."""


def windows(acts: DataFrame, days: Sequence[date], window_days: int) -> DataFrame:
    """Acts with the `as_of` of each of `days` in whose window of `window_days` they lie; one row per act and such day.

    Columns: as_of, account_id, video_id, willed (the act is more than a view), reports (it is a report).
    """
    known = F.array(*[F.lit(day) for day in days])
    inside = (F.to_date("ts") < F.col("as_of")) & (F.to_date("ts") >= F.date_sub("as_of", window_days))
    return (
        acts.select(
            "ts",
            "account_id",
            "video_id",
            (F.col("verb") != "view").alias("willed"),
            (F.col("verb") == "report").alias("reports"),
            F.explode(known).alias("as_of"),
        )
        .where(inside)
        .select("as_of", "account_id", "video_id", "willed", "reports")
    )


def at_snapshots(labels: DataFrame, days: Sequence[date]) -> DataFrame:
    """Labels with the snapshot (`as_of`) that serves them; those that none serves are left out."""
    return labels.withColumn("as_of", latest_snapshot(F.to_date("decided_at"), days)).where("as_of IS NOT NULL")


def bounded(labels: DataFrame, key: str, max_rows: int, seed: int) -> DataFrame:
    """At most about `max_rows` labels a policy, chosen by a hash of the key; `kept` is the share that was kept."""
    sizes = {row["policy"]: row["count"] for row in labels.groupBy("policy").count().collect()}
    kept = F.lit(1.0)
    for policy, size in sorted(sizes.items()):
        kept = F.when(F.col("policy") == policy, F.lit(min(1.0, max_rows / size))).otherwise(kept)
    part = F.pmod(F.xxhash64(F.lit(seed), F.col(key)), F.lit(PARTS))
    return labels.withColumn("kept", kept).where(part < F.col("kept") * PARTS)


def labelled(labels: DataFrame, rows: DataFrame, key: str) -> DataFrame:
    """Labels with the features of their snapshot, of one entity type.

    `rows` are feature rows of all snapshot days. An entity that was not active at its snapshot has no row and is left
    out.
    """
    return labels.withColumnRenamed("entity_id", key).join(rows, on=["as_of", key], how="inner")


def on_driver(rows: DataFrame) -> pd.DataFrame:
    """Rows in pandas, as by `toPandas`, but ids of which some are missing stay whole: doubles end at 2^53."""
    table = rows.toArrow()
    frame = table.to_pandas()
    for name, values in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_timestamp(values.type):
            frame[name] = frame[name].dt.tz_localize(None)
        elif pa.types.is_integer(values.type) and values.null_count:
            frame[name] = values.to_pandas(types_mapper=lambda _: pd.Int64Dtype())
    return frame


def examples(labels: DataFrame, rows: DataFrame, key: str) -> pd.DataFrame:
    """Labelled rows of one entity type, sorted by key and policy, on the driver; `labels` has been bounded."""
    joined = on_driver(labelled(F.broadcast(labels), rows, key))
    joined["days"] = (joined["decided_at"] - EPOCH) / pd.Timedelta(days=1)
    return joined.sort_values([key, "policy"], kind="stable", ignore_index=True)


def with_countries(rows: pd.DataFrame, accounts: DataFrame) -> pd.DataFrame:
    """The examples with the `country` of each one's account_id, `unknown` where it is not known; rings have none."""
    if "account_id" not in rows:
        return rows.assign(country="unknown")
    wanted = accounts.sparkSession.createDataFrame(rows[["account_id"]].drop_duplicates())
    known = accounts.select("account_id", "country").join(F.broadcast(wanted), on="account_id", how="left_semi")
    by_account = known.toPandas().set_index("account_id")["country"]
    return rows.assign(country=rows["account_id"].map(by_account).fillna("unknown"))


@dataclass(frozen=True)
class EvenSample:
    """An even sample of the entities that were active on one day: their `keys`, with as_of, and the `size` of all."""

    keys: DataFrame
    size: int


def even_sample(features: DataFrame, key: str, most: int, seed: int) -> EvenSample:
    """About `most` of the rows of one day's features, chosen by a hash of the key."""
    size = features.count()
    share = min(1.0, most / max(size, 1))
    part = F.pmod(F.xxhash64(F.lit(seed + 1), F.col(key)), F.lit(PARTS))
    return EvenSample(features.where(part < F.lit(int(share * PARTS))).select("as_of", key), size)


def population(rows: DataFrame, key: str, sample: EvenSample) -> Population:
    """The rows of a sample, sorted by key, on the driver."""
    drawn = on_driver(rows.join(F.broadcast(sample.keys), on=["as_of", key], how="inner"))
    return Population(drawn.sort_values(key, kind="stable", ignore_index=True), sample.size)


def tied_by(columns: Collection[str]) -> list[tuple[str, str, bool]]:
    """What rows with such columns belong to: the kind of thing (account or ring), the column of its id, and whether
    that counts only where a ring acts on the row's video by more than stray acts.

    A video belongs with its uploader, the uploader's ring, and such a ring.
    """
    own = [("account", "account_id", False)] if "account_id" in columns else []
    if "owner_ring_id" in columns:
        return [*own, ("ring", "owner_ring_id", False), ("ring", "ring_id", True)]
    return [*own, ("ring", "ring_id", False)]


def ties_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What each row belongs to (see `tied_by`): columns row (its place), kind, id."""
    parts = []
    for kind, column, if_acting in tied_by(rows.columns):
        ids = rows[column]
        tied = ids.notna().to_numpy()
        if if_acting:
            tied &= rows["engaging_ring_expected"].to_numpy(float) >= ACTING_MEMBERS
        parts.append(pd.DataFrame({"row": np.flatnonzero(tied), "kind": kind, "id": ids[tied].astype(np.int64)}))
    return pd.concat(parts)


def apart_from(rows: DataFrame, things: DataFrame) -> DataFrame:
    """The rows that belong to none of some accounts and rings (columns kind, id), as `tied_by` says."""
    for kind, column, if_acting in tied_by(rows.columns):
        tie = F.col(column)
        if if_acting:
            tie = F.when(F.col("engaging_ring_expected") >= ACTING_MEMBERS, tie)
        of_kind = F.broadcast(things.where(F.col("kind") == kind).select(F.col("id").alias("thing")))
        rows = rows.join(of_kind, on=tie == F.col("thing"), how="left_anti")
    return rows


def groups_of(rows: pd.DataFrame) -> np.ndarray:
    """A number for each row, equal for rows that act together: what some row belongs to ties them.

    Numbers are the place of the group's first row.
    """
    ties = ties_of(rows)
    things = ties.groupby(["kind", "id"], sort=True).ngroup().to_numpy() + len(rows)
    nodes = int(things.max(initial=len(rows) - 1)) + 1
    graph = coo_matrix((np.ones(len(ties)), (ties["row"], things)), shape=(nodes, nodes))
    _, parts = connected_components(graph, directed=False)
    _, first, inverse = np.unique(parts[: len(rows)], return_index=True, return_inverse=True)
    return first[inverse]


def wanted_days(as_of: date, weeks: int) -> list[date]:
    """The days, a week apart, whose snapshots serve the decisions of the `weeks` before `as_of`."""
    return [as_of - timedelta(weeks=week) for week in range(weeks, 0, -1)]


def uncovered(wanted: Sequence[date], published: Sequence[date], decided: Sequence[date]) -> list[date]:
    """Of the wanted snapshot days those that some decision needs, because no published one is fresh enough for it."""
    fresh, week = timedelta(days=SNAPSHOT_MAX_AGE_DAYS), timedelta(weeks=1)
    bare = [day for day in decided if not any(each <= day <= each + fresh for each in published)]
    return [day for day in wanted if any(day <= each < day + week for each in bare)]
