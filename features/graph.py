"""Find connected components of graphs that need not fit on one machine.

Small graphs are solved in one Arrow task by SciPy; larger ones by alternating large-star and small-star steps (Kiveris,
Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected components in MapReduce and beyond, SoCC 2014), which end after a
number of rounds that grows with the logarithm of the graph's size. Both name a component by its smallest account.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components as components_of_matrix

from engine import checkpoint
from lake.store import only_row

SMALL_GRAPH_LINKS = 200_000
"""Up to so many links, one task is faster than Spark's planning of a round (3 MB of ids)."""

COMPONENTS = "account_id bigint, component bigint"


def connected_components(links: DataFrame, small_graph_links: int = SMALL_GRAPH_LINKS) -> DataFrame:
    """Return the component of each account of a graph: account_id, component.

    `links` has account_id and other_account_id, in either direction and also more than once. A component is named by
    its smallest account.
    """
    pairs = checkpoint(links.select("account_id", "other_account_id"))
    if pairs.count() <= small_graph_links:
        return pairs.repartition(1).mapInArrow(_components_in_memory, COMPONENTS)
    return _components_by_stars(pairs)


def _components_in_memory(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return the components of all links, in one task."""
    pairs = [batch for batch in batches if batch.num_rows]
    if not pairs:
        return
    ends = [np.concatenate([batch.column(side).to_numpy() for batch in pairs]) for side in (0, 1)]
    accounts, index = np.unique(np.concatenate(ends), return_inverse=True)
    left, right = np.split(index, 2)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(accounts),) * 2)
    count, labels = components_of_matrix(graph, directed=False)
    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, labels, accounts)
    yield pa.RecordBatch.from_arrays([pa.array(accounts), pa.array(smallest[labels])], ["account_id", "component"])


def _components_by_stars(pairs: DataFrame) -> DataFrame:
    """Return the components of all links by star steps, until these change nothing."""
    accounts = pairs.select(F.explode(F.array("account_id", "other_account_id")).alias("account_id")).distinct()
    stars = checkpoint(
        pairs.select(
            F.greatest("account_id", "other_account_id").alias("node"),
            F.least("account_id", "other_account_id").alias("parent"),
        )
        .where("node != parent")
        .distinct()
    )
    before, after = None, _fingerprint(stars)
    while after != before:
        stars = checkpoint(_small_star(checkpoint(_large_star(stars))))
        before, after = after, _fingerprint(stars)
    return accounts.join(stars.withColumnRenamed("node", "account_id"), on="account_id", how="left").select(
        "account_id", F.coalesce("parent", "account_id").alias("component")
    )


def _large_star(edges: DataFrame) -> DataFrame:
    """Hang the larger neighbours of each node on the smallest node of its neighbourhood."""
    both = edges.unionByName(edges.select(F.col("parent").alias("node"), F.col("node").alias("parent")))
    smallest = both.groupBy("node").agg(F.least("node", F.min("parent")).alias("least"))
    return (
        both.where("parent > node")
        .join(smallest, on="node", how="inner")
        .select(F.col("parent").alias("node"), F.col("least").alias("parent"))
        .distinct()
    )


def _small_star(edges: DataFrame) -> DataFrame:
    """Hang each node and its smaller neighbours on the smallest of them."""
    smallest = edges.groupBy("node").agg(F.min("parent").alias("least"))
    children = edges.join(smallest, on="node", how="inner").select(
        F.col("parent").alias("node"), F.col("least").alias("parent")
    )
    return (
        children.unionByName(smallest.select("node", F.col("least").alias("parent"))).where("node != parent").distinct()
    )


def _fingerprint(edges: DataFrame) -> tuple[int, int | None]:
    """Return a number of edges and a hash, equal for different sets of edges with a probability of 2⁻⁶⁴."""
    row = only_row(edges.agg(F.count("*").alias("edges"), F.bit_xor(F.xxhash64("node", "parent")).alias("hash")))
    return row.edges, row.hash
