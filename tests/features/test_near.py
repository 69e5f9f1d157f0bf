"""Near-equal frames: what hashing finds is what comparing all with all finds."""

import numpy as np
import pytest

from features.links.near import near_frames

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
