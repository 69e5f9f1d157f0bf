"""What a training leaves behind and scoring reads: a model and its files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import xgboost as xgb

from models.calibration import Calibrator
from models.evidence import Evidence
from models.versions import Versions, changed_parts, outdated_features

FILES = ("booster.ubj", "calibrator.json", "features.json")


@dataclass(frozen=True)
class Model:
    """What scores: evidence, booster, calibrator, and the features by name in the booster's order.

    `parameters` are those that it was fitted with, the seed among them; `versions` says by which definitions
    the rows were computed that it learned from (models/versions.py).
    """

    entity_type: str
    policy: str
    evidence: Evidence
    booster: xgb.Booster
    calibrator: Calibrator
    parameters: dict[str, float | int]
    versions: Versions
    version: str = ""
    trained_as_of: date | None = None
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        return list(self.booster.feature_names or ())

    @property
    def needed(self) -> list[str]:
        """The columns that rows must have."""
        return self.evidence.with_features(self.features)

    @property
    def outdated(self) -> list[str]:
        """Features that are no longer what it has learned, by the counters of former times."""
        return outdated_features(self.needed, self.versions)

    @property
    def changed(self) -> list[str]:
        """The parts of its rows that have other definitions now."""
        return changed_parts(self.entity_type, self.versions)

    def margins(self, features: pd.DataFrame) -> np.ndarray:
        return self.evidence.base_margin(features) + trees(self.booster, features[self.features])

    def scores(self, features: pd.DataFrame) -> np.ndarray:
        return self.calibrator(self.margins(features))

    def content(self) -> dict[str, bytes]:
        """The files that make the scores, by the names of `FILES`."""
        return {
            "booster.ubj": bytes(self.booster.save_raw("ubj")),
            "calibrator.json": as_json(self.calibrator.to_dict()),
            "features.json": as_json(
                {
                    "features": self.features,
                    "versions": self.versions,
                    "evidence": self.evidence.to_dict(),
                    "parameters": self.parameters,
                }
            ),
        }

    def fingerprint(self) -> str:
        """Eight digits that differ when the scores would."""
        return fingerprint(self.content())


def learned_otherwise(models: Sequence[Model]) -> str:
    """Say in a line that these models learned from rows that are computed otherwise today."""
    names = ", ".join(sorted(model.version for model in models))
    parts = ", ".join(sorted({part for model in models for part in model.changed}))
    whose = "models" if len(models) > 1 else "model"
    return f"{whose} {names} learned from other definitions of {parts} than today's: train anew"


def fingerprint(files: Mapping[str, bytes]) -> str:
    """Digest the files of a model, as the last part of its name does."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode())
        digest.update(content)
    return digest.hexdigest()[:8]


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def matrix(features: pd.DataFrame, **about: np.ndarray) -> xgb.DMatrix:
    return xgb.DMatrix(features.to_numpy(np.float32), feature_names=list(features.columns), nthread=1, **about)


def trees(booster: xgb.Booster, features: pd.DataFrame) -> np.ndarray:
    """What the trees add to the log-odds."""
    return booster.predict(matrix(features), output_margin=True).astype(np.float64)
