"""Weights: how many active entities each labelled one stands for.

Reviewers see what was flagged, so labelled rows are no picture of the platform. Three kinds of row are told apart:

- random: drawn by chance, with a recorded probability (audit cases) or evenly (`random_audit`). Weight 1 / probability,
  scaled so that together they stand for the whole population (Horvitz and Thompson 1952; Hájek's ratio form).
- known: cases of the queue drawn with a recorded probability (`risk` is 1: it stands for itself). Weight
  1 / probability.
- other: reports, appeals, older flags. Their chance of being reviewed is estimated from what draws attention, activity
  and age, by logistic regression of reviewed against active entities (inverse propensity weighting: Rosenbaum and Rubin
  1983). Weights are clipped, which trades a little bias for much variance (Ionides 2008, truncated importance
  sampling).

Random and other rows are two estimates of one population. They are combined by Kish's effective sample size.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

RANDOM, KNOWN, OTHER = "random", "known", "other"
LEAST_PROPENSITY = 1e-4


@dataclass(frozen=True)
class Population:
    """A sample of the active entities, drawn evenly, and how many there are."""

    sample: pd.DataFrame
    size: int


def frame_of(rows: pd.DataFrame) -> np.ndarray:
    """Which kind each labelled row is: random, known or other."""
    drawn = (rows["selection"] == "audit") | ((rows["source"] == "random_audit") & rows["selection"].isna())
    known = rows["inclusion_probability"].notna() & ~drawn
    return np.select([drawn, known], [RANDOM, KNOWN], OTHER)


def log_columns(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Columns on a scale where a doubling counts the same everywhere; unknown counts as 0."""
    return np.log1p(np.clip(rows[names].to_numpy(np.float64, na_value=0.0), 0.0, None))


def propensity(reviewed: pd.DataFrame, population: Population, names: list[str]) -> np.ndarray:
    """Estimated chance of each reviewed row to have been reviewed, from the columns `names`.

    The regression sees each reviewed row once and the sample as stand-in for all others; the odds it finds are scaled
    from the sample's size to the population's.
    """
    sample = population.sample
    inputs = np.vstack([log_columns(reviewed, names), log_columns(sample, names)])
    is_reviewed = np.r_[np.ones(len(reviewed)), np.zeros(len(sample))]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1_000)).fit(inputs, is_reviewed)
    odds = np.exp(model.decision_function(inputs[: len(reviewed)])) * len(sample) / max(population.size, 1)
    return np.clip(odds, LEAST_PROPENSITY, 1.0)


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size: rows of equal weight that would tell as much."""
    return float(weights.sum() ** 2 / np.square(weights).sum()) if len(weights) else 0.0


def population_weights(rows: pd.DataFrame, population: Population, names: list[str], max_weight: float) -> np.ndarray:
    """How many active entities each labelled row stands for.

    `rows` has source, selection, inclusion_probability, strength and the columns `names` that the propensity is
    estimated from. Weights of known and other rows are at most `max_weight`; random rows together stand for the
    population.
    """
    frame = frame_of(rows)
    weights = np.ones(len(rows))
    chance = rows["inclusion_probability"].to_numpy(np.float64, na_value=np.nan)

    random = frame == RANDOM
    # An even draw of the platform has no recorded chance; one that is the same for all such rows is enough, as the
    # sum is scaled.
    even = random.sum() / max(population.size, 1)
    weights[random] = 1.0 / np.clip(np.where(np.isnan(chance[random]), even, chance[random]), LEAST_PROPENSITY, 1.0)
    known = frame == KNOWN
    weights[known] = 1.0 / np.clip(chance[known], 1.0 / max_weight, 1.0)
    other = frame == OTHER
    if other.any() and len(population.sample):
        weights[other] = np.minimum(1.0 / propensity(rows[other], population, names), max_weight)

    weights *= rows["strength"].to_numpy(np.float64)
    if random.any():
        weights[random] *= population.size / weights[random].sum()
        trust = effective_size(weights[random])
        share = trust / (trust + effective_size(weights[~random]))
        weights[random] *= share
        weights[~random] *= 1.0 - share
    return weights


def training_weights(labels: np.ndarray, weights: np.ndarray, spread: float) -> np.ndarray:
    """Weights to fit with: population weights, tempered, and as much for the positives as for the negatives.

    A booster that is told the true base rate spends its splits on the few rows of largest weight; the calibrator brings
    the base rate back. Within a class no row counts more than `spread` times the class's median. The mean is 1.
    """
    fitted = np.zeros(len(labels))
    for value in (0, 1):
        rows = labels == value
        if rows.any():
            tempered = np.minimum(weights[rows], spread * np.median(weights[rows]))
            fitted[rows] = tempered / tempered.sum() * len(labels) / 2
    return fitted
