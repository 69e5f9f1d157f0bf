"""Estimate the share of violating accounts from audits, scores and what is known of wrong verdicts: plain numpy.

Sources:

- Chen, Wakefield & Lumley 2014: a binomial likelihood of weighted verdicts, by their effective size.
- Joseph, Gyorkos & Coupal 1995, Gelman & Carpenter 2020: the true share where it is uncertain how often verdicts are
  wrong. Verdicts of which some are checked: Tenenbein 1970.
- Holt & Smith 1979: post-stratification, here by score.
- Connor & Mosimann 1969: a Dirichlet distribution as independent shares, each of what the one before left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from lake.sampling import effective_size
from review.design_based import LEVEL, NOTHING_KNOWN, Estimate, Floats, design_based
from review.wrong_verdicts import CELLS, EDGES, SHARES, Errors, even_points, reweighted

PRIOR_SHAPE = 0.25
"""Violating and benign accounts that each stratum starts with, whatever the scores say."""
PRIOR_SCORED = 2.0
"""Audited accounts that the mean score of a stratum is worth."""
DRAWS = 96
"""Points of the cube of shares, for each pair of chances of errors."""
NEGLIGIBLE = 1e-5
"""A pair of chances with less than this of the likeliest one's weight is left out."""


@dataclass(frozen=True)
class Audit:
    """One sample of accounts: first verdicts as 0 or 1, whether the audit `requested` them (or they were given for
    another reason), those of second reviews of violating ones (NaN where there was none), weights, and numbers of
    strata.

    `shares` are the parts that the strata have of the whole population, by number, `scores` their mean scores.
    """

    verdicts: Floats
    requested: NDArray[np.bool_]
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


def said(verdicts: Floats, requested: NDArray[np.bool_], seconds: Floats, weights: Floats) -> Floats:
    """Count accounts by what reviewers said of them, weighted, so that they add up to the effective size.

    The kinds: benign; violating as an audit asked, with no second review; violating twice; violating, then taken back;
    violating before an audit asked. The size is that of the variance that is seen, no more than there are accounts.
    """
    used = weights > 0
    if not used.any():
        return np.zeros(5)
    verdicts, requested, seconds, weights = verdicts[used], requested[used], seconds[used], weights[used]
    once = (verdicts == 1) & np.isnan(seconds)
    share, variance = design_based(np.where(np.isnan(seconds), verdicts, seconds), weights)
    size = share * (1 - share) / variance if variance > 0 else effective_size(weights)
    kinds = (verdicts == 0, once & requested, seconds == 1, seconds == 0, once & ~requested)
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
        flagged = not audit.requested.all()
        if not assisted:
            kinds = said(audit.verdicts, audit.requested, audit.seconds, audit.weights)
            strata.append(Stratum(part_of, kinds, flagged))
            continue
        for number, (share, score) in enumerate(zip(audit.shares, audit.scores, strict=True)):
            within = audit.strata == number
            kinds = said(audit.verdicts[within], audit.requested[within], audit.seconds[within], audit.weights[within])
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
    known = reweighted(errors, fits)
    kept = known.weights > NEGLIGIBLE * known.weights.max()
    weights = known.weights[kept] / known.weights[kept].sum()
    points = iter(even_points(sum(map(len, sticks)), len(weights) * DRAWS).reshape(-1, len(weights), DRAWS))
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
