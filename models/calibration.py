"""Calibration: from a booster's margin to the chance that a careful reviewer would say violating.

Platt's method (1999): a logistic curve on the margin, here on held-out margins weighted to the population, so that the
scores of all active entities add up to the number of violating ones. Being a straight line in log-odds it keeps the
order of scores, makes no ties, and lets contributions still add up.

Reviewers slip: a few percent of verdicts are wrong. Where one account in a hundred is violating, the slips on the other
ninety-nine would triple its number, so the curve is fitted through the slips (class-conditional noise: Natarajan et al.
2013; for rates alone Rogan and Gladen 1978): a row is called violating with chance e + (1 − 2 e) × score.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

REGULARISATION = 1e4
"""Inverse strength for the first guess: next to none, but a separable sample still gets a finite slope."""
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


def fit_calibrator(margins: np.ndarray, labels: np.ndarray, weights: np.ndarray, slips: float) -> Calibrator:
    """Fit on held-out margins; `weights` say how many entities each row stands for, `slips` the share of wrong
    verdicts.

    Both classes must be there. The slope is kept above 0: a booster that ranks the wrong way round is for the gate to
    refuse.
    """
    margins = np.asarray(margins, np.float64)
    shares = weights / weights.sum()
    first = LogisticRegression(C=REGULARISATION, max_iter=1_000).fit(
        margins.reshape(-1, 1), labels, sample_weight=shares * len(labels)
    )

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        chance = expit(line[0] + line[1] * margins)
        called = np.clip(slips + (1 - 2 * slips) * chance, SURE, 1 - SURE)
        value = -np.sum(shares * np.where(labels == 1, np.log(called), np.log1p(-called)))
        toward = shares * (called - labels) / (called * (1 - called)) * (1 - 2 * slips) * chance * (1 - chance)
        return float(value), np.array([toward.sum(), (toward * margins).sum()])

    start = [np.clip(first.intercept_[0], *INTERCEPTS), np.clip(first.coef_[0, 0], *SLOPES)]
    line = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[INTERCEPTS, SLOPES]).x
    return Calibrator(float(line[0]), float(line[1]))


def log_odds(chance: np.ndarray | float) -> np.ndarray:
    """The log-odds of a chance, finite for 0 and 1 too."""
    return logit(np.clip(chance, SURE, 1 - SURE))
