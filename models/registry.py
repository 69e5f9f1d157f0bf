"""The registry: table `models` and a folder per model under `{lake}/model_files/`.

Files are written first and the row last, so a model whose row is there is whole. A model's content gives it its name,
so a second training of the same day finds itself there.
"""

import json
from collections.abc import Iterable
from datetime import date

import xgboost as xgb
from pyspark.sql import Row

from lake.errors import BrokenContract, MissingTable
from lake.files import read_file
from lake.schemas import MODELS, POLICIES, VIDEO_POLICIES
from lake.store import Lake
from models.calibration import Calibrator
from models.evidence import Evidence
from models.model import FILES, Model, fingerprint

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
    latest: dict[tuple[str, str], Row] = {}
    for row in registry:
        if row.status in PROMOTED and row.trained_as_of <= as_of:
            key = (row.entity_type, row.policy)
            if key not in latest or _rank(row) > _rank(latest[key]):
                latest[key] = row
    return latest


def _rank(row: Row) -> tuple:
    return row.trained_as_of, row.status == "champion", row.trained_at, row.model_version


def registered(lake: Lake) -> list[Row]:
    """Every model that was ever trained; there are a few a week."""
    return lake.read(MODELS).collect() if lake.exists(MODELS) else []


def champion_models(lake: Lake, registry: Iterable[Row], as_of: date) -> dict[tuple[str, str], Model]:
    """The models of the registry that score on a day, by entity type and policy; see `champions`."""
    return {key: load_model(lake.uri, row) for key, row in champions(registry, as_of).items()}


def stored_files(lake_uri: str, row: Row) -> dict[str, bytes]:
    """Read the files of a model that make its scores.

    Raises MissingTable when one is not there, BrokenContract when they are not those that gave the model its name: cut
    short or overwritten, they may end this process within XGBoost.
    """
    folder = f"{lake_uri}/{row.path}"
    files = {name: read_file(f"{folder}/{name}") for name in FILES}
    if fingerprint(files) != row.model_version.rpartition("-")[2]:
        raise BrokenContract(
            f"model {row.model_version}: the files in {folder} are not those that it was registered with: bring them "
            f"back, or train another"
        )
    return files


def is_whole(lake_uri: str, row: Row) -> bool:
    """Tell whether the files of a model are those that it was registered with."""
    try:
        stored_files(lake_uri, row)
    except (BrokenContract, MissingTable):
        return False
    return True


def load_model(lake_uri: str, row: Row) -> Model:
    """Read a model that the registry names; raises as `stored_files` does, and BrokenContract when XGBoost cannot read
    it.
    """
    files = stored_files(lake_uri, row)
    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(files["booster.ubj"]))
    except xgb.core.XGBoostError as error:
        raise BrokenContract(
            f"model {row.model_version}: XGBoost {xgb.__version__} cannot read booster.ubj; train another"
        ) from error
    about = json.loads(files["features.json"])
    calibrator = Calibrator(**json.loads(files["calibrator.json"]))
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
