"""The registry: table `models` and a folder per model under `{lake}/model_files/`.

Files are written first and the row last, so a model whose row is there is whole. A model's content gives it its name,
so a second training of the same day finds itself there.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import xgboost as xgb
from pyspark.sql import Row

from lake.errors import BrokenContract
from lake.files import read_file, write_file
from lake.runs import code_version
from lake.schemas import MODELS, POLICIES, VIDEO_POLICIES
from lake.store import Lake, Provenance
from models.calibration import Calibrator
from models.card import model_card
from models.evidence import Evidence
from models.fit import Model, as_json
from models.training import Outcome

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


def save_model(lake_uri: str, model: Model, card: str) -> None:
    """Write the files of a model with a version."""
    folder = f"{lake_uri}/{model_path(model.version)}"
    files = {**model.content(), "metrics.json": as_json(model.metrics), "card.md": card.encode()}
    for name, content in files.items():
        write_file(f"{folder}/{name}", content)


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


def register(
    lake: Lake, outcomes: Sequence[Outcome], registry: Sequence[Row], as_of: date, provenance: Provenance
) -> int:
    """Write the files of trained models, then their rows and those of the champions they replace in one commit.

    A model that passed becomes champion, unless one that was trained on a later day already is: then it only stands
    for the days in between, as retired. A model that is there already stays as it is. Returns the number of rows.
    """
    known = {row.model_version: row for row in registry}
    standing = champions(registry, as_of)
    rows = []
    for outcome in outcomes:
        model = outcome.model
        before = standing.get((model.entity_type, model.policy))
        if model.version in known and known[model.version].status in PROMOTED:
            continue
        save_model(lake.uri, model, model_card(outcome, as_of))
        status = "refused" if outcome.refusals else "champion"
        if not outcome.refusals:
            newer = [
                each
                for each in registry
                if _same(each, model) and each.status == "champion" and each.trained_as_of > as_of
            ]
            status = "retired" if newer else "champion"
            if before is not None and before.status == "champion":
                rows.append(Row(**{**before.asDict(), "status": "retired"}))
        rows.append(
            Row(
                model_version=model.version,
                policy=model.policy,
                entity_type=model.entity_type,
                trained_as_of=as_of,
                status=status,
                metrics=dict(model.metrics),
                path=model_path(model.version),
                code_version=code_version(),
                trained_at=datetime.now(UTC),
                notes="; ".join(outcome.refusals) or None,
            )
        )
    if rows:
        values = [tuple(row[name] for name in MODELS.columns) for row in rows]
        lake.upsert(MODELS, lake.spark.createDataFrame(values, MODELS.types), provenance)
    return len(rows)


def _same(row: Row, model: Model) -> bool:
    return (row.entity_type, row.policy) == (model.entity_type, model.policy)
