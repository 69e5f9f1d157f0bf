"""Estimate a share from a probability sample by its weights alone, with an interval that covers: plain numpy.

Sources:

- Hajek 1971: the weighted mean, divided by the sum of the weights (inverse inclusion probabilities: Horvitz & Thompson
  1952).
- Korn & Graubard 1998: intervals of small shares from a complex sample, through an effective sample size; as advised by
  the US National Center for Health Statistics (Parker et al. 2017). Here with Jeffreys' interval (Brown, Cai & DasGupta
  2001), because Clopper and Pearson's covers too much where few are found.
- Rogan & Gladen 1978: the true share from an apparent one, given how often verdicts are wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from lake.sampling import effective_size

LEVEL = 0.95
PRIOR_FOUND = 1.0
"""Violating accounts that the variance that is implied counts for, beside those that were found."""
LARGEST_SIZE = 1e9
"""Beyond it an interval is a point in double precision."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A share with its 95 % interval; None when nothing can be said."""

    share: float | None
    low: float
    high: float


NOTHING_KNOWN = Estimate(None, 0.0, 1.0)


def interval(share: float, variance: float, most: float) -> tuple[float, float]:
    """Jeffreys' interval at the effective sample size that the variance stands for, `most` when there is none.

    A share below its own standard error (none or next to none found) is no ground to judge that size by: it is judged
    as if the share were that large, which keeps the upper end a few standard errors away and never at 0.
    """
    share, deviation = min(max(share, 0.0), 1.0), min(sqrt(variance), 0.5)
    judged = min(max(share, deviation), 1 - deviation)
    size = min(judged * (1 - judged) / variance, LARGEST_SIZE) if variance > 0 else most
    low, high = betaincinv(share * size + 0.5, (1 - share) * size + 0.5, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = min(float(low), share), max(float(high), share)
    return (low if share > deviation else 0.0), (high if 1 - share > deviation else 1.0)


def design_based(verdicts: Floats, weights: Floats) -> tuple[float, float]:
    """Hajek's weighted share and its variance. `verdicts` are 0 or 1, `weights` inverse probabilities x size.

    The linearised variance seen in the sample is drawn towards that of independent verdicts of this share, the more the
    fewer violating accounts were found.
    """
    shares = weights / weights.sum()
    share = float((shares * verdicts).sum())
    seen = float(np.square(shares * (verdicts - share)).sum()) * _small_sample(weights)
    return share, _steadied(seen, share * (1 - share) / effective_size(weights), verdicts)


def _steadied(seen: float, implied: float, verdicts: Floats) -> float:
    found = float(verdicts.sum())
    return (found * seen + PRIOR_FOUND * implied) / (found + PRIOR_FOUND)


def _small_sample(weights: Floats) -> float:
    size = effective_size(weights)
    return size / (size - 1) if size > 1 else 1.0


def corrected(
    share: float, variance: float, errors: tuple[float, float] | None, requested: float = 1.0
) -> tuple[float, float]:
    """Rogan and Gladen's true share for verdicts that err alike in both directions, and its variance.

    `requested` is the part of the verdicts that were given because chance asked for them: of the others, which somebody
    had a reason to give, hardly any makes an abuser of an honest account.
    """
    if errors is None:
        return share, variance
    rate, rate_variance = errors
    span = 1 - 2 * rate
    slope = (2 * share - requested) / span**2
    return (share - rate * requested) / span, variance / span**2 + rate_variance * slope**2


def pooled(parts: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Share and variance of independent (share, variance, size) of the same thing.

    Weighted by effective sizes, which know nothing of the verdicts: weighting by estimated variances would favour the
    parts that happened to find little.
    """
    total = sum(size for *_, size in parts)
    share = sum(share * size for share, _, size in parts) / total
    return share, sum(variance * size**2 for _, variance, size in parts) / total**2


def finished(
    parts: Sequence[tuple[float, float, float]], errors: tuple[float, float] | None, requested: float = 1.0
) -> Estimate:
    """The estimate that (share, variance, effective size) of independent samples add up to; see `corrected`."""
    if not parts:
        return NOTHING_KNOWN
    return between(*corrected(*pooled(parts), errors, requested), sum(size for *_, size in parts))


def between(share: float, variance: float, most: float) -> Estimate:
    """A share with its interval."""
    return Estimate(min(max(share, 0.0), 1.0), *interval(share, variance, most))


def part(verdicts: Floats, weights: Floats) -> list[tuple[float, float, float]]:
    """(share, variance, effective size) of one sample; empty when nothing in it has a weight."""
    used = weights > 0
    if not used.any():
        return []
    return [(*design_based(verdicts[used], weights[used]), effective_size(weights[used]))]
