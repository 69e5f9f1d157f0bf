"""Find communities of the link graph that are beyond chance as a whole, and trim accounts with weak links.

A connected component may hold several rings that a few chance links have joined. Leiden (Traag, Waltman, van Eck: From
Louvain to Leiden, 2019) with the constant Potts model splits it: a group stands if its mean surprise over all pairs of
members exceeds the resolution, whatever the size of the rest of the graph. With modularity, small rings would be
absorbed in large components.

No single link has to be significant. Rings that hide share too little, pair by pair, to be told from chance; that the
same twenty accounts have weak links to each other is no chance. So the group is tested: the links of each member into
it, taken together, must be less likely than the best that could be found among all groups of that size.
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
from features.rings.parts import split_oversized

if TYPE_CHECKING:
    import igraph

MIN_MEMBERS = 3
"""Two accounts that act together are a pair; a link says all there is to say of it."""
MIN_LINKS = 2
"""Links of a member into its group: one may be chance, or a home; two into the same group hardly are."""
SPLIT_DENSITY = 0.3
"""A group is split further where its parts hold together at this share of its own density."""
BATCHES = 256
"""Number of batches of components: a component's batch is its hash modulo this."""

COMMUNITY_SCHEMA = "community bigint, account_id bigint, strength double"


def find_communities(links: DataFrame, population: int, limits: RingLimits, proof_share: float = 1.0) -> DataFrame:
    """Find the communities of three accounts or more in the link graph: community, account_id, strength.

    `links` (account_id, other_account_id, surprise) are those of `min_surprise` or more between any two of `population`
    accounts. A community is named by its smallest member. `strength` is the `membership_score` of a member by the
    weight of its links into the community. A share of `proof_share` of the surprise that a group has to exceed
    (`min_joint_surprise`) is enough.
    """
    weighted = links.select(
        "account_id",
        "other_account_id",
        rounded("surprise", 1).alias("surprise"),
        F.least("surprise", F.lit(limits.surprise_cap)).alias("weight"),
    )
    edges = split_oversized(checkpoint(_with_component(checkpoint(weighted), limits)), limits)

    def find_in_batch(batch: pa.Table) -> pa.Table:
        """Find the communities of a batch of components."""
        return _communities_in_batch(batch, population, limits, proof_share)

    return edges.groupBy(F.pmod(F.xxhash64("component"), F.lit(BATCHES))).applyInArrow(find_in_batch, COMMUNITY_SCHEMA)


def _with_component(edges: DataFrame, limits: RingLimits) -> DataFrame:
    """Add the connected component of each link."""
    components = connected_components(edges, limits.small_graph_links)
    return edges.join(components, on="account_id", how="inner")


def _communities_in_batch(batch: pa.Table, population: int, limits: RingLimits, proof_share: float) -> pa.Table:
    """Find the communities of a table of links with components; rows in COMMUNITY_SCHEMA."""
    component = batch.column("component").to_numpy()
    ends = np.stack([batch.column("account_id").to_numpy(), batch.column("other_account_id").to_numpy()], axis=1)
    weight = batch.column("weight").to_numpy()
    order = np.lexsort((ends[:, 1], ends[:, 0], component))
    component, ends, weight = component[order], ends[order], weight[order]
    starts = np.flatnonzero(np.r_[True, component[1:] != component[:-1]])
    rows = [
        row
        for part in np.split(np.arange(len(component)), starts[1:])
        for row in _communities_of_component(ends[part], weight[part], population, limits, proof_share)
    ]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    types = (pa.int64(), pa.int64(), pa.float64())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, ["community", "account_id", "strength"])


def _communities_of_component(
    ends: np.ndarray, weight: np.ndarray, population: int, limits: RingLimits, proof_share: float
) -> Iterator[tuple[int, int, float]]:
    """Yield (community, account_id, strength) of the communities of one component.

    `ends` are its links as rows of two account ids, sorted; `weight` their weights.
    """
    import igraph

    accounts, index = np.unique(ends, return_inverse=True)
    if len(accounts) < MIN_MEMBERS:
        return
    graph = igraph.Graph(n=len(accounts), edges=index.reshape(ends.shape), edge_attrs={"weight": weight})
    graph.vs["account_id"] = accounts
    groups = _leiden_groups(graph, limits.resolution, population, limits, proof_share)
    for group in (part for each in groups for part in _split_by_density(each, population, limits, proof_share)):
        link_weight = np.array(group.strength(weights="weight"))
        strength = membership_score(np.minimum(1.0, link_weight / np.median(link_weight)))
        members = group.vs["account_id"]
        community = int(min(members))
        for account, value in zip(members, strength, strict=True):
            yield community, int(account), float(value)


def _leiden_groups(
    graph: igraph.Graph, resolution: float, population: int, limits: RingLimits, proof_share: float
) -> list[igraph.Graph]:
    """Return the Leiden communities of a graph at a resolution, trimmed."""
    import igraph

    igraph.set_random_number_generator(random.Random(limits.seed))
    groups = graph.community_leiden("CPM", weights="weight", resolution=resolution, n_iterations=-1)
    return [part for group in groups.subgraphs() for part in _trimmed(group, population, limits, proof_share)]


def _split_by_density(
    group: igraph.Graph, population: int, limits: RingLimits, proof_share: float
) -> Iterator[igraph.Graph]:
    """Yield the group, or the groups that it splits into without losing a member at a share of its own density.

    Where the links inside are far above the resolution, those between two rings that happen to have copied the same
    video, or reported the same creator, may be above it as well.
    """
    size = group.vcount()
    resolution = SPLIT_DENSITY * sum(group.es["weight"]) / (size * (size - 1) / 2)
    parts = _leiden_groups(group, resolution, population, limits, proof_share) if resolution > limits.resolution else []
    if len(parts) > 1 and sum(part.vcount() for part in parts) == size:
        for part in parts:
            yield from _split_by_density(part, population, limits, proof_share)
    else:
        yield group


def _trimmed(group: igraph.Graph, population: int, limits: RingLimits, proof_share: float) -> Iterator[igraph.Graph]:
    """Yield the parts of a group that are left when members with weak links are removed, again and again."""
    untested = [group]
    while untested:
        trimmed = untested.pop().k_core(MIN_LINKS)
        for part in trimmed.connected_components().subgraphs():
            size = part.vcount()
            if size < MIN_MEMBERS:
                continue
            weight = np.array(part.strength(weights="weight"))
            links = np.array(part.degree())
            needed = proof_share * min_joint_surprise(size, population)
            excess = joint_surprise(weight, links, size - 1, limits.min_surprise) - needed
            weak = (excess < 0) | (weight < limits.min_strength * np.median(weight))
            if not weak.any():
                yield part
            else:
                # Only the weakest half, as smaller groups need more surprise per member: the others may pass then.
                cut = np.sort(weight[weak])[(weak.sum() - 1) // 2]
                untested.append(part.induced_subgraph(np.flatnonzero(~weak | (weight > cut))))


def membership_score(share: Any) -> Any:
    """Return how firmly an account belongs to a group, 0 to 1, by the weight of its links into it.

    The weight is given as a share of the median member's, 0 to 1; numbers, arrays and Spark columns do. The score is 1
    - (1 - share)²: each member's links are beyond chance already, so that a weight below the median more often means a
      quiet member than a bystander, and doubt decreases faster than the weight grows.
    """
    return 1 - (1 - share) ** 2


def joint_surprise(total: np.ndarray, links: np.ndarray, others: int, min_surprise: float) -> np.ndarray:
    """Return the -log10 of the probability, by chance, that an account's links to a group are so surprising.

    Their surprises sum to `total`; of the `others` accounts of the group, it has a surprise of `min_surprise` or more
    with `links`. This is the truncated product of p-values (Zaykin, Zhivotovsky, Westfall, Weir 2002), bounded by its
    term of `links` links.
    """
    excess = np.log(10) * np.maximum(total - links * min_surprise, 0.0)
    log_multiplicity = gammaln(others + 1) - gammaln(links + 1) - gammaln(others - links + 1)
    with np.errstate(divide="ignore"):
        tail = np.log(gammaincc(links, excess))
    # Far out the tail underflows; its largest term is nearly all of it there.
    largest = -excess + (links - 1) * np.log(np.maximum(excess, 1.0)) - gammaln(links)
    log_p = log_multiplicity - links * min_surprise * np.log(10) + np.where(np.isfinite(tail), tail, largest)
    return -log_p / np.log(10)


def min_joint_surprise(size: int, population: int) -> float:
    """Return the surprise per member that a group of `size` of `population` accounts must exceed.

    There are at most (e·population/size)^size such groups, and each link counts for both of its ends.
    """
    return 2 * log10(np.e * max(population, size) / size)
