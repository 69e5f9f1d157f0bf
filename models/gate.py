"""The gate: whether a trained model may score anything, judged on rows that it has not seen.

Held-out rows come from later days and from groups that no training row belongs to. Uncertainty is that of whole groups:
the members of a ring stand or fall together, so the bootstrap draws groups, not rows (Efron and Tibshirani 1993).

How well scores rank is judged with clipped weights: one audit stands for hundreds of accounts, a flagged abuser for
itself, so that with full weights the few wrong verdicts of audits would decide. Whether scores have the right level is
judged with full weights: that is what audits are for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import sklearn
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from conf import GateLimits, TrainingLimits
from models.fit import LEAST_GROUPS, Rows, TooFewGroups, folds
from models.weights import clipped

CALIBRATION_BINS = 15
COMPARED = {"average_precision": 1, "precision_at_capacity": 1, "calibration_error": -1}
"""Figures in which a challenger must not be worse than what scores today, and which way is better."""
CHAMPION, EVIDENCE = "the champion", "ring evidence alone"


@dataclass(frozen=True)
class HeldOut:
    """Rows to fit on and rows to judge by; `later` says whether the latter are from later days."""

    fit: Rows
    judge: Rows
    later: bool

    @property
    def can_be_fitted(self) -> bool:
        """Whether each class has groups enough to hold some of them out once more."""
        return self.fit.groups_per_class >= LEAST_GROUPS


def held_out(rows: Rows, limits: TrainingLimits) -> HeldOut:
    """Split off the latest decisions on groups that the earlier ones say nothing about.

    When that leaves too few of a class, as on a young lake, groups are held out whatever their day. Raises TooFewGroups
    when nothing is left to fit on, or to judge by, either way.
    """
    order = np.sort(rows.days)
    since = order[int(len(order) * (1 - limits.held_out_share))]
    earlier = rows.days < since
    later = ~earlier & ~np.isin(rows.groups, rows.groups[earlier])
    split = HeldOut(rows.take(earlier), rows.take(later), later=True)
    enough = split.fit.enough(limits.min_per_class // 2) and split.judge.enough(limits.min_per_class // 4)
    if enough and split.can_be_fitted:
        return split
    by_group = (HeldOut(rows.take(train), rows.take(test), later=False) for train, test in folds(rows, limits))
    for split in by_group:
        if split.can_be_fitted and split.judge.enough(1):
            return split
    raise TooFewGroups(f"{rows.groups_per_class} groups that act together hold all decisions of a class")


def precision_at(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray, capacity: float) -> float:
    """Share of violating among the top rows that together stand for `capacity` entities."""
    order = np.argsort(-scores, kind="stable")
    within_capacity = np.clip(capacity - (np.cumsum(weights[order]) - weights[order]), 0.0, weights[order])
    return float(np.sum(within_capacity * labels[order]) / max(within_capacity.sum(), 1e-12))


def calibration_error(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray, label_noise: float) -> float:
    """Mean distance between score and share of violating verdicts over 15 bins of equal mass (Naeini et al. 2015).

    `label_noise` is the share of wrong verdicts, which the scores do not aim at.
    """
    order = np.argsort(scores, kind="stable")
    mass = np.cumsum(weights[order]) / weights.sum()
    bins = np.minimum((mass * CALIBRATION_BINS - 1e-9).astype(int), CALIBRATION_BINS - 1)
    gap = weights[order] * (label_noise + (1 - 2 * label_noise) * scores[order] - labels[order])
    return float(np.abs(np.bincount(bins, gap, CALIBRATION_BINS)).sum() / weights.sum())


@dataclass(frozen=True)
class Exam:
    """Held-out rows, and how scores of them are judged: `capacity` is how many entities the policy's queue takes."""

    rows: Rows
    capacity: float
    training: TrainingLimits
    limits: GateLimits

    @cached_property
    def clipped_weights(self) -> np.ndarray:
        """What the rows weigh where ranking is judged."""
        return clipped(self.rows.labels, self.rows.weights, self.training.weight_spread)

    @cached_property
    def group_places(self) -> np.ndarray:
        """The groups of the rows, numbered from 0."""
        return np.unique(self.rows.groups, return_inverse=True)[1]

    def figures(self, scores: np.ndarray, times: np.ndarray | int = 1) -> dict[str, float]:
        """What scores are worth on rows that are taken so many times each."""
        labels, weights, ranking = self.rows.labels, self.rows.weights * times, self.clipped_weights * times
        return {
            "average_precision": float(average_precision_score(labels, scores, sample_weight=ranking)),
            "precision_at_capacity": precision_at(scores, labels, ranking, self.capacity),
            "calibration_error": calibration_error(scores, labels, weights, self.training.slips),
            "base_rate": float(np.average(labels, weights=ranking)),
        }

    def resamples(self) -> Iterator[np.ndarray]:
        """How often each row is taken in bootstrap samples of the groups; samples that lack a class are drawn again, at
        most a few times.
        """
        generator = np.random.default_rng(self.training.seed)
        group, groups = self.group_places, self.group_places.max() + 1
        for _ in range(self.limits.bootstraps):
            for _ in range(20):
                times = np.bincount(generator.integers(0, groups, groups), minlength=groups)[group]
                drawn = self.rows.labels[times > 0]
                if len(drawn) and drawn.min() != drawn.max():
                    yield times
                    break

    def calibration_noise(self, scores: np.ndarray) -> float:
        """The calibration error that scores which mean what they say stay below, but for `unsure_share` of the draws,
        on verdicts as few as these (consistency resampling: Bröcker and Smith 2007).

        Verdicts are drawn from the scores; one draw serves a whole group, whose members stand or fall together.
        """
        generator, label_noise = np.random.default_rng(self.training.seed), self.training.slips
        group = self.group_places
        chances = label_noise + (1 - 2 * label_noise) * scores
        errors = [
            calibration_error(
                scores, generator.random(group.max() + 1)[group] < chances, self.rows.weights, label_noise
            )
            for _ in range(self.limits.bootstraps)
        ]
        return float(np.quantile(errors, 1 - self.limits.unsure_share))

    def part(self, which: np.ndarray) -> "Exam":
        """The exam of some of the rows, with their part of the capacity."""
        inside = self.rows.take(which)
        return replace(self, rows=inside, capacity=self.capacity * inside.weights.sum() / self.rows.weights.sum())


def leaks(rows: Rows, limits: GateLimits) -> list[str]:
    """Features that tell the classes apart better than reviewers could.

    A few percent of verdicts are wrong, so nothing that an account did agrees with all of them; what does was made from
    the verdict. Measured as the area under the ROC curve of the feature alone, unknown values taken as least and as
    most, on one row of each class of a group: a ring's members have one verdict and much else in common.
    """
    _, first = np.unique(np.column_stack([rows.groups, rows.labels]), axis=0, return_index=True)
    rows = rows.take(np.sort(first))
    positives = rows.labels == 1
    if not rows.enough(limits.leak_rows):
        return []
    found = []
    pairs = positives.sum() * (~positives).sum()
    for name in rows.features.columns:
        values = rows.features[name].to_numpy(np.float64)
        for unknown in (-np.inf, np.inf):
            ranks = rankdata(np.where(np.isnan(values), unknown, values))
            area = (ranks[positives].sum() - positives.sum() * (positives.sum() + 1) / 2) / pairs
            if max(area, 1 - area) >= limits.leak_separation:
                found.append(name)
                break
    return found


@dataclass(frozen=True)
class Comparison:
    """Figures of a challenger and of what scores today on the same rows, and how sure they are.

    `low` and `high` bound the challenger's skill, figures and lead in nine of ten resamples.
    """

    own: Mapping[str, float]
    theirs: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]

    def worse(self, figure: str) -> float:
        """By how much the challenger is worse in a figure."""
        return (self.theirs[figure] - self.own[figure]) * COMPARED[figure]

    def surely_worse(self, figure: str) -> bool:
        """Whether hardly any resample says otherwise."""
        lead = f"{figure}_lead"
        return (self.high[lead] if COMPARED[figure] > 0 else -self.low[lead]) < 0


def skill(found: Mapping[str, float]) -> float:
    """The part of the way from the base rate to an average precision of 1 that was made."""
    return (found["average_precision"] - found["base_rate"]) / max(1 - found["base_rate"], 1e-9)


def compare(exam: Exam, challenger: np.ndarray, current: np.ndarray) -> Comparison:
    """Figures of both on all rows, with bounds from resampled groups."""
    draws = []
    # Thousands of times the same few arrays: that they are what they are is not looked at each time.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        for times in exam.resamples():
            new, old = (exam.figures(scores, times) for scores in (challenger, current))
            draws.append({**new, "skill": skill(new), **{f"{name}_lead": new[name] - old[name] for name in COMPARED}})
    low, high = (
        {str(name): float(value) for name, value in pd.DataFrame(draws).quantile(share).items()}
        for share in (exam.limits.unsure_share, 1 - exam.limits.unsure_share)
    )
    return Comparison(exam.figures(challenger), exam.figures(current), low, high)


def segments(rows: Rows, least: int) -> Iterator[tuple[str, np.ndarray]]:
    """The parts of the rows that have at least so many of each class to be judged by; the others as one part."""
    for by, names in rows.segments.items():
        parts = {str(name): names == name for name in np.unique(names)}
        judged = {name: part for name, part in parts.items() if rows.take(part).enough(least)}
        rest = ~np.any([*judged.values(), np.zeros(len(rows), bool)], axis=0)
        if judged and rows.take(rest).enough(least):
            judged["other"] = rest
        yield from ((f"{by} {name}", part) for name, part in judged.items())


def judge(
    exam: Exam, challenger: np.ndarray, current: np.ndarray, whose: str = CHAMPION
) -> tuple[dict[str, float], list[str]]:
    """Figures of the challenger on held-out rows, and the reasons to refuse it (none: it may be promoted).

    `current` are the scores of the same rows by what scores today, `whose` says what that is. In a segment the
    challenger must not be much worse and surely so: of many segments some look worse by chance.
    """
    limits = exam.limits
    overall = compare(exam, challenger, current)
    own, low = overall.own, overall.low
    metrics = {
        **own,
        "average_precision_low": low["average_precision"],
        "average_precision_high": overall.high["average_precision"],
        **{f"standing_{name}": overall.theirs[name] for name in COMPARED},
    }
    refusals = []
    if skill(own) < limits.min_skill or low["skill"] <= 0:
        refusals.append(
            f"no better than chance: average precision {own['average_precision']:.3f} "
            f"(at least {low['average_precision']:.3f}) where the base rate is {own['base_rate']:.3f}"
        )
    most = max(limits.max_calibration_error, exam.calibration_noise(challenger))
    if min(own["calibration_error"], low["calibration_error"]) > most:
        refusals.append(f"calibration: scores are off by {own['calibration_error']:.3f}, limit {most:.2g}")
    for name in COMPARED:
        surely = overall.surely_worse(name) and overall.worse(name) > limits.min_difference
        if overall.worse(name) > limits.max_drop or surely:
            refusals.append(_worse(name, overall, whose))
    for segment, part in segments(exam.rows, limits.segment_rows):
        found = compare(exam.part(part), challenger[part], current[part])
        metrics[f"average_precision, {segment}"] = found.own["average_precision"]
        refusals += [
            f"{segment}: {_worse(name, found, whose)}"
            for name in COMPARED
            if found.worse(name) > limits.max_drop and found.surely_worse(name)
        ]
    return metrics, refusals


def _worse(figure: str, found: Comparison, whose: str) -> str:
    return f"{figure.replace('_', ' ')} {found.own[figure]:.3f} is worse than {found.theirs[figure]:.3f} of {whose}"
