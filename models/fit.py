"""One model: ring evidence, an XGBoost booster that corrects it, and the line that calibrates both.

The booster starts from what rings say (its base margin) and learns only what that leaves unexplained. Reviewers decide
mostly on loud abusers; a model that learned from nothing would take the likeness of those who hide to honest people
for a reason to clear them. Where the evidence already says "honest" there is nothing to learn from honest rows, so
likeness to them lowers little.

Everything here works on rows that fit the driver, sorted by key, with a fixed seed and number of threads: the same rows
give the same bytes. models/distributed.py fits a booster on more.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

from conf import TrainingLimits
from models.calibration import Crowd, fit_calibrator
from models.evidence import Prior
from models.model import Model, trees
from models.versions import versions_of
from models.weights import OTHER, Clipping, clipping, training_weights

if TYPE_CHECKING:
    import optuna

RISING = re.compile(
    r"(owner_|engaging_|copying_)?ring_(score|strength|tie)|engaging_ring_expected|ring_engagers_expected|(owner_)?link_surprise_max"
)
"""Features of which more is never less suspicious: evidence that is judged already. Trees must not bend it down."""
LEVELS = (-30.0, 30.0)
LEAST_GROUPS = 2
"""Groups of a class that are needed to fit on some and to predict the others."""
Parameters = Mapping[str, float | int]
Fit = Callable[["Rows", Prior, Parameters, TrainingLimits], tuple[xgb.Booster, float]]
"""What `fit_booster` does, there or elsewhere."""


class TooFewGroups(ValueError):
    """The rows of a class act together in too few groups to keep some of them apart."""


@dataclass(frozen=True)
class Rows:
    """Labelled rows of one entity type and policy, sorted by key.

    `weights` say how many active entities a row stands for; rows of one `group` act together and are never split;
    `days` are the moments of decision in days since 1970; `base_margin` are the log-odds by ring evidence alone;
    `frame` says how each came to be reviewed (models/weights.py); `segments` name the part that each row belongs to, by
    what the rows are parted by, such as country.
    """

    keys: np.ndarray
    features: pd.DataFrame
    labels: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    days: np.ndarray
    base_margin: np.ndarray
    frame: np.ndarray
    segments: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: np.ndarray) -> "Rows":
        return Rows(
            self.keys[which],
            self.features.iloc[which] if which.dtype != bool else self.features[which],
            self.labels[which],
            self.weights[which],
            self.groups[which],
            self.days[which],
            self.base_margin[which],
            self.frame[which],
            {by: names[which] for by, names in self.segments.items()},
        )

    @property
    def positives(self) -> int:
        return int(self.labels.sum())

    def enough(self, per_class: int) -> bool:
        """Whether each class has that many rows."""
        return min(self.positives, len(self) - self.positives) >= per_class

    @property
    def groups_per_class(self) -> int:
        """In how many groups the class that is in fewer has rows."""
        return min(len(set(self.groups[self.labels == label])) for label in (0, 1))


def class_odds(rows: Rows) -> float:
    """Log of how many times more the benign rows weigh: what weighing both classes alike adds to the log-odds."""
    positive = rows.labels == 1
    return float(np.log(rows.weights[~positive].sum() / rows.weights[positive].sum()))


def level(rows: Rows, weights: np.ndarray) -> float:
    """What to add to the base margins so that, weighted, their chances add up to the violating rows."""
    wanted = np.average(rows.labels, weights=weights)
    return float(
        brentq(lambda shift: np.average(expit(rows.base_margin + shift), weights=weights) - wanted, *LEVELS, xtol=1e-9)
    )


def prior_labels(margins: np.ndarray, start: float, decisions: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and weights of active entities with these log-odds by ring evidence, as if that were right: a catalytic
    prior (Huang, Stein, Rubin and Kou 2020).

    Each active entity stands for both verdicts, as likely as ring evidence says, weighted like decided ones (violating
    exp(`start`) times as much as benign). All together weigh as much as so many `decisions`: a few decisions bend the
    scores of those alone who are much like the decided, many decisions bend whatever they contradict.
    """
    chance = expit(margins)
    weights = chance * np.exp(start) + 1 - chance
    return expit(margins + start), weights * (decisions / max(weights.sum(), 1.0))


@dataclass(frozen=True)
class Terms:
    """What a booster is fitted with, beside parameters and features, as the rows at hand tell it.

    `clipping` makes weights to fit with; `start` is added to all base margins, so that their chances add up to the
    violating rows; `labels` and `weights` are those of the prior's rows; `offset` is what to add to base margin and
    trees for log-odds in the population.
    """

    clipping: Clipping
    start: float
    labels: np.ndarray
    weights: np.ndarray
    offset: float


def terms_of(rows: Rows, prior: Prior, limits: TrainingLimits) -> Terms:
    """The terms on which a booster is fitted on rows, or on more of which these are an even sample."""
    clip = clipping(rows.labels, rows.weights, limits.weight_spread)
    start = level(rows, clip(rows.labels, rows.weights))
    labels, weights = prior_labels(prior.margins, start, limits.prior_decisions)
    return Terms(clip, start, labels, weights, start - class_odds(rows))


def booster_settings(parameters: Parameters, features: Sequence[str], limits: TrainingLimits) -> dict[str, Any]:
    """XGBoost's parameters for a search's, but for the number of rounds and of threads."""
    settings: dict[str, Any] = {name: value for name, value in parameters.items() if name != "rounds"}
    return settings | {
        "objective": "binary:logistic",
        "base_score": 0.5,
        "tree_method": "hist",
        "seed": limits.seed,
        "subsample": 0.8,
        "monotone_constraints": str(tuple(int(RISING.fullmatch(name) is not None) for name in features)),
    }


def fit_booster(rows: Rows, prior: Prior, parameters: Parameters, limits: TrainingLimits) -> tuple[xgb.Booster, float]:
    """Fit on all rows, beside the prior's, what their base margins leave unexplained; `parameters` are those of the
    search.

    Returns the booster, and what to add to base margin and trees for log-odds in the population.
    """
    names, terms = list(rows.features.columns), terms_of(rows, prior, limits)
    inputs = xgb.DMatrix(
        np.concatenate([rows.features.to_numpy(np.float32), prior.sample[names].to_numpy(np.float32)]),
        nthread=1,
        label=np.r_[rows.labels, terms.labels],
        weight=np.r_[terms.clipping(rows.labels, rows.weights), terms.weights],
        base_margin=np.r_[rows.base_margin, prior.margins] + terms.start,
    )
    settings = booster_settings(parameters, names, limits) | {"nthread": limits.threads}
    booster = xgb.train(settings, inputs, num_boost_round=int(parameters["rounds"]))
    booster.feature_names = names  # in the end: for each round, names would be compared one by one
    return booster, terms.offset


def folds(rows: Rows, limits: TrainingLimits) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Train and test positions; a group is on one side only. Raises TooFewGroups when one to train on lacks a class."""
    most = max(min(limits.folds, rows.groups_per_class), LEAST_GROUPS)
    splitter = StratifiedGroupKFold(most, shuffle=True, random_state=limits.seed)
    for train, test in splitter.split(rows.features, rows.labels, rows.groups):
        if not rows.take(train).enough(1):
            raise TooFewGroups(f"the {rows.positives} violating or the other decisions act together nearly all")
        yield train, test


def held_out_margins(
    rows: Rows, prior: Prior, parameters: Parameters, limits: TrainingLimits, fit: Fit = fit_booster
) -> np.ndarray:
    """The log-odds of each row from a booster that saw neither it nor its group."""

    def held_out(fold: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        train, test = fold
        booster, offset = fit(rows.take(train), prior, parameters, limits)
        return offset + trees(booster, rows.features.iloc[test])

    parts = list(folds(rows, limits))
    margins = rows.base_margin.copy()
    # XGBoost holds no lock of Python's while it grows trees. Boosters that Spark's tasks fit wait for each other.
    with ThreadPoolExecutor(os.cpu_count() if fit is fit_booster else 1) as pool:
        for (_, test), added in zip(parts, pool.map(held_out, parts), strict=True):
            margins[test] += added
    return margins


def search(rows: Rows, prior: Prior, limits: TrainingLimits) -> dict[str, float | int]:
    """The hyperparameters with the least loss on rows of unseen groups, in `limits.trials` tries (TPE, Bergstra et
    al. 2011).
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    weights = training_weights(rows.labels, rows.weights, limits.weight_spread)

    def loss(trial: "optuna.Trial") -> float:
        parameters = {
            "max_depth": trial.suggest_int("max_depth", 2, 6),
            "eta": trial.suggest_float("eta", 0.05, 0.3, log=True),
            "rounds": trial.suggest_int("rounds", 40, 200, step=20),
            "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 20.0, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 20.0, log=True),
        }
        margins = held_out_margins(rows, prior, parameters, limits)
        return log_loss(rows.labels, expit(margins + class_odds(rows)), sample_weight=weights)

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=limits.seed))
    study.enqueue_trial(limits.first_guess.model_dump())
    study.optimize(loss, n_trials=limits.trials)
    return dict(study.best_params)


def fit_model(
    entity_type: str,
    policy: str,
    prior: Prior,
    rows: Rows,
    parameters: Parameters,
    limits: TrainingLimits,
    fit: Fit = fit_booster,
) -> Model:
    """A calibrated model: the booster sees all rows, the calibrator the margins of boosters that had not seen the
    row.
    """
    margins = held_out_margins(rows, prior, parameters, limits, fit)
    booster, offset = fit(rows, prior, parameters, limits)
    alone = prior.margins
    seen = prior.sample[list(rows.features.columns)]
    crowd = Crowd(alone + offset + trees(booster, seen), expit(alone), limits.prior_decisions) if len(alone) else None
    line = fit_calibrator(margins, rows.labels, rows.weights, rows.frame == OTHER, limits.slips, crowd)
    calibrator = replace(line, intercept=line.intercept + line.slope * offset)
    return Model(
        entity_type,
        policy,
        prior.evidence,
        booster,
        calibrator,
        {**parameters, "seed": limits.seed},
        versions=versions_of(entity_type),
    )
