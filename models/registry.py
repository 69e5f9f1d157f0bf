"""The registry: table `models` and a folder per model under `{lake}/model_files/`.

Files are written first and the row last, so a model whose row is there is whole. A model's content gives it its name,
so a second training of the same day finds itself there.
"""

import json
from collections.abc import Iterable
from datetime import date

import xgboost as xgb
from pyspark.sql import Row

from lake.errors import BrokenContract
from lake.files import read_file
from lake.schemas import MODELS, POLICIES, VIDEO_POLICIES
from lake.store import Lake
from models.calibration import Calibrator
from models.evidence import Evidence
from models.model import Model

SCORED = {"account": POLICIES, "video": VIDEO_POLICIES, "ring": POLICIES}
"""What gets a score, and for which policies."""
FOLDER = "model_files"
PROMOTED = ("champion", "retired")
"""Statuses of models that score or have scored."""


def model_path(version: str) -> str:
    """Relative to the lake, so that a lake can be moved."""
    return f"{FOLDER}/{version}"


def champions(registry: Iterable[Row], as_of: date) -> dict[tuple[str, str], Row]:
    """The model that stood for each entity type and policy on a day: of those promoted by then, the last one trained.

    A model that was replaced later still stands for the days before that, so a day scored again gets the same scores.
    """
    standing: dict[tuple[str, str], Row] = {}
    for row in registry:
        if row.status in PROMOTED and row.trained_as_of <= as_of:
            key = (row.entity_type, row.policy)
            if key not in standing or _rank(row) > _rank(standing[key]):
                standing[key] = row
    return standing


def _rank(row: Row) -> tuple:
    return row.trained_as_of, row.status == "champion", row.trained_at, row.model_version


def registered(lake: Lake) -> list[Row]:
    """Every model that was ever trained; there are a few a week."""
    return lake.read(MODELS).collect() if lake.exists(MODELS) else []


def standing_models(lake: Lake, registry: Iterable[Row], as_of: date) -> dict[tuple[str, str], Model]:
    """The models of the registry that score on a day, by entity type and policy; see `champions`."""
    return {key: load_model(lake.uri, row) for key, row in champions(registry, as_of).items()}


def load_model(lake_uri: str, row: Row) -> Model:
    """Read a model that the registry names; raises BrokenContract when its files are not what was registered."""
    folder = f"{lake_uri}/{row.path}"
    booster = xgb.Booster()
    booster.load_model(bytearray(read_file(f"{folder}/booster.ubj")))
    about = json.loads(read_file(f"{folder}/features.json"))
    calibrator = Calibrator(**json.loads(read_file(f"{folder}/calibrator.json")))
    if list(booster.feature_names or ()) != about["features"]:
        raise BrokenContract(f"model {row.model_version}: features.json and booster.ubj name different features")
    return Model(
        row.entity_type,
        row.policy,
        Evidence.from_dict(about["evidence"]),
        booster,
        calibrator,
        about["parameters"],
        about.get("versions", {}),
        row.model_version,
        row.trained_as_of,
        dict(row.metrics),
    )
