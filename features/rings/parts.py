"""Giant components, taken apart between groups that few links join, so that each part fits into one task.

Label propagation with the constant Potts model (Boldi, Rosa, Santini, Vigna: Layered label propagation, 2011), on
many machines: again and again half of the accounts, by hash, each go to the group to which their links weigh most, less
`resolution` for each member. Groups become the nodes of a smaller graph, which are grouped in the same way at a lower
resolution (Blondel, Guillaume, Lambiotte, Lefebvre: Fast unfolding of communities, 2008), for as long as all parts fit.

Parts are much larger than rings, and go by the model that rings are found by: a ring is rarely cut in two. Whom the cut
leaves outside comes back as a neighbour of the ring, see recruits.py.
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
from features.links.combine import PAIR, both_ways

COARSER = (1.0, 0.3, 0.1, 0.03)
"""Resolutions of groups, of groups of groups and so on, relative to that of rings."""
ROUNDS = 4
"""After these most accounts are where they stay; the others go there with their group."""
GROUPS = "node bigint, size bigint, part bigint"
TENTHS = 10
"""Weights are added up as whole tenths, so that their sum is the same in any order."""


def fitting(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """The rows of `edges` (account_id, other_account_id, surprise, weight, component) by components that fit in a task.

    A component of more than `max_component_links` links falls into parts, named as components are by an account of
    theirs, and loses the links between them. A part that is still above the bound, a ring of thousands, keeps of each
    account the strongest links, as many as fit.
    """
    giant = checkpoint(_above(edges, limits))
    if giant.isEmpty():
        return edges
    inside = checkpoint(edges.join(F.broadcast(giant), on="component", how="left_semi").drop("component"))
    parted = _parted(inside, limits)
    dense = F.broadcast(checkpoint(_above(parted, limits)))
    return (
        edges.join(F.broadcast(giant), on="component", how="left_anti")
        .unionByName(parted.join(dense, on="component", how="left_anti"))
        .unionByName(_strongest(parted.join(dense, on="component", how="left_semi"), limits.max_component_links))
    )


def _above(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """The components of too many links; their number is bounded by that of all links."""
    sizes = edges.groupBy("component").agg(F.count("*").alias("links"))
    return sizes.where(F.col("links") > limits.max_component_links).select("component")


def _parted(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """Of the edges (without component) of giant components those within one part, with the part as component."""
    weight = whole_number(F.col("weight") * TENTHS).alias("weight")
    ties = checkpoint(both_ways(edges.select(*PAIR, weight)).toDF("node", "neighbour", "weight"))
    parts = checkpoint(ties.select(F.col("node").alias("account_id"), F.col("node").alias("part")).distinct())
    parted = edges
    for coarser in COARSER:
        nodes = checkpoint(parts.groupBy(F.col("part").alias("node")).agg(F.count("*").alias("size")))
        groups = _grouped(ties, nodes, TENTHS * limits.resolution * coarser, limits)
        grown = groups.select(F.col("node").alias("part"), F.col("part").alias("grown"))
        parts = checkpoint(parts.join(grown, on="part", how="inner").select("account_id", F.col("grown").alias("part")))
        within = checkpoint(_within(edges, parts))
        if parted is not edges and not _above(within, limits).isEmpty():
            break
        parted = within
        ties = checkpoint(_contracted(ties, groups))
    return parted


def _grouped(ties: DataFrame, nodes: DataFrame, resolution: float, limits: RingLimits) -> DataFrame:
    """The nodes (node, size) with the part that each is in; a part is named by one of its nodes."""
    # Each node is tied to itself by nothing, and so to its own part.
    own = nodes.select("node", F.col("node").alias("neighbour"), F.lit(0).cast("bigint").alias("weight"), "size")
    ties = checkpoint(ties.withColumn("size", F.lit(None).cast("bigint")).unionByName(own))
    if ties.count() <= 2 * limits.small_graph_links:  # a link is tied both ways

        def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return _grouped_in_memory(batches, resolution, limits.seed)

        return checkpoint(ties.repartition(1).mapInArrow(grouped, GROUPS))
    ties, groups = ties.drop("size"), checkpoint(nodes.withColumn("part", F.col("node")))
    for turn in range(ROUNDS):
        groups = checkpoint(_moved(ties, groups, resolution, turn))
    return groups


def _grouped_in_memory(batches: Iterable[pa.RecordBatch], resolution: float, seed: int) -> Iterator[pa.RecordBatch]:
    """As the rounds of `_grouped`, by Leiden, of a graph that fits in a task."""
    ties = pa.Table.from_batches(batches).to_pandas().sort_values(["node", "neighbour"])
    itself = ties["node"] == ties["neighbour"]
    nodes, sizes = ties.loc[itself, "node"].to_numpy(), ties.loc[itself, "size"].to_numpy()
    once = ties[ties["node"] < ties["neighbour"]]
    ends = np.searchsorted(nodes, once[["node", "neighbour"]].to_numpy())
    import igraph

    graph = igraph.Graph(n=len(nodes), edges=ends)
    igraph.set_random_number_generator(random.Random(seed))
    found = graph.community_leiden(
        "CPM", weights=once["weight"].to_list(), node_weights=sizes.tolist(), resolution=resolution, n_iterations=-1
    )
    _, first, part = np.unique(found.membership, return_index=True, return_inverse=True)
    columns = [pa.array(nodes), pa.array(sizes.astype(np.int64)), pa.array(nodes[first[part]])]
    yield pa.RecordBatch.from_arrays(columns, ["node", "size", "part"])


def _moved(ties: DataFrame, groups: DataFrame, resolution: float, turn: int) -> DataFrame:
    """`groups` (node, size, part) after the nodes whose turn it is went where it is best for them.

    Were all to move at once, two neighbours would change places forever. Who gains nothing stays.
    """
    moves = F.pmod(F.xxhash64("node", F.lit(turn)), F.lit(2)) == 0
    crowds = groups.groupBy("part").agg(F.sum("size").alias("crowd"))
    own = groups.where(moves).select("node", "size", F.col("part").alias("own"))
    stays = F.col("part") == F.col("own")
    others = F.col("crowd") - F.when(stays, F.col("size")).otherwise(0)
    gain = F.col("weight") - resolution * F.col("size") * others
    best = largest(gain.alias("gain"), stays.alias("stays"), (-F.col("part")).alias("minus_part"))
    moved = (
        ties.where(moves)
        .join(_as_neighbours(groups.join(crowds, on="part", how="inner")), on="neighbour", how="inner")
        .repartition("node")  # once, for all that follows
        .groupBy("node", F.col("neighbour_part").alias("part"))
        .agg(F.sum("weight").alias("weight"), F.max("crowd").alias("crowd"))
        .join(own, on="node", how="inner")
        .groupBy("node", "size")
        .agg(best.alias("best"))
        .select("node", "size", (-F.col("best.minus_part")).alias("part"))
    )
    return groups.where(~moves).unionByName(moved)


def _as_neighbours(groups: DataFrame) -> DataFrame:
    return groups.drop("size").withColumnsRenamed({"node": "neighbour", "part": "neighbour_part"})


def _contracted(ties: DataFrame, groups: DataFrame) -> DataFrame:
    """The ties between parts, their weights added up."""
    return (
        ties.join(groups.select("node", "part"), on="node", how="inner")
        .join(_as_neighbours(groups), on="neighbour", how="inner")
        .where("part != neighbour_part")
        .groupBy(F.col("part").alias("node"), F.col("neighbour_part").alias("neighbour"))
        .agg(F.sum("weight").alias("weight"))
    )


def _within(edges: DataFrame, parts: DataFrame) -> DataFrame:
    """The edges of which both ends are in one part, by that as component."""
    other = parts.select(F.col("account_id").alias("other_account_id"), F.col("part").alias("other_part"))
    return (
        edges.join(parts, on="account_id", how="inner")
        .join(other, on="other_account_id", how="inner")
        .where("part = other_part")
        .select(*edges.columns, F.col("part").alias("component"))
    )


def _strongest(edges: DataFrame, most: int) -> DataFrame:
    """Of each component the links that are among the strongest of both their ends, so that they are `most` at most."""
    ends = both_ways(edges.select(*PAIR, "component", "surprise"))
    accounts = ends.groupBy("component").agg(F.count_distinct("account_id").alias("accounts"))
    strongest = Window.partitionBy("component", "account_id").orderBy(F.desc("surprise"), "other_account_id")
    chosen = (
        ends.join(F.broadcast(accounts), on="component", how="inner")
        .withColumn("rank", F.row_number().over(strongest))
        .where(F.col("rank") * F.col("accounts") <= 2 * most)
        .groupBy(F.least(*PAIR).alias("account_id"), F.greatest(*PAIR).alias("other_account_id"))
        .agg(F.count("*").alias("ends"))
        .where("ends = 2")
    )
    return edges.join(chosen.select(*PAIR), on=PAIR, how="left_semi")
