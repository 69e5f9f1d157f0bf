"""The writing side of the registry: the files of trained models first, then their rows, in one commit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from pyspark.sql import Row

from lake.files import write_file
from lake.runs import code_version
from lake.schemas import MODELS
from lake.store import Lake, Provenance
from models.card import model_card
from models.model import Model, as_json
from models.registry import PROMOTED, champions, is_whole, model_path
from models.training import Outcome


def save_model(lake_uri: str, model: Model, card: str) -> None:
    """Write the files of a model with a version."""
    folder = f"{lake_uri}/{model_path(model.version)}"
    files = {**model.content(), "metrics.json": as_json(model.metrics), "card.md": card.encode()}
    for name, content in files.items():
        write_file(f"{folder}/{name}", content)


def register(
    lake: Lake, outcomes: Sequence[Outcome], registry: Sequence[Row], as_of: date, provenance: Provenance
) -> int:
    """Write the files of trained models, then their rows and those of the champions they replace in one commit.

    A model that passed becomes champion, unless one that was trained on a later day already is: then it only stands
    for the days in between, as retired. A model that is there already stays as it is, but for files that are no longer
    whole. Returns the number of rows.
    """
    known = {row.model_version: row for row in registry}
    current = champions(registry, as_of)
    rows = []
    for outcome in outcomes:
        model = outcome.model
        before = current.get((model.entity_type, model.policy))
        if model.version in known and known[model.version].status in PROMOTED:
            if not is_whole(lake.uri, known[model.version]):
                save_model(lake.uri, model, model_card(outcome, as_of))
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
