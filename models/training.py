"""Training one policy: fit on earlier decisions, judge on later ones, and fit the model that scores on all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import expit

from conf import Limits, Policy, TrainingLimits
from engine import persist, unpersist
from models.distributed import AllRows
from models.evidence import Evidence, Prior, evidence_of
from models.examples import EvenSample, bounded, examples, groups_of, labelled, population, with_countries
from models.fit import Fit, Rows, TooFewGroups, fit_booster, fit_model, search
from models.gate import CHAMPION, EVIDENCE, Exam, HeldOut, held_out, judge, leaks
from models.model import Model
from models.rows import feature_names
from models.weights import RANDOM, Population, Weighing, frame_of, weighing

EPOCH_DAY = date(1970, 1, 1)
AGE_GROUPS = {"under 30 days": 30.0, "under a year": 365.0, "older": np.inf}
"""Ages at which a group ends, in days."""
ATTENTION = {
    "account": ("events_28d", "active_days_28d", "reports_28d", "reach_7d", "age_days"),
    "video": ("views_28d", "likes_28d", "comments_28d", "reach_7d", "age_days"),
    "ring": ("ring_size", "ring_links", "ring_mean_surprise", "ring_acts_per_member", "ring_age_days"),
}
"""What draws reviewers' attention, from which the chance of having been reviewed is estimated."""
AGE = {"account": "age_days", "video": "age_days", "ring": "ring_age_days"}


@dataclass(frozen=True)
class Decided:
    """What reviewers decided on the entities of one type, and what features tell of these.

    `labels` have their snapshot day (`as_of`), `rows` are the feature rows of those days, `sample` is of the newest of
    them, `accounts` tell the countries.
    """

    entity_type: str
    labels: DataFrame
    rows: DataFrame
    sample: EvenSample
    accounts: DataFrame


@dataclass(frozen=True)
class Training:
    """A day's training: the `champions` that score until then by entity type and policy, the policies by name, the
    limits, and how many `tasks` of Spark may fit at once (None: the driver fits).
    """

    as_of: date
    champions: Mapping[tuple[str, str], Model]
    policies: Mapping[str, Policy]
    limits: Limits
    tasks: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a policy: a model with its figures and, when the gate refused it, why."""

    model: Model
    refusals: tuple[str, ...]

    def in_a_line(self) -> str:
        """What a person wants to know first."""
        metrics = self.model.metrics
        verdict = "refused" if self.refusals else "champion"
        return (
            f"{verdict} {self.model.version}: average precision {metrics['average_precision']:.3f} "
            f"({metrics['average_precision_low']:.3f} to {metrics['average_precision_high']:.3f}) "
            f"on {metrics['held_out_rows']:.0f} held-out decisions"
        )


@dataclass
class Trained:
    """The models of one entity type, and the policies that got none with the reason."""

    outcomes: list[Outcome] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def version_name(model: Model, as_of: date) -> str:
    return f"{model.entity_type}-{model.policy}-{as_of}-{model.fingerprint()}"


def share_kept(own: pd.DataFrame) -> float:
    """The share of a policy's labelled rows that are on the driver."""
    return float(own["kept"].iloc[0]) if len(own) else 1.0


def weighing_for(
    own: pd.DataFrame, entity_type: str, features: list[str], population: Population, limits: TrainingLimits
) -> Weighing:
    """What to weigh the labelled rows of one policy by, told by those on the driver."""
    attention = [name for name in ATTENTION[entity_type] if name in features]
    return weighing(own, population, attention, limits.max_weight, share_kept(own))


def rows_for_policy(
    examples: pd.DataFrame,
    policy: str,
    entity_type: str,
    features: list[str],
    population: Population,
    evidence: Evidence,
    limits: TrainingLimits,
) -> Rows:
    """The examples of one policy, weighted to the active entities at large."""
    own = examples[examples["policy"] == policy].reset_index(drop=True)
    return Rows(
        keys=own[f"{entity_type}_id"].to_numpy(),
        features=own[features].astype(np.float32),
        labels=own["label"].to_numpy(np.int64),
        weights=weighing_for(own, entity_type, features, population, limits)(own),
        groups=groups_of(own),
        days=own["days"].to_numpy(),
        base_margin=evidence.base_margin(own),
        frame=frame_of(own),
        segments={
            "country": own["country"].to_numpy(str),
            "age": age_groups(own[AGE[entity_type]].to_numpy(np.float64)),
        },
    )


def age_groups(days: np.ndarray) -> np.ndarray:
    """The name of each age's group; an unknown age is in the last."""
    ends = np.array(list(AGE_GROUPS.values()))
    places = np.searchsorted(ends, np.nan_to_num(days, nan=np.inf), side="right")
    return np.array(list(AGE_GROUPS))[np.minimum(places, len(ends) - 1)]


def current_scores(
    champion: Model | None, split: HeldOut, sample: pd.DataFrame, limits: TrainingLimits, fit: Fit = fit_booster
) -> tuple[np.ndarray, str]:
    """What scores the held-out rows today, and its name: the champion, or ring evidence alone without one and when it
    looks at features that are no more, or no longer the same.

    A champion trained after some of those decisions has learned them by heart. Its recipe (features and
    hyperparameters) then stands for it, fitted on the same earlier rows as the challenger.
    """
    known = set(split.judge.features.columns)
    if champion is None or champion.outdated or not set(champion.needed) <= known:
        return expit(split.judge.base_margin), EVIDENCE
    first = EPOCH_DAY + timedelta(days=float(split.judge.days.min()))
    if split.later and champion.trained_as_of is not None and champion.trained_as_of <= first:
        return champion.scores(split.judge.features), CHAMPION
    rows = replace(
        split.fit,
        features=split.fit.features[champion.features],
        base_margin=champion.evidence.base_margin(split.fit.features),
    )
    prior = Prior(champion.evidence, sample)
    recipe = fit_model(champion.entity_type, champion.policy, prior, rows, champion.parameters, limits, fit)
    return recipe.scores(split.judge.features), CHAMPION


def believing(rows: Rows, prior: Prior) -> Rows:
    """The rows with the log-odds that they have by the evidence of a prior."""
    return replace(rows, base_margin=prior.evidence.base_margin(rows.features))


def train_policy(
    entity_type: str, policy: str, prior: Prior, rows: Rows, training: Training, everything: AllRows | None = None
) -> Outcome:
    """Search, judge and fit one policy's model.

    The gate judges a model that was fitted on the earlier decisions alone, against what scores today on the same
    held-out rows. The model that goes live is then fitted on all rows with the same hyperparameters: on a young lake
    the latest weeks are half of what is known. With `everything`, of which `rows` are a sample then, the boosters of
    both are fitted on that.

    Raises TooFewGroups when those who act together cannot be kept apart from others of their class.
    """
    limits, gate = training.limits.training, training.limits.gate
    champion = training.champions.get((entity_type, policy))
    split = held_out(rows, limits)
    fit: Fit = fit_booster if everything is None else everything.fit
    earlier = prior.learned(split.fit.features, split.fit.labels)
    told_earlier = believing(split.fit, earlier)
    parameters = search(told_earlier, earlier, limits)
    candidate = fit_model(entity_type, policy, earlier, told_earlier, parameters, limits, fit)
    current, whose = current_scores(champion, split, prior.sample, limits, fit)
    scores = candidate.scores(split.judge.features)
    metrics, refusals = judge(
        Exam(split.judge, training.policies[policy].capacity, limits, gate), scores, current, whose
    )
    refusals += [
        f"feature {name} was made from the verdict: it tells the classes apart alone" for name in leaks(rows, gate)
    ]
    metrics |= {
        "rows": float(len(rows)),
        "violating_rows": float(rows.positives),
        "random_rows": float(np.count_nonzero(rows.frame == RANDOM)),
        "held_out_rows": float(len(split.judge)),
        "held_out_violating_rows": float(split.judge.positives),
        "held_out_on_later_days": float(split.later),
    }
    if everything is not None:
        metrics |= {"fitted_rows": float(everything.frame.count()), "fit_tasks": float(everything.tasks)}
    by_all = prior.learned(rows.features, rows.labels)
    model = fit_model(entity_type, policy, by_all, believing(rows, by_all), parameters, limits, fit)
    model = replace(model, version=version_name(model, training.as_of), trained_as_of=training.as_of, metrics=metrics)
    return Outcome(model, tuple(refusals))


def train_entity(decided: Decided, policies: Sequence[str], training: Training) -> Trained:
    """Train a model for each policy of an entity type that has decisions enough.

    Where the driver holds a part of a policy's labels alone, `training.tasks` of Spark fit its boosters on all of them;
    without them that part is all there is.
    """
    entity_type, key, limits = decided.entity_type, f"{decided.entity_type}_id", training.limits.training
    trained = Trained()
    found = examples(bounded(decided.labels, "entity_id", limits.max_rows, limits.seed), decided.rows, key)
    if found.empty:
        trained.skipped = dict.fromkeys(policies, "no decisions")
        return trained
    found = with_countries(found, decided.accounts)
    active = population(decided.rows, key, decided.sample)
    names = sorted(feature_names(decided.rows))
    all_labelled = labelled(decided.labels, decided.rows, key)
    if training.tasks:
        all_labelled = persist(all_labelled)
    for policy in policies:
        evidence = evidence_of(entity_type, policy, training.limits.scoring.unknown_score)
        own = rows_for_policy(found, policy, entity_type, names, active, evidence, limits)
        if not own.enough(limits.min_per_class):
            trained.skipped[policy] = (
                f"{own.positives} violating and {len(own) - own.positives} benign decisions with features of their "
                f"time, {limits.min_per_class} of each are needed"
            )
            continue
        everything, told = None, found[found["policy"] == policy]
        if training.tasks and share_kept(told) < 1:
            weigh = weighing_for(told, entity_type, names, active, limits)
            everything = AllRows(all_labelled.where(F.col("policy") == policy), told, key, weigh, training.tasks)
        prior = Prior(evidence, active.sample)
        try:
            trained.outcomes.append(train_policy(entity_type, policy, prior, own, training, everything))
        except TooFewGroups as why:
            trained.skipped[policy] = str(why)
    unpersist(all_labelled)
    return trained
