"""Estimating a share from a probability sample, with an interval that covers: plain numpy on the bounded sample.

Sources:

- Hajek 1971: the weighted mean, divided by the sum of the weights (inverse inclusion probabilities: Horvitz & Thompson
  1952).
- Korn & Graubard 1998: intervals of small shares from a complex sample, through an effective sample size; as advised by
  the US National Center for Health Statistics (Parker et al. 2017). Here with Jeffreys' interval (Brown, Cai & DasGupta
  2001), because Clopper and Pearson's covers too much where few are found. The same size makes a binomial likelihood
  of weighted verdicts (Chen, Wakefield & Lumley 2014).
- Rogan & Gladen 1978: the true share from an apparent one, given how often verdicts are wrong. Where that is uncertain
  itself: Joseph, Gyorkos & Coupal 1995, Gelman & Carpenter 2020. Verdicts of which some are checked: Tenenbein 1970.
- Holt & Smith 1979: post-stratification, here by score.
- Ibrahim & Chen 2000: a power prior, for evidence from elsewhere that counts in part.
- Connor & Mosimann 1969: a Dirichlet distribution as independent shares, each of what the one before left.
- Roberts 2018: the additive sequence of points that fills a cube evenly in any dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
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
PRIOR_SHAPE = 0.25
"""Violating and benign accounts that each stratum starts with, whatever the scores say."""
PRIOR_SCORED = 2.0
"""Audited accounts that the mean score of a stratum is worth."""
PAIRS = 256
"""Pairs of chances of a false positive and of a false negative that are looked at."""
CELLS = 384
"""Shares that are looked at in each stratum."""
DRAWS = 96
"""Points of the cube of shares, for each pair of chances of errors."""
NEGLIGIBLE = 1e-5
"""A pair of chances with less than this of the likeliest one's weight is left out."""
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


def between(share: float, variance: float, most: float) -> Estimate:
    """A share with its interval."""
    return Estimate(min(max(share, 0.0), 1.0), *interval(share, variance, most))


def part(verdicts: Floats, weights: Floats) -> list[tuple[float, float, float]]:
    """(share, variance, effective size) of one sample; empty when nothing in it has a weight."""
    used = weights > 0
    if not used.any():
        return []
    return [(*design_based(verdicts[used], weights[used]), effective_size(weights[used]))]


@dataclass(frozen=True)
class Errors:
    """What is known of wrong verdicts: pairs of chances, of a false positive (violating is said of a benign account)
    and of a false negative, each pair with its weight. The weights add up to 1.
    """

    false_positives: Floats
    false_negatives: Floats
    weights: Floats
    chances: Floats = field(repr=False)
    """Logarithms of the chances of what reviewers say of an account: a row for each kind of `said`, which holds every
    pair at every share of SHARES, and a last one for no verdict of before. Of the first four kinds the shares are those
    of violating accounts among the ones that are not known; of the last two, those of known ones among all."""

    @property
    def means(self) -> tuple[float, float]:
        """Expected chances of a false positive and of a false negative."""
        return float(self.weights @ self.false_positives), float(self.weights @ self.false_negatives)

    @property
    def slips(self) -> tuple[float, float]:
        """The chance of a false positive and its variance."""
        mean = self.means[0]
        return mean, float(self.weights @ np.square(self.false_positives - mean))


EDGES = np.square(np.sin(np.pi / 2 * np.arange(CELLS + 1) / CELLS))
SHARES = np.square(np.sin(np.pi / 2 * (np.arange(CELLS) + 0.5) / CELLS))
"""Shares at even steps of the angle whose squared sine they are: close together near 0 and 1, where it matters."""


def believed_errors(false_positives: tuple[float, float], false_negatives: tuple[float, float]) -> Errors:
    """Make what is known of errors before any verdict was given twice, out of beta distributions.

    Each is the mean and the number of verdicts that the belief is worth (the sum of the parameters). The pairs fill
    the plane of both distributions evenly, no chance twice: where only one of the two matters, all pairs tell of it.
    Large chances have more pairs of less weight (importance sampling), for audits that make them likely after all.
    """
    from_top = 1 - _points(2, PAIRS)
    slips, misses = (
        np.asarray(betaincinv(mean * worth, (1 - mean) * worth, 1 - np.square(left)))
        for (mean, worth), left in zip((false_positives, false_negatives), from_top, strict=True)
    )
    weights = from_top.prod(axis=0)
    return Errors(slips, misses, weights / weights.sum(), _chances(slips[:, None], misses[:, None]))


def _chances(slip: Floats, miss: Floats) -> Floats:
    chances = (
        SHARES * miss + (1 - SHARES) * (1 - slip),
        SHARES * (1 - miss) + (1 - SHARES) * slip,
        SHARES * np.square(1 - miss) + (1 - SHARES) * np.square(slip),
        SHARES * (1 - miss) * miss + (1 - SHARES) * slip * (1 - slip),
        SHARES * (1 - miss) + 0 * slip,
        1 - SHARES * (1 - miss) + 0 * slip,
    )
    return np.log(np.maximum(np.stack(chances), 1e-300)).reshape(len(chances), -1)


def learned_errors(believed: Errors, violating: float, differ: float, benign: float, weight: float) -> Errors:
    """Update what is known of errors by numbers of doubles: pairs of independent verdicts on one entity and policy.

    Of the pairs both verdicts are violating, they differ, or both are benign. How many of the entities are violating is
    unknown (Jeffreys' prior). Doubles are of cases that somebody flagged, where errors may be as common as in audits or
    not: each counts for `weight` of a pair.
    """
    slip, miss = believed.false_positives[:, None], believed.false_negatives[:, None]
    both = SHARES * np.square(1 - miss) + (1 - SHARES) * np.square(slip)
    neither = SHARES * np.square(miss) + (1 - SHARES) * np.square(1 - slip)
    apart = np.maximum(1 - both - neither, 1e-12)
    log = weight * (violating * np.log(both) + differ * np.log(apart) + benign * np.log(neither))
    return _reweighted(believed, np.log(np.exp(log - log.max()).sum(axis=1) + 1e-300))


def _reweighted(errors: Errors, log_likelihood: Floats) -> Errors:
    weights = errors.weights * np.exp(log_likelihood - log_likelihood.max())
    return replace(errors, weights=weights / weights.sum())


@dataclass(frozen=True)
class Audit:
    """One sample of accounts: first verdicts as 0 or 1, whether the audit `asked` for them (or they were given for
    another reason), those of second looks at violating ones (NaN where there was none), weights, and numbers of strata.

    `shares` are the parts that the strata have of the whole population, by number, `scores` their mean scores.
    """

    verdicts: Floats
    asked: NDArray[np.bool_]
    seconds: Floats
    weights: Floats
    strata: NDArray[np.int64]
    shares: Floats
    scores: Floats


@dataclass(frozen=True)
class Stratum:
    """A part of the population, by its share of it: what was said there of how many accounts (see `said`), and the
    violating and benign ones that are taken for granted beforehand. `flagged`, if some had been decided on before.
    """

    share: float
    said: Floats
    flagged: bool = False
    violating: float = PRIOR_SHAPE
    benign: float = PRIOR_SHAPE


@dataclass(frozen=True)
class Posterior(Estimate):
    """An estimate with what is known of errors once the audits have been seen."""

    errors: Errors | None = field(default=None, compare=False, repr=False)


def said(verdicts: Floats, asked: NDArray[np.bool_], seconds: Floats, weights: Floats) -> Floats:
    """Count accounts by what reviewers said of them, weighted, so that they add up to the effective size.

    The kinds: benign; violating as an audit asked, with no second look; violating twice; violating, then taken back;
    violating before an audit asked. The size is that of the variance that is seen, no more than there are accounts.
    """
    used = weights > 0
    if not used.any():
        return np.zeros(5)
    verdicts, asked, seconds, weights = verdicts[used], asked[used], seconds[used], weights[used]
    once = (verdicts == 1) & np.isnan(seconds)
    share, variance = design_based(np.where(np.isnan(seconds), verdicts, seconds), weights)
    size = share * (1 - share) / variance if variance > 0 else effective_size(weights)
    kinds = (verdicts == 0, once & asked, seconds == 1, seconds == 0, once & ~asked)
    sums = np.array([weights[kind].sum() for kind in kinds])
    return sums / weights.sum() * min(size, len(weights))


def strata_of(audits: Sequence[Audit], assisted: bool) -> list[Stratum]:
    """The strata of several samples of one population, each sample as a part of it by its effective size.

    Not `assisted`, a sample is one stratum.
    """
    sizes = np.array([effective_size(audit.weights[audit.weights > 0]) for audit in audits])
    strata = []
    for audit, part_of in zip(audits, sizes / sizes.sum(), strict=True):
        if part_of == 0:
            continue
        flagged = not audit.asked.all()
        if not assisted:
            kinds = said(audit.verdicts, audit.asked, audit.seconds, audit.weights)
            strata.append(Stratum(part_of, kinds, flagged))
            continue
        for number, (share, score) in enumerate(zip(audit.shares, audit.scores, strict=True)):
            within = audit.strata == number
            kinds = said(audit.verdicts[within], audit.asked[within], audit.seconds[within], audit.weights[within])
            violating, benign = PRIOR_SHAPE + PRIOR_SCORED * score, PRIOR_SHAPE + PRIOR_SCORED * (1 - score)
            strata.append(Stratum(part_of * share, kinds, flagged, violating, benign))
    return [stratum for stratum in strata if stratum.share > 0]


def combined(audits: Sequence[Audit], errors: Errors, assisted: bool) -> Estimate:
    """The share of violating accounts by several samples, within strata of scores when `assisted`."""
    if not any((audit.weights > 0).any() for audit in audits):
        return NOTHING_KNOWN
    return posterior(strata_of(audits, assisted), errors)


def posterior(strata: Sequence[Stratum], errors: Errors) -> Posterior:
    """The share of violating accounts in a population of strata: posterior mean and equal-tailed 95 % interval.

    Given the chances of errors, the strata know nothing of each other: each has the posterior of its shares on a grid,
    and what it says of the chances. All pairs of chances are looked at, as they weigh in the end.

    Violating accounts are of two kinds: those that somebody flagged, so that a verdict stood before the audit, and
    those that an audit has to find. Of all benign accounts next to none is flagged and then taken for an abuser, so
    errors are among the others only. Beforehand, the two kinds and the benign accounts have a Dirichlet distribution
    (Connor & Mosimann 1969): the flagged part of the whole and the violating part of the rest are independent.
    """
    sticks = [_sticks(stratum, errors) for stratum in strata]
    peaks = [[log.max(axis=1, keepdims=True) for log in logs] for logs in sticks]
    densities = [
        [np.exp(log - peak) for log, peak in zip(logs, tops, strict=True)]
        for logs, tops in zip(sticks, peaks, strict=True)
    ]
    fits = np.zeros(len(errors.weights))
    for density, peak in zip(chain(*densities), chain(*peaks), strict=True):
        fits += np.log(density.sum(axis=1)) + peak[:, 0]
    known = _reweighted(errors, fits)
    kept = known.weights > NEGLIGIBLE * known.weights.max()
    weights = known.weights[kept] / known.weights[kept].sum()
    points = iter(_points(sum(map(len, sticks)), len(weights) * DRAWS).reshape(-1, len(weights), DRAWS))
    mean, shares = 0.0, np.zeros((len(weights), DRAWS))
    for stratum, parts in zip(strata, densities, strict=True):
        means, rest = np.ones(len(weights)), np.ones((len(weights), DRAWS))
        for density in parts:
            chances = density[kept] / density[kept].sum(axis=1, keepdims=True)
            means *= 1 - chances @ SHARES
            rest *= 1 - _quantiles(chances, next(points))
        mean += stratum.share * float(weights @ (1 - means))
        shares += stratum.share * (1 - rest)
    order = np.argsort(shares, axis=None)
    below = np.cumsum(np.repeat(weights / DRAWS, DRAWS)[order])
    ends = np.searchsorted(below, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).clip(max=shares.size - 1)
    low, high = shares.ravel()[order][ends]
    mean = min(max(float(mean), 0.0), 1.0)
    return Posterior(mean, max(min(float(low), mean), 0.0), min(max(float(high), mean), 1.0), known)


def _sticks(stratum: Stratum, errors: Errors) -> list[Floats]:
    """Logarithms of the densities of violating accounts' share among those that are not known and, if there may be any,
    of the known ones' share of the whole: a row for each pair of chances.
    """
    *others, flagged = stratum.said
    if not stratum.flagged:
        return [_on_grid(stratum.said[:4] @ errors.chances[:4], stratum.violating, stratum.benign)]
    half = stratum.violating / 2
    told = flagged * errors.chances[4] + sum(others) * errors.chances[5]
    return [
        _on_grid(stratum.said[:4] @ errors.chances[:4], half, stratum.benign),
        _on_grid(told, half, half + stratum.benign),
    ]


def _on_grid(log_likelihood: Floats, violating: float, benign: float) -> Floats:
    prior = (violating - 0.5) * np.log(SHARES) + (benign - 0.5) * np.log1p(-SHARES)
    return np.asarray(log_likelihood.reshape(-1, CELLS) + prior)


def _points(dimensions: int, size: int) -> Floats:
    """Points that fill a cube evenly: a row for each dimension."""
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    return np.asarray((0.5 + steps[:, None] * np.arange(1, size + 1)) % 1)


def _quantiles(chances: Floats, points: Floats) -> Floats:
    """Quantiles of distributions on the cells at `points`: a row for each."""
    below = np.concatenate([np.zeros((len(chances), 1)), np.cumsum(chances, axis=1)], axis=1)
    below[:, -1] = 1.0
    rows = np.arange(len(chances))[:, None]
    cells = np.searchsorted((below[:, 1:] + rows).ravel(), (points + rows).ravel()).reshape(len(chances), -1)
    cells = (cells - rows * CELLS).clip(0, CELLS - 1)
    low, high = (np.take_along_axis(below, place, axis=1) for place in (cells, cells + 1))
    way = ((points - low) / np.maximum(high - low, 1e-300)).clip(0, 1)
    return np.asarray(EDGES[cells] + way * (EDGES[cells + 1] - EDGES[cells]))
