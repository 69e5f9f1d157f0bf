"""Calibration: from a booster's margin to the chance that a careful reviewer would say violating.

Platt's method (1999): a logistic curve on the margin, here on held-out margins weighted to the population, so that the
scores of all active entities add up to the number of violating ones. What says how many there are:

- Rows drawn with a known chance. Those that were picked (reports, appeals, older flags) tell how fast the chance rises
  with the margin but not its level: picking by the outcome moves the intercept alone (Prentice and Pyke 1979), so they
  have an intercept of their own.
- The margin itself, which aims at the log-odds already: the curve is drawn toward that of no change (a weakly
  informative prior: Gelman et al. 2008).
- Ring evidence: of the active entities to which it gives one and the same chance, about as many are drawn to be
  violating as it says (generalised expectation criteria: Mann and McCallum 2010). Reviewers decide on clear cases at
  both ends; what lies between, such as circles of friends with a ring score of 0.2, has little else to go by, nor has a
  policy without audits.

Being a straight line in log-odds it keeps the order of scores, makes no ties, and lets contributions still add up.

Labels are noisy: a few percent of verdicts are wrong. Where one account in a hundred is violating, wrong verdicts on
the other ninety-nine would triple its number, so the curve is fitted through them (class-conditional noise: Natarajan
et al. 2013; for rates alone Rogan and Gladen 1978): a row is called violating with chance e + (1 − 2 e) × score.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from lake.sampling import effective_size

SPREADS = np.array([3.0, 0.5, 3.0])
"""Standard deviations of the prior around no change: of the intercept, of the logarithm of the slope, and of what
picking adds to the intercept. Of rows that were all picked nobody knows what part of the level is picking.
"""
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
    """An even sample of the active entities: their margins, the chances that ring evidence alone gives them, and the
    number of decisions that all of them are worth.
    """

    margins: np.ndarray
    chances: np.ndarray
    prior_decisions: float

    def levels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Entities of one chance, to the nearest whole log-odds, make a level: the matrix that takes the mean over the
        entities of each level, its mean chance, and the decisions that it is worth.

        Half of these follow the chance to be violating, half that to be benign, or the few of whom rings say anything
        would drown.
        """
        _, level = np.unique(np.round(logit(self.chances)), return_inverse=True)
        sizes = np.bincount(level)
        mean_of = csr_matrix((1 / sizes[level], (level, np.arange(len(level)))))
        chances = mean_of @ self.chances
        violating, benign = sizes * chances, sizes * (1 - chances)
        return mean_of, chances, self.prior_decisions * (violating / violating.sum() + benign / benign.sum()) / 2


def fit_calibrator(
    margins: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    selected: np.ndarray,
    label_noise: float,
    crowd: Crowd | None = None,
) -> Calibrator:
    """Fit on held-out margins; `weights` say how many entities each row stands for, `label_noise` the share of wrong
    verdicts, `selected` which rows were not drawn with a known chance; without a `crowd` evidence has no say.

    The slope is kept above 0: a booster that ranks the wrong way round is for the gate to refuse.
    """
    margins = np.asarray(margins, np.float64)
    counts = weights / weights.sum() * effective_size(weights)
    if crowd is not None:
        mean_of, believed, prior_decisions = crowd.levels()

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        intercept, slope, picking = line
        chance = expit(intercept + slope * margins + picking * selected)
        called = np.clip(label_noise + (1 - 2 * label_noise) * chance, SURE, 1 - SURE)
        value = -np.sum(counts * np.where(labels == 1, np.log(called), np.log1p(-called)))
        toward = counts * (called - labels) / (called * (1 - called)) * (1 - 2 * label_noise) * chance * (1 - chance)
        off = np.array([intercept, np.log(slope), picking]) / SPREADS
        value += np.square(off).sum() / 2
        gradient = off / SPREADS / [1.0, slope, 1.0] + [
            toward.sum(),
            (toward * margins).sum(),
            (toward * selected).sum(),
        ]
        if crowd is not None:
            chance = expit(intercept + slope * crowd.margins)
            found = np.clip(mean_of @ chance, SURE, 1 - SURE)
            value -= np.sum(prior_decisions * (believed * np.log(found) + (1 - believed) * np.log1p(-found)))
            off = (prior_decisions * (found - believed) / (found * (1 - found))) @ mean_of * chance * (1 - chance)
            gradient += np.array([off.sum(), (off * crowd.margins).sum(), 0.0])
        return float(value), gradient

    line = minimize(loss, [0.0, 1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[INTERCEPTS, SLOPES, INTERCEPTS]).x
    return Calibrator(float(line[0]), float(line[1]))
