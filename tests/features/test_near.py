"""Near-equal frames and texts: what hashing finds is what comparing all with all finds."""

import networkx as nx
import numpy as np
import pytest

from conf import load_limits
from features.links.near import jaccard, near_frames, near_texts, shingles

BITS = 256


def made_up(seed: int) -> np.ndarray:
    """Frames as rows of bits: some that have nothing to do with each other, and copies of ten with up to 60 bits lost.

    Others are a copy in each of whose 16 parts two bits differ: together 32, the first distance that may go unseen.
    """
    dice = np.random.default_rng(seed)
    alone = dice.integers(0, 2, (150, BITS), dtype=np.uint8)
    copies = []
    for original in alone[:10]:
        for lost in range(1, 61, 3):
            copy = original.copy()
            copy[dice.choice(BITS, lost, replace=False)] ^= 1
            copies.append(copy)
    spread = alone[10].copy()
    spread[np.arange(0, BITS, 8)] ^= 1
    return np.vstack([alone, *copies, spread])


@pytest.mark.parametrize("seed", [1, 2])
def test_all_pairs_up_to_31_bits_are_found_and_most_up_to_48(spark, seed):
    bits = made_up(seed)
    rows = [(number, bytearray(np.packbits(frame))) for number, frame in enumerate(bits)]
    frames = spark.createDataFrame(rows, "frame_id bigint, frame_hash binary")
    found = {(row.frame_id, row.other_frame_id): row.distance for row in near_frames(frames, 48).collect()}
    apart = (bits[:, None, :] != bits[None, :, :]).sum(axis=2)
    true = {(a, b): int(apart[a, b]) for a, b in zip(*np.where(np.triu(apart <= 48, k=1)), strict=True)}
    assert found.items() <= true.items()
    assert {pair for pair, distance in true.items() if distance <= 31} <= found.keys()
    looser = [pair for pair, distance in true.items() if distance > 31]
    assert len(looser) > 300 and len(found.keys() & set(looser)) > 0.9 * len(looser)
    assert (10, len(bits) - 1) not in found


def test_copies_of_one_frame_hang_together_by_few_pairs_and_hide_nothing_else(spark):
    dice = np.random.default_rng(3)
    original, other = dice.integers(0, 2, (2, BITS), dtype=np.uint8)
    copies = np.repeat([original], 1000, axis=0)
    for copy in copies:
        copy[dice.choice(BITS, dice.integers(0, 9), replace=False)] ^= 1
    # Another work has four of its parts in common with the copies.
    other[:64] = original[:64]
    bits = np.vstack([np.unique(copies, axis=0), other, other])
    bits[-1, 200:210] ^= 1
    rows = [(number, bytearray(np.packbits(frame))) for number, frame in enumerate(bits)]
    frames = spark.createDataFrame(rows, "frame_id bigint, frame_hash binary")
    pairs = [(row.frame_id, row.other_frame_id) for row in near_frames(frames, full_size=100).collect()]
    count = len(bits) - 2
    assert len(pairs) < 0.4 * count * (count - 1) / 2
    graph = nx.Graph(pairs)
    assert sorted(map(len, nx.connected_components(graph))) == [2, count]
    assert (count, count + 1) in pairs


def test_texts_that_differ_in_a_few_words_are_pairs_however_they_come_in(spark):
    script = "get ten thousand real followers overnight write to {} before the offer ends"
    normal = [script.format(name) for name in ("alina", "boris", "carla")]
    normal += ["what a lovely evening by the sea", "the cat jumps off the shelf and onto the cake", "ab", "a b"]
    rows = list(enumerate(normal))
    found = {
        parts: sorted(map(tuple, near_texts(texts.repartition(parts), load_limits().links).collect()))
        for texts in [spark.createDataFrame(rows, "text_id bigint, normal string")]
        for parts in (1, 5)
    }
    assert found[1] == found[5]
    assert nx.node_connected_component(nx.Graph(found[1]), 0) == {0, 1, 2}
    assert all(
        jaccard(shingles(normal[one]), shingles(normal[other])) >= load_limits().links.min_jaccard
        for one, other in found[1]
    )
