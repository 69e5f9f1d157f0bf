"""Estimating a share from a probability sample, with an interval that covers: plain numpy on the bounded sample.

Sources:

- Horvitz & Thompson 1952: weighting by the inverse of the inclusion probability; Hajek 1971: the weighted mean, divided
  by the sum of the weights.
- Saerndal, Swensson & Wretman 1992, chapter 6: the difference estimator, unbiased whatever the predictions are;
  as prediction-powered inference in Angelopoulos et al., Science 2023, and with a tuned trust in the predictions in
  Angelopoulos, Duchi & Zrnic 2023 (PPI++).
- Korn & Graubard 1998: intervals of small shares from a complex sample, through an effective sample size; as advised by
  the US National Center for Health Statistics (Parker et al. 2017). Here with Jeffreys' interval (Brown, Cai & DasGupta
  2001), because Clopper and Pearson's covers too much where few are found.
- Tenenbein 1970: shares from verdicts of which some are checked.
- Rogan & Gladen 1978: the true share from an apparent one, given how often verdicts are wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

LEVEL = 0.95
Z = float(ndtri(0.5 + LEVEL / 2))
PRIOR_MISSED = 0.1
"""Violating accounts that no prediction points to, beside those that audits found."""
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


def effective_size(weights: Floats) -> float:
    """Kish's effective number of observations: how many of equal weight would be as precise."""
    return float(weights.sum() ** 2 / np.square(weights).sum()) if len(weights) else 0.0


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

    The linearised variance seen in the sample is drawn towards that of independent verdicts of this share, as below.
    """
    shares = weights / weights.sum()
    share = float((shares * verdicts).sum())
    seen = float(np.square(shares * (verdicts - share)).sum()) * _small_sample(weights)
    return share, _steadied(seen, share * (1 - share) / effective_size(weights), verdicts)


def trust(verdicts: Floats, predictions: Floats, weights: Floats) -> float:
    """How far to lean on the predictions: the coefficient, from 0 to 1, at which the variance is least (PPI++).

    One observation is added at which prediction and verdict agree, so that a few hits do not throw it.
    """
    shares = np.square(weights / weights.sum())
    deviation = predictions - (weights * predictions).sum() / weights.sum()
    spread = float((shares * np.square(deviation)).sum())
    if spread <= 0:
        return 1.0
    centred = verdicts - (weights * verdicts).sum() / weights.sum()
    together = float((shares * deviation * centred).sum())
    prior = spread / effective_size(weights)
    return float(np.clip((together + prior) / (spread + prior), 0.0, 1.0))


def difference(verdicts: Floats, predictions: Floats, weights: Floats, predicted_share: float) -> tuple[float, float]:
    """Model-assisted share and its variance: what the predictions say of all, corrected by what the audits say of them.

    `predicted_share` is the weighted mean of the predictions over the whole population. The variance seen in the sample
    is drawn towards the one that the predictions imply of verdicts, the more the fewer violating accounts were found: a
    sample that happens to hold none of the rare accounts that the model misses says nothing of how many there are. The
    implied variance therefore counts some that no prediction points to, as many as were found, and a little more.
    """
    lean = trust(verdicts, predictions, weights)
    shares = weights / weights.sum()
    errors = verdicts - lean * predictions
    share = lean * predicted_share + float((shares * errors).sum())
    seen = float(np.square(shares * (errors - (shares * errors).sum())).sum()) * _small_sample(weights)
    missed = ((verdicts * (1 - predictions)).sum() + PRIOR_MISSED) / (len(verdicts) + 2 * PRIOR_MISSED)
    implied = float((np.square(shares) * (predictions * (1 - predictions) + missed * np.square(1 - predictions))).sum())
    return share, _steadied(seen, implied, verdicts)


def _steadied(seen: float, implied: float, verdicts: Floats) -> float:
    found = float(verdicts.sum())
    return (found * seen + PRIOR_FOUND * implied) / (found + PRIOR_FOUND)


def _small_sample(weights: Floats) -> float:
    size = effective_size(weights)
    return size / (size - 1) if size > 1 else 1.0


def error_rate(pairs: int, disagreements: int, prior_error: float, prior_pairs: float) -> tuple[float, float]:
    """How often a verdict is wrong, and the variance of that, from pairs of independent verdicts on the same thing.

    Two verdicts that err alike with chance e differ with chance 2 e (1 - e). What is believed beforehand counts as
    `prior_pairs` pairs, so that a few that agree do not prove reviewers perfect.
    """
    believed = 2 * prior_error * (1 - prior_error)
    size = pairs + prior_pairs
    apart = min((disagreements + believed * prior_pairs) / size, 0.45)
    root = sqrt(1 - 2 * apart)
    return (1 - root) / 2, apart * (1 - apart) / size / (4 * root**2)


def corrected(
    share: float, variance: float, errors: tuple[float, float] | None, asked: float = 1.0
) -> tuple[float, float]:
    """Rogan and Gladen's true share for verdicts that err alike in both directions, and its variance.

    `asked` is the part of the verdicts that were given because chance asked for them: of the others, which somebody had
    a reason to give, hardly any makes an abuser of an honest account.
    """
    if errors is None:
        return share, variance
    rate, rate_variance = errors
    span = 1 - 2 * rate
    slope = (2 * share - asked) / span**2
    return (share - rate * asked) / span, variance / span**2 + rate_variance * slope**2


def pooled(parts: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Share and variance of independent (share, variance, size) of the same thing.

    Weighted by effective sizes, which know nothing of the verdicts: weighting by estimated variances would favour the
    parts that happened to find little.
    """
    total = sum(size for *_, size in parts)
    share = sum(share * size for share, _, size in parts) / total
    return share, sum(variance * size**2 for _, variance, size in parts) / total**2


def finished(
    parts: Sequence[tuple[float, float, float]], errors: tuple[float, float] | None, asked: float = 1.0
) -> Estimate:
    """The estimate that (share, variance, effective size) of independent samples add up to; see `corrected`."""
    if not parts:
        return NOTHING_KNOWN
    return between(*corrected(*pooled(parts), errors, asked), sum(size for *_, size in parts))


@dataclass(frozen=True)
class Audit:
    """One sample of accounts: first verdicts as 0 or 1, whether the audit `asked` for them (or they were given for
    another reason), those of second looks at violating ones (NaN where there was none), weights, predictions and the
    share that they predict of the whole population.
    """

    verdicts: Floats
    asked: NDArray[np.bool_]
    seconds: Floats
    weights: Floats
    predictions: Floats
    predicted_share: float

    def part(self, values: Floats, assisted: bool) -> list[tuple[float, float, float]]:
        """What the sample says of the mean of `values`."""
        if assisted:
            return part(values, self.weights, self.predictions, self.predicted_share)
        return part(values, self.weights)


def combined(audits: Sequence[Audit], errors: tuple[float, float], assisted: bool) -> Estimate:
    """The share of violating accounts by several samples, with the predictions when `assisted`.

    Without second looks it is Rogan and Gladen's share. With them a verdict said twice counts as true, one taken back
    does not, and one that nobody has looked at again counts as far as others were confirmed (double sampling: Tenenbein
    1970); but in full where no audit asked for it, as what is flagged is seldom a slip. What both reviewers miss is
    added by the rate of errors; the little that both make up is not taken off.
    """

    def parts_of(value: Callable[[Audit], Floats], assisted: bool) -> list[tuple[float, float, float]]:
        return [each for audit in audits for each in audit.part(value(audit), assisted)]

    first = parts_of(lambda audit: audit.verdicts, assisted)
    looks = np.concatenate([audit.seconds[~np.isnan(audit.seconds)] for audit in audits])
    if not first:
        return NOTHING_KNOWN
    asked, _ = pooled(parts_of(lambda audit: audit.asked.astype(float), assisted=False))
    if not len(looks):
        return finished(first, errors, asked)
    rate, rate_variance = errors
    apparent, _ = pooled(parts_of(lambda audit: audit.verdicts * audit.asked, assisted=False))
    true, _ = corrected(apparent, 0.0, errors, asked)
    believed = min(max(true * (1 - rate) / apparent, 0.0), 1.0) if apparent else 0.5
    right = (looks.sum() + believed) / (len(looks) + 1)
    right_variance = right * (1 - right) / (len(looks) + 2)

    def judged(audit: Audit) -> Floats:
        once = np.where(audit.asked, audit.verdicts * right, audit.verdicts)
        return np.where(np.isnan(audit.seconds), once, audit.seconds / (1 - rate)) / (1 - rate)

    single, _ = pooled(parts_of(lambda audit: audit.verdicts * audit.asked * np.isnan(audit.seconds), assisted=False))
    parts = parts_of(judged, assisted)
    share, variance = pooled(parts)
    variance += (single / (1 - rate)) ** 2 * right_variance + (2 * share / (1 - rate)) ** 2 * rate_variance
    return between(share, variance, sum(size for *_, size in parts))


def between(share: float, variance: float, most: float) -> Estimate:
    """A share with its interval."""
    return Estimate(min(max(share, 0.0), 1.0), *interval(share, variance, most))


def part(
    verdicts: Floats, weights: Floats, predictions: Floats | None = None, predicted_share: float = 0.0
) -> list[tuple[float, float, float]]:
    """(share, variance, effective size) of one sample; empty when nothing in it has a weight."""
    used = weights > 0
    if not used.any():
        return []
    if predictions is None:
        share, variance = design_based(verdicts[used], weights[used])
    else:
        share, variance = difference(verdicts[used], predictions[used], weights[used], predicted_share)
    return [(share, variance, effective_size(weights[used]))]
