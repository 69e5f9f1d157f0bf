"""Groups within the link graph: communities of each component, freed of what hangs on them by a weak link.

A component may hold several rings that a few chance links have joined. Leiden (Traag, Waltman, van Eck: From Louvain to
Leiden, 2019) with the constant Potts model splits it: a group stands when the mean surprise over all its pairs of
members exceeds the resolution, whatever the size of the rest of the graph, so small rings do not drown in large
components as they do with modularity.

The links need not be proven one by one. Those who hide share too little, two by two, to be told from chance; that the
same twenty are each other's weak links is no chance at all. So what is proven is the group: each member's links into
it, taken together, must be less likely than the best that could be found in all groups of that size.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import gammaincc, gammaln

from conf import RingLimits
from engine import checkpoint
from engine.portable import rounded
from features.graph import connected_components
from features.rings.parts import fitting

if TYPE_CHECKING:
    import igraph

MIN_MEMBERS = 3
"""Two accounts that act together are a pair, and a link says all there is to say of it."""
MIN_TIES = 2
"""A member is tied to at least two others: one link may be a chance or a home, two into the same group hardly."""
APART = 0.3
"""Share of a ring's own density at which its parts must hold together for being one ring."""
BATCHES = 256
"""Small components share tasks' batches: a component's batch is its hash modulo this."""

COMMUNITIES = "community bigint, account_id bigint, strength double"


def find_communities(links: DataFrame, population: int, limits: RingLimits, proof: float = 1.0) -> DataFrame:
    """Communities of at least three accounts in `links` (account_id, other_account_id, surprise).

    `links` are those of `min_surprise` or more between any two of `population` accounts. One row (community,
    account_id, strength) for each member. A community is named by its smallest member. `strength`, 0 to 1, is
    `belonging` by the weight of a member's links inside the community relative to the median member's. Of the surprise
    that proves a community by itself, a share of `proof` is enough.
    """
    weighed = links.select(
        "account_id",
        "other_account_id",
        rounded("surprise", 1).alias("surprise"),
        F.least("surprise", F.lit(limits.surprise_cap)).alias("weight"),
    )
    edges = fitting(checkpoint(_with_component(checkpoint(weighed), limits)), limits)

    def split(batch: pa.Table) -> pa.Table:
        return _split_components(batch, population, limits, proof)

    return edges.groupBy(F.pmod(F.xxhash64("component"), F.lit(BATCHES))).applyInArrow(split, COMMUNITIES)


def _with_component(edges: DataFrame, limits: RingLimits) -> DataFrame:
    components = connected_components(edges, limits.small_graph_links)
    return edges.join(components, on="account_id", how="inner")


def _split_components(batch: pa.Table, population: int, limits: RingLimits, proof: float) -> pa.Table:
    component = batch.column("component").to_numpy()
    ends = np.stack([batch.column("account_id").to_numpy(), batch.column("other_account_id").to_numpy()], axis=1)
    weight = batch.column("weight").to_numpy()
    order = np.lexsort((ends[:, 1], ends[:, 0], component))
    component, ends, weight = component[order], ends[order], weight[order]
    starts = np.flatnonzero(np.r_[True, component[1:] != component[:-1]])
    rows = [
        row
        for part in np.split(np.arange(len(component)), starts[1:])
        for row in _rings_of(ends[part], weight[part], population, limits, proof)
    ]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    types = (pa.int64(), pa.int64(), pa.float64())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, ["community", "account_id", "strength"])


def _rings_of(
    ends: np.ndarray, weight: np.ndarray, population: int, limits: RingLimits, proof: float
) -> Iterator[tuple[int, int, float]]:
    """Communities of one component, given its links as rows of two account ids, sorted."""
    import igraph

    accounts, index = np.unique(ends, return_inverse=True)
    if len(accounts) < MIN_MEMBERS:
        return
    graph = igraph.Graph(n=len(accounts), edges=index.reshape(ends.shape), edge_attrs={"weight": weight})
    graph.vs["account_id"] = accounts
    firm = _grouped(graph, limits.resolution, population, limits, proof)
    for ring in (part for each in firm for part in _apart(each, population, limits, proof)):
        tie = np.array(ring.strength(weights="weight"))
        strength = belonging(np.minimum(1.0, tie / np.median(tie)))
        members = ring.vs["account_id"]
        community = int(min(members))
        for account, value in zip(members, strength, strict=True):
            yield community, int(account), float(value)


def _grouped(
    graph: igraph.Graph, resolution: float, population: int, limits: RingLimits, proof: float
) -> list[igraph.Graph]:
    """The communities of a graph at a resolution, freed of who is loosely tied."""
    import igraph

    igraph.set_random_number_generator(random.Random(limits.seed))
    groups = graph.community_leiden("CPM", weights="weight", resolution=resolution, n_iterations=-1)
    return [ring for group in groups.subgraphs() for ring in _firm(group, population, limits, proof)]


def _apart(ring: igraph.Graph, population: int, limits: RingLimits, proof: float) -> Iterator[igraph.Graph]:
    """The ring, or the rings that it falls into, with all its members, at a good part of its own density.

    Where the links within are far above the resolution, those between two rings that happen to have copied the same
    film or reported the same creator may be above it as well.
    """
    size = ring.vcount()
    resolution = APART * sum(ring.es["weight"]) / (size * (size - 1) / 2)
    parts = _grouped(ring, resolution, population, limits, proof) if resolution > limits.resolution else []
    if len(parts) > 1 and sum(part.vcount() for part in parts) == size:
        for part in parts:
            yield from _apart(part, population, limits, proof)
    else:
        yield ring


def _firm(group: igraph.Graph, population: int, limits: RingLimits, proof: float) -> Iterator[igraph.Graph]:
    """The parts of a group that are left when loosely tied accounts have gone, again and again."""
    waiting = [group]
    while waiting:
        core = waiting.pop().k_core(MIN_TIES)
        for part in core.connected_components().subgraphs():
            size = part.vcount()
            if size < MIN_MEMBERS:
                continue
            weight = np.array(part.strength(weights="weight"))
            ties = np.array(part.degree())
            needed = proof * beyond_chance(size, population)
            excess = joint_surprise(weight, ties, size - 1, limits.min_surprise) - needed
            loose = (excess < 0) | (weight < limits.min_strength * np.median(weight))
            if not loose.any():
                yield part
            else:
                # The loosest half of them: the others may hold once these are gone, as groups that are smaller do not.
                last = np.sort(weight[loose])[(loose.sum() - 1) // 2]
                waiting.append(part.induced_subgraph(np.flatnonzero(~loose | (weight > last))))


def belonging(share: Any) -> Any:
    """How surely an account belongs to a group, 0 to 1, by the weight of its links into it as a share of the median
    member's (0 to 1); of numbers, arrays and Spark columns alike.

    1 - (1 - share)²: every member's links are beyond chance already, so a weight below the median's tells of a quiet
    member more often than of a bystander, and doubt goes faster than the weight comes.
    """
    return 1 - (1 - share) ** 2


def joint_surprise(total: np.ndarray, ties: np.ndarray, others: int, least: float) -> np.ndarray:
    """-log10 of the chance that an account's links to `others` accounts add up to `total`, when `ties` of them have a
    surprise of `least` or more.

    The truncated product of p-values (Zaykin, Zhivotovsky, Westfall, Weir 2002), bounded by the term of `ties` links.
    """
    beyond = np.log(10) * np.maximum(total - ties * least, 0.0)
    ways = gammaln(others + 1) - gammaln(ties + 1) - gammaln(others - ties + 1)
    with np.errstate(divide="ignore"):
        tail = np.log(gammaincc(ties, beyond))
    # Far out the tail underflows; there its largest term is all of it.
    largest = -beyond + (ties - 1) * np.log(np.maximum(beyond, 1.0)) - gammaln(ties)
    log_p = ways - ties * least * np.log(10) + np.where(np.isfinite(tail), tail, largest)
    return -log_p / np.log(10)


def beyond_chance(size: int, population: int) -> float:
    """The surprise, per member, that groups of `size` out of `population` accounts must exceed.

    There are at most (e·population/size)^size such groups, and a link is counted by both of its ends.
    """
    return 2 * log10(np.e * max(population, size) / size)
