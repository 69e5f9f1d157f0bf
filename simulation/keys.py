"""Ids and pseudonyms: numbers whose order and range tell nothing."""

from zlib import crc32

import numpy as np
import pyarrow as pa

MASK63 = np.uint64(2**63 - 1)
HEX = np.array([f"{byte:02x}" for byte in range(256)], dtype="S2")


def mixed(values: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64: a bijection of 64-bit numbers without visible order."""
    x = values.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def salt(seed: int, what: str) -> np.uint64:
    return mixed(np.array([(seed << 32) + crc32(what.encode())], dtype=np.uint64))[0]


def keyed(seed: int, what: str, *columns: np.ndarray | int) -> np.ndarray:
    """A 64-bit hash of columns of numbers, never 0 (which stands for null)."""
    state = np.array([salt(seed, what)])
    for values in columns:
        state = mixed(state + np.asarray(values).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
    return state | np.uint64(1)


def ids(seed: int, what: str, numbers: np.ndarray) -> np.ndarray:
    """Positive BIGINTs for different numbers: a bijection of 63 bits, so that no two of them meet."""
    x = (numbers.astype(np.uint64) + salt(seed, what)) & MASK63
    for factor, shift in ((0x5851F42D4C957F2D, 31), (0x14057B7EF767814F, 29), (0x2545F4914F6CDD1D, 32)):
        x = (x * np.uint64(factor)) & MASK63
        x ^= x >> np.uint64(shift)
    return x.astype(np.int64)


def pseudonyms(values: np.ndarray, prefix: str) -> pa.Array:
    """Strings for 64-bit keys, null for 0; each different key is formatted once."""
    different, where = np.unique(values, return_inverse=True)
    hexes = HEX[different.astype(">u8").view(np.uint8).reshape(-1, 8)].view("S16").ravel()
    strings = pa.array([prefix + text.decode() for text in hexes], pa.string())
    return strings.take(pa.array(where.ravel(), mask=values == 0))
