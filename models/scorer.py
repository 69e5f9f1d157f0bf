"""What scores the entities of one policy: trees that were learned from decisions, ring evidence, or both."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import xgboost as xgb
from pyspark.sql import DataFrame

from conf import ScoringLimits
from features.trees import loaded, shapley_values
from lake.errors import BrokenContract
from lake.schemas import UNSUPERVISED
from models.calibration import Calibrator
from models.evidence import Evidence, evidence_of
from models.model import Model

NO_CHANGE = Calibrator(0.0, 1.0)


@dataclass(frozen=True)
class Scorer:
    """What an executor needs to score one policy: ring evidence and, when there is a model, its trees and its line.

    `features` are those that the trees were grown on, `split_on` those that some tree looks at, as a rule a part;
    `outdated` are those that have come to mean something else since.
    """

    version: str
    evidence: Evidence
    features: list[str]
    split_on: tuple[str, ...] = ()
    raw: bytes | None = None
    calibrator: Calibrator = NO_CHANGE
    outdated: tuple[str, ...] = ()

    @classmethod
    def of_model(cls, model: Model) -> Self:
        raw = bytes(model.booster.save_raw("ubj"))
        split_on = tuple(model.booster.get_score(importance_type="weight"))
        outdated = tuple(model.outdated)
        return cls(model.version, model.evidence, model.features, split_on, raw, model.calibrator, outdated)

    @cached_property
    def booster(self) -> xgb.Booster | None:
        """The trees, on one thread; loaded once per task."""
        return None if self.raw is None else loaded(self.raw)

    @property
    def needed(self) -> list[str]:
        """The columns that rows must have."""
        return self.evidence.with_features(self.features)

    @property
    def looked_at(self) -> list[str]:
        """The columns that make a difference to a score."""
        return self.evidence.with_features(self.split_on)

    def matrix(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The trees' input: NaN in the columns that none of them looks at."""
        inputs = np.full((len(next(iter(values.values()))), len(self.features)), np.nan, np.float32)
        for place, name in enumerate(self.features):
            if name in values:
                inputs[:, place] = values[name]
        return inputs

    def log_odds(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Log-odds of rows given as columns by name."""
        margins = self.evidence.base_margin(values)
        if self.booster is not None:
            margins += self.booster.inplace_predict(
                self.matrix(values), predict_type="margin", missing=np.nan, validate_features=False
            )
        return self.calibrator.log_odds(margins)

    def contributions(self, values: Mapping[str, np.ndarray]) -> tuple[float | np.ndarray, dict[str, np.ndarray]]:
        """What every row starts from, and what each feature adds to it, in log-odds; they sum to `log_odds`.

        Of the trees `shapley_values`, of ring evidence its two factors.
        """
        slope = self.calibrator.slope
        start: float | np.ndarray = self.calibrator.log_odds(np.array(self.evidence.base))
        parts = dict(zip((self.evidence.score, self.evidence.tie), self.evidence.lifts(values), strict=True))
        parts = {name: slope * lift for name, lift in parts.items()}
        if self.booster is not None:
            of_trees, found = shapley_values(self.booster, self.features, self.matrix(values))
            for place, name in enumerate(self.features):
                parts[name] = parts.get(name, 0.0) + slope * found[:, place]
            start = start + slope * of_trees
        return start, parts


def scorer_of(
    entity_type: str,
    policy: str,
    models: Mapping[str, Model],
    limits: ScoringLimits,
    decided: Mapping[str, Mapping[str, tuple[float, float]]],
) -> Scorer:
    """The champion of a policy, or ring evidence alone when there is none, as far as decisions told what it says."""
    if policy in models:
        return Scorer.of_model(models[policy])
    evidence = evidence_of(entity_type, policy, limits.unknown_score)
    if policy in decided:
        evidence = evidence.counted(decided[policy])
    return Scorer(UNSUPERVISED, evidence, [])


def columns_of(rows: DataFrame, scorers: Mapping[str, Scorer]) -> list[str]:
    """The columns that make a difference to scores.

    Raises BrokenContract naming what rows lack of all that the models were trained with, or what has changed since.
    """
    for scorer in scorers.values():
        missing = [name for name in scorer.needed if name not in rows.columns]
        if missing:
            raise BrokenContract(f"model {scorer.version} needs features that are missing: {', '.join(missing)}")
        if scorer.outdated:
            changed = ", ".join(scorer.outdated)
            raise BrokenContract(f"model {scorer.version} was trained before features changed (run train): {changed}")
    return sorted({name for scorer in scorers.values() for name in scorer.looked_at})
