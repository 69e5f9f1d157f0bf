"""Split oversized components between groups that few links join, so that each part fits into one task.

Label propagation with the constant Potts model (Boldi, Rosa, Santini, Vigna: Layered label propagation, 2011), on many
machines: in each round half of the accounts, by hash, join the group to which they have most link weight, less
`resolution` for each of its members. Groups become the nodes of a smaller graph, which are grouped in the same way at a
lower resolution (Blondel, Guillaume, Lambiotte, Lefebvre: Fast unfolding of communities, 2008), as long as all parts
fit.

Parts are much larger than rings, and use the model that rings are found with: a ring is rarely cut in two. An account
that the cut leaves outside can join its ring again by what it does (growth.py).
"""

import random
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from conf import RingLimits
from engine import checkpoint
from engine.portable import largest, whole_number
from features.links.combine import PAIR, from_both_ends

RELATIVE_RESOLUTIONS = (1.0, 0.3, 0.1, 0.03)
"""Resolutions of groups, of groups of groups and so on, relative to that of rings."""
ROUNDS = 4
"""After so many rounds most accounts stay where they are."""
GROUP_SCHEMA = "node bigint, size bigint, part bigint"
TENTHS = 10
"""Weights are summed as whole tenths, so that their sum is the same in any order."""


def split_oversized(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """Return the edges by components that fit into a task.

    Columns in and out: account_id, other_account_id, surprise, weight, component. A component of more than
    `max_component_links` links is split into parts, each named by one of its accounts, and loses the links between
    them. Of a part that is still too large, a ring of thousands, each account keeps as many of its strongest links as
    fit.
    """
    oversized = checkpoint(_oversized(edges, limits))
    if oversized.isEmpty():
        return edges
    oversized_edges = checkpoint(edges.join(F.broadcast(oversized), on="component", how="left_semi").drop("component"))
    edges_in_parts = _edges_in_parts(oversized_edges, limits)
    still_oversized = F.broadcast(checkpoint(_oversized(edges_in_parts, limits)))
    return (
        edges.join(F.broadcast(oversized), on="component", how="left_anti")
        .unionByName(edges_in_parts.join(still_oversized, on="component", how="left_anti"))
        .unionByName(
            _strongest(
                edges_in_parts.join(still_oversized, on="component", how="left_semi"), limits.max_component_links
            )
        )
    )


def _oversized(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """Return the components with too many links; their number is bounded by the number of all links."""
    sizes = edges.groupBy("component").agg(F.count("*").alias("links"))
    return sizes.where(F.col("links") > limits.max_component_links).select("component")


def _edges_in_parts(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """Return the edges within parts of oversized components, with the part as `component`."""
    weight = whole_number(F.col("weight") * TENTHS).alias("weight")
    links = checkpoint(from_both_ends(edges.select(*PAIR, weight)).toDF("node", "neighbour", "weight"))
    parts = checkpoint(links.select(F.col("node").alias("account_id"), F.col("node").alias("part")).distinct())
    edges_in_parts = edges
    for relative in RELATIVE_RESOLUTIONS:
        nodes = checkpoint(parts.groupBy(F.col("part").alias("node")).agg(F.count("*").alias("size")))
        groups = _grouped(links, nodes, TENTHS * limits.resolution * relative, limits)
        merged_part = groups.select(F.col("node").alias("part"), F.col("part").alias("merged_part"))
        parts = checkpoint(
            parts.join(merged_part, on="part", how="inner").select("account_id", F.col("merged_part").alias("part"))
        )
        within = checkpoint(_within(edges, parts))
        if edges_in_parts is not edges and not _oversized(within, limits).isEmpty():
            break
        edges_in_parts = within
        links = checkpoint(_contracted(links, groups))
    return edges_in_parts


def _grouped(links: DataFrame, nodes: DataFrame, resolution: float, limits: RingLimits) -> DataFrame:
    """Group nodes (node, size) at a resolution: node, size, part, which is one of its nodes."""
    # Each node has a link of weight 0 to itself, and so to its current part.
    current = nodes.select("node", F.col("node").alias("neighbour"), F.lit(0).cast("bigint").alias("weight"), "size")
    links = checkpoint(links.withColumn("size", F.lit(None).cast("bigint")).unionByName(current))
    if links.count() <= 2 * limits.small_graph_links:  # each link is there both ways

        def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return _grouped_in_memory(batches, resolution, limits.seed)

        return checkpoint(links.repartition(1).mapInArrow(grouped, GROUP_SCHEMA))
    links, groups = links.drop("size"), checkpoint(nodes.withColumn("part", F.col("node")))
    for round_number in range(ROUNDS):
        groups = checkpoint(_reassigned(links, groups, resolution, round_number))
    return groups


def _grouped_in_memory(batches: Iterable[pa.RecordBatch], resolution: float, seed: int) -> Iterator[pa.RecordBatch]:
    """Group the nodes of a graph that fits into a task by Leiden, in place of rounds."""
    links = pa.Table.from_batches(batches).to_pandas().sort_values(["node", "neighbour"])
    is_self_link = links["node"] == links["neighbour"]
    nodes, sizes = links.loc[is_self_link, "node"].to_numpy(), links.loc[is_self_link, "size"].to_numpy()
    each_link = links[links["node"] < links["neighbour"]]
    ends = np.searchsorted(nodes, each_link[["node", "neighbour"]].to_numpy())
    import igraph

    graph = igraph.Graph(n=len(nodes), edges=ends)
    igraph.set_random_number_generator(random.Random(seed))
    found = graph.community_leiden(
        "CPM",
        weights=each_link["weight"].to_list(),
        node_weights=sizes.tolist(),
        resolution=resolution,
        n_iterations=-1,
    )
    _, representative, part = np.unique(found.membership, return_index=True, return_inverse=True)
    columns = [pa.array(nodes), pa.array(sizes.astype(np.int64)), pa.array(nodes[representative[part]])]
    yield pa.RecordBatch.from_arrays(columns, ["node", "size", "part"])


def _reassigned(links: DataFrame, groups: DataFrame, resolution: float, round_number: int) -> DataFrame:
    """Return `groups` (node, size, part) after one round, in which half of the nodes may change their part.

    A node joins the part of the largest gain: its link weight to the part less resolution × sizes.     If all nodes
    moved at once, two neighbours would change places forever. A node that gains nothing stays.
    """
    is_turn = F.pmod(F.xxhash64("node", F.lit(round_number)), F.lit(2)) == 0
    part_sizes = groups.groupBy("part").agg(F.sum("size").alias("part_size"))
    current = groups.where(is_turn).select("node", "size", F.col("part").alias("current"))
    stays = F.col("part") == F.col("current")
    others = F.col("part_size") - F.when(stays, F.col("size")).otherwise(0)
    gain = F.col("weight") - resolution * F.col("size") * others
    best = largest(gain.alias("gain"), stays.alias("stays"), (-F.col("part")).alias("minus_part"))
    reassigned = (
        links.where(is_turn)
        .join(_as_neighbours(groups.join(part_sizes, on="part", how="inner")), on="neighbour", how="inner")
        .repartition("node")  # once, for all that follows
        .groupBy("node", F.col("neighbour_part").alias("part"))
        .agg(F.sum("weight").alias("weight"), F.max("part_size").alias("part_size"))
        .join(current, on="node", how="inner")
        .groupBy("node", "size")
        .agg(best.alias("best"))
        .select("node", "size", (-F.col("best.minus_part")).alias("part"))
    )
    return groups.where(~is_turn).unionByName(reassigned)


def _as_neighbours(groups: DataFrame) -> DataFrame:
    """Rename groups to the far end of links: neighbour, neighbour_part."""
    return groups.drop("size").withColumnsRenamed({"node": "neighbour", "part": "neighbour_part"})


def _contracted(links: DataFrame, groups: DataFrame) -> DataFrame:
    """Return the links between parts, their weights summed."""
    return (
        links.join(groups.select("node", "part"), on="node", how="inner")
        .join(_as_neighbours(groups), on="neighbour", how="inner")
        .where("part != neighbour_part")
        .groupBy(F.col("part").alias("node"), F.col("neighbour_part").alias("neighbour"))
        .agg(F.sum("weight").alias("weight"))
    )


def _within(edges: DataFrame, parts: DataFrame) -> DataFrame:
    """Keep the edges with both ends in one part, which becomes their `component`."""
    other = parts.select(F.col("account_id").alias("other_account_id"), F.col("part").alias("other_part"))
    return (
        edges.join(parts, on="account_id", how="inner")
        .join(other, on="other_account_id", how="inner")
        .where("part = other_part")
        .select(*edges.columns, F.col("part").alias("component"))
    )


def _strongest(edges: DataFrame, max_links: int) -> DataFrame:
    """Keep the links that are among the strongest of both ends, `max_links` per component at most."""
    ends = from_both_ends(edges.select(*PAIR, "component", "surprise"))
    accounts = ends.groupBy("component").agg(F.count_distinct("account_id").alias("accounts"))
    strongest = Window.partitionBy("component", "account_id").orderBy(F.desc("surprise"), "other_account_id")
    chosen = (
        ends.join(F.broadcast(accounts), on="component", how="inner")
        .withColumn("rank", F.row_number().over(strongest))
        .where(F.col("rank") * F.col("accounts") <= 2 * max_links)
        .groupBy(F.least(*PAIR).alias("account_id"), F.greatest(*PAIR).alias("other_account_id"))
        .agg(F.count("*").alias("ends"))
        .where("ends = 2")
    )
    return edges.join(chosen.select(*PAIR), on=PAIR, how="left_semi")
