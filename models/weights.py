"""Weights: how many active entities each labelled one stands for.

Reviewers see what was flagged, so labelled rows are no picture of the platform. Three kinds of row are told apart:

- random: drawn by chance, with a recorded probability (audits of the queue) or evenly (`random_audit`), whatever they
  were decided for. Weight 1 / probability, scaled so that together they stand for the whole population (Horvitz and
  Thompson 1952; Hájek's ratio form).
- known: cases of the queue drawn with a recorded probability (`risk` is 1: it stands for itself). Weight
  1 / probability.
- other: reports, appeals, older flags. Their chance of being reviewed is estimated from what draws attention, activity
  and age, by logistic regression of reviewed against active entities (inverse propensity weighting: Rosenbaum and Rubin
  1983). Weights are clipped, which trades a little bias for much variance (Ionides 2008, truncated importance
  sampling).

Random and other rows are two estimates of one population. They are combined by Kish's effective sample size.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lake.sampling import effective_size

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

RANDOM, KNOWN, OTHER = "random", "known", "other"
LEAST_PROPENSITY = 1e-4


@dataclass(frozen=True)
class Population:
    """A sample of the active entities, drawn evenly, and how many there are."""

    sample: pd.DataFrame
    size: int


def frame_of(rows: pd.DataFrame) -> np.ndarray:
    """Which kind each labelled row is: random, known or other."""
    drawn = rows["selection"] == "audit"
    known = rows["inclusion_probability"].notna() & ~drawn
    return np.select([drawn, known], [RANDOM, KNOWN], OTHER)


def log_columns(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Columns on a scale where a doubling counts the same everywhere; unknown counts as 0."""
    return np.log1p(np.clip(rows[names].to_numpy(np.float64, na_value=0.0), 0.0, None))


def reviewed_or_not(reviewed: pd.DataFrame, sample: pd.DataFrame, names: list[str]) -> "Pipeline":
    """A logistic regression, on the columns `names`, of who was reviewed.

    It sees each reviewed row once and the sample of the active entities as stand-in for all others.
    """
    from sklearn.linear_model import LogisticRegression  # seconds: for those who train alone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs = np.vstack([log_columns(reviewed, names), log_columns(sample, names)])
    is_reviewed = np.r_[np.ones(len(reviewed)), np.zeros(len(sample))]
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1_000)).fit(inputs, is_reviewed)


@dataclass(frozen=True)
class Weighing:
    """How many active entities a labelled row stands for, by what it says itself and a few numbers told by a sample of
    such rows: beside the others of the sample, that is; all rows together stand for the more, the more they are.

    `even` is the chance of an even draw of the platform that recorded none. `reviewed` says by the columns `names` how
    likely a row was reviewed (None: nobody to compare with); its odds are those among the rows that it was fitted on,
    `odds` times as much among all. The weights of random and of all other rows are multiplied by `of_random` and
    `of_rest`; before that known and other rows weigh at most `max_weight`.
    """

    names: list[str]
    max_weight: float
    even: float
    reviewed: "Pipeline | None"
    odds: float
    of_rest: float
    of_random: float = 1.0

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        """The weights of rows with source, selection, inclusion_probability, strength and the columns `names`."""
        frame = frame_of(rows)
        weights = np.ones(len(rows))
        chance = rows["inclusion_probability"].to_numpy(np.float64, na_value=np.nan)
        random, known, other = (frame == kind for kind in (RANDOM, KNOWN, OTHER))
        drawn = np.where(np.isnan(chance[random]), self.even, chance[random])
        weights[random] = 1.0 / np.clip(drawn, LEAST_PROPENSITY, 1.0)
        weights[known] = 1.0 / np.clip(chance[known], 1.0 / self.max_weight, 1.0)
        if other.any() and self.reviewed is not None:
            odds = np.exp(self.reviewed.decision_function(log_columns(rows[other], self.names))) * self.odds
            weights[other] = np.minimum(1.0 / np.clip(odds, LEAST_PROPENSITY, 1.0), self.max_weight)
        return weights * rows["strength"].to_numpy(np.float64) * np.where(random, self.of_random, self.of_rest)


def weighing(
    rows: pd.DataFrame, population: Population, names: list[str], max_weight: float, kept: float = 1.0
) -> Weighing:
    """What to weigh labelled rows by, told by `rows`, an even sample of them of the share `kept`.

    The random ones of the sample together stand for the population, and share it with the others by effective size.
    """
    frame, sample, size = frame_of(rows), population.sample, max(population.size, 1)
    random, other = frame == RANDOM, frame == OTHER
    plain = Weighing(
        names,
        max_weight,
        # No recorded chance: one that is the same for all such rows is enough, as the sum is scaled.
        even=random.sum() / kept / size,
        reviewed=reviewed_or_not(rows[other], sample, names) if other.any() and len(sample) else None,
        odds=len(sample) / size / kept,
        of_rest=1.0 / kept,
    )
    if not random.any():
        return plain
    weights = plain(rows)
    trust = effective_size(weights[random])
    share = trust / (trust + effective_size(weights[~random]))
    return replace(
        plain, of_random=population.size / weights[random].sum() * share, of_rest=plain.of_rest * (1.0 - share)
    )


def largest(labels: np.ndarray, weights: np.ndarray, spread: float) -> tuple[float, float]:
    """The most that a row may weigh, of benign and of violating ones: `spread` times the median of its class."""
    benign, violating = (
        spread * float(np.median(own)) if len(own) else 0.0 for own in (weights[labels == 0], weights[labels == 1])
    )
    return benign, violating


def clipped(labels: np.ndarray, weights: np.ndarray, spread: float) -> np.ndarray:
    """Weights of which none is more than `spread` times the median of its class."""
    return np.minimum(weights, np.array(largest(labels, weights, spread))[labels])


@dataclass(frozen=True)
class Clipping:
    """What makes weights to fit with of population weights: the most that a row may have and what it is multiplied by,
    of benign and of violating rows.
    """

    most: tuple[float, float]
    factor: tuple[float, float]

    def __call__(self, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.minimum(weights, np.array(self.most)[labels]) * np.array(self.factor)[labels]


def clipping(labels: np.ndarray, weights: np.ndarray, spread: float) -> Clipping:
    """Population weights, clipped, and as much for the positives as for the negatives.

    A booster that is told the true base rate spends its splits on the few rows of largest weight; the calibrator brings
    the base rate back. Within a class no row counts more than `spread` times the class's median. The mean is 1.
    """
    most, factor = largest(labels, weights, spread), [0.0, 0.0]
    for value in (0, 1):
        own = weights[labels == value]
        if len(own):
            factor[value] = len(labels) / 2 / float(np.minimum(own, most[value]).sum())
    return Clipping(most, (factor[0], factor[1]))


def training_weights(labels: np.ndarray, weights: np.ndarray, spread: float) -> np.ndarray:
    """Weights to fit with; see `clipping`."""
    return clipping(labels, weights, spread)(labels, weights)
