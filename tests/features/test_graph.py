"""Connected components, of any graph and by either way."""

import random
from itertools import pairwise

import networkx as nx
import pytest

from features.graph import connected_components


def graphs():
    """Random graphs, a long path in shuffled order, a star, a cycle, doubled and reversed links."""
    rng = random.Random(3)
    sparse = nx.gnm_random_graph(300, 220, seed=1)
    path = list(range(1_000, 1_080))
    rng.shuffle(path)
    star = nx.star_graph(100)
    yield (
        "mixed",
        [
            *((2**62 - a, 2**62 - b) for a, b in sparse.edges),
            *pairwise(path),
            *((5_000 + a, 5_000 + b) for a, b in star.edges),
            (1_000, 1_001),
            (1_001, 1_000),
            (-4, -9),
        ],
    )
    yield "nothing", []


def expected(edges):
    return {node: min(part) for part in nx.connected_components(nx.Graph(edges)) for node in part}


@pytest.mark.parametrize(("name", "edges"), list(graphs()), ids=["mixed", "nothing"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_components_are_those_of_networkx(spark, name, edges, in_memory):
    links = spark.createDataFrame(edges, "account_id bigint, other_account_id bigint")
    found = connected_components(links, 10_000 if in_memory else 0).collect()
    assert {row.account_id: row.component for row in found} == expected(edges)
    assert len(found) == len(expected(edges))
