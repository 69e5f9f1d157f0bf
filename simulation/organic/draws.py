"""Draws that every crowd needs: numbers out of ranges, and who does what of much."""

import numpy as np

Rng = np.random.Generator
Range = tuple[float, float]


def some(rng: Rng, within: Range) -> int:
    """A whole number out of a range, small ones as likely as large ones by magnitude."""
    low, high = within
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def part(rng: Rng, within: Range) -> float:
    """A number out of a range, each as likely."""
    return float(rng.uniform(*within))


def each(rng: Rng, within: Range, count: int) -> np.ndarray:
    """A number out of a range for each of so many."""
    return rng.uniform(*within, count)


def delays(rng: Rng, mean: float | np.ndarray, count: int) -> np.ndarray:
    """Exponential delays of this mean, or each of a mean of its own, in whole microseconds."""
    return (rng.exponential(1.0, count) * mean).astype(np.int64)


def moments(rng: Rng, first: int, last: int, count: int) -> np.ndarray:
    """Times between two moments, sorted."""
    return np.sort(first + (rng.random(count) * max(last - first, 0)).astype(np.int64))


def takers(rng: Rng, keen: np.ndarray, objects: int) -> tuple[np.ndarray, np.ndarray]:
    """Who does something about which of so many objects: each person each with a chance of their own."""
    who, which = np.nonzero(rng.random((len(keen), objects)) < keen[:, None])
    return who, which


def pairs(rng: Rng, size: int, chance: float) -> tuple[np.ndarray, np.ndarray]:
    """Ordered pairs of different members, each with a chance."""
    one, two = np.nonzero((rng.random((size, size)) < chance) & ~np.eye(size, dtype=bool))
    return one, two
