"""Calibration: from a booster's margin to the chance that a careful reviewer would say violating.

Platt's method (1999): a logistic curve on the margin, here on held-out margins weighted to the population, so that the
scores of all active entities add up to the number of violating ones. What says how many there are:

- Rows drawn with a known chance. Those that were picked (reports, appeals, older flags) tell how fast the chance rises
  with the margin but not its level: picking by the outcome moves the intercept alone (Prentice and Pyke 1979), so they
  have an intercept of their own.
- The margin itself, which aims at the log-odds already: the curve is drawn toward that of no change (a weakly
  informative prior: Gelman et al. 2008).
- Ring evidence: the chances of an even sample of the active entities are drawn toward as many violating ones as it
  counts (expectation regularisation: Mann and McCallum 2007). A policy without audits has little else to go by.

Being a straight line in log-odds it keeps the order of scores, makes no ties, and lets contributions still add up.

Reviewers slip: a few percent of verdicts are wrong. Where one account in a hundred is violating, the slips on the other
ninety-nine would triple its number, so the curve is fitted through the slips (class-conditional noise: Natarajan et al.
2013; for rates alone Rogan and Gladen 1978): a row is called violating with chance e + (1 − 2 e) × score.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from models.weights import effective_size

SPREADS = np.array([3.0, 0.5, 3.0])
"""Standard deviations of the prior around no change: of the intercept, of the logarithm of the slope, and of what
picking adds to the intercept. Of rows that were all picked nobody knows what part of the level is picking.
"""
SHARE_SPREAD = float(np.log(2))
"""That of the logarithm of the share of violating entities around what ring evidence says: a factor of two."""
SLOPES = (1e-3, 10.0)
INTERCEPTS = (-30.0, 30.0)
SURE = 1e-12


@dataclass(frozen=True)
class Calibrator:
    """score = 1 / (1 + exp(−(intercept + slope × margin)))."""

    intercept: float
    slope: float

    def log_odds(self, margins: np.ndarray) -> np.ndarray:
        return self.intercept + self.slope * np.asarray(margins, np.float64)

    def __call__(self, margins: np.ndarray) -> np.ndarray:
        return expit(self.log_odds(margins))

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class Crowd:
    """An even sample of the active entities: their margins, and the share that is violating by ring evidence."""

    margins: np.ndarray
    expected: float


def fit_calibrator(
    margins: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    picked: np.ndarray,
    slips: float,
    crowd: Crowd | None = None,
) -> Calibrator:
    """Fit on held-out margins; `weights` say how many entities each row stands for, `slips` the share of wrong
    verdicts, `picked` which rows were not drawn with a known chance; without a `crowd` evidence has no say.

    The slope is kept above 0: a booster that ranks the wrong way round is for the gate to refuse.
    """
    margins = np.asarray(margins, np.float64)
    counts = weights / weights.sum() * effective_size(weights)

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        intercept, slope, picking = line
        chance = expit(intercept + slope * margins + picking * picked)
        called = np.clip(slips + (1 - 2 * slips) * chance, SURE, 1 - SURE)
        value = -np.sum(counts * np.where(labels == 1, np.log(called), np.log1p(-called)))
        toward = counts * (called - labels) / (called * (1 - called)) * (1 - 2 * slips) * chance * (1 - chance)
        off = np.array([intercept, np.log(slope), picking]) / SPREADS
        value += np.square(off).sum() / 2
        gradient = off / SPREADS / [1.0, slope, 1.0] + [toward.sum(), (toward * margins).sum(), (toward * picked).sum()]
        if crowd is not None:
            chance = expit(intercept + slope * crowd.margins)
            miscount = np.log(chance.mean() / crowd.expected) / SHARE_SPREAD
            value += miscount**2 / 2
            rise = chance * (1 - chance) / chance.sum() / SHARE_SPREAD
            gradient += miscount * np.array([rise.sum(), (rise * crowd.margins).sum(), 0.0])
        return float(value), gradient

    line = minimize(loss, [0.0, 1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[INTERCEPTS, SLOPES, INTERCEPTS]).x
    return Calibrator(float(line[0]), float(line[1]))
