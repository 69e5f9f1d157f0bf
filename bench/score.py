"""Compare scoring with XGBoost's own predict on the same rows in memory: python bench/score.py.

A model is fitted on made-up rows with every feature that a model of accounts can look at. The suite reads the rows from
Parquet, scores them, and gives reasons for one in a hundred; XGBoost predicts them from one matrix that is in memory
already, on as many threads. The start of the engine is not counted. A row goes to bench/results/score.csv.
"""

import os
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb
from pyspark.sql import SparkSession
from records import record

import engine
from conf import load_limits
from features import accounts
from features.rings import RINGS_WITH_FEATURES
from lake.schemas import ACCOUNT_LINKS, RING_MEMBERS
from models.evidence import Prior, evidence_of
from models.fit import Rows, fit_model
from models.model import Model
from models.rows import account_rows, feature_names
from models.score import score_entities
from models.weights import RANDOM

POLICY = "spam_ring"
CHUNK, FITTED = 100_000, 20_000
TELLING = 40
"""Features that the made-up verdicts rest on."""
UNKNOWN_SHARE = 0.1


def all_features(spark: SparkSession) -> list[str]:
    """The names of all features that a model of accounts can look at."""
    tables = (accounts.TABLE, RINGS_WITH_FEATURES, RING_MEMBERS, ACCOUNT_LINKS)
    return sorted(feature_names(account_rows(*(spark.createDataFrame([], table.types) for table in tables))))


def made_up(names: list[str], rows: int, first: int) -> pd.DataFrame:
    """Counts and shares as features are, a part of them unknown; one account in fifty is in a ring."""
    dice = np.random.default_rng([7, first])
    values = dice.gamma(0.5, 20.0, (rows, len(names))).round(1)
    values[dice.random(values.shape) < UNKNOWN_SHARE] = np.nan
    frame = pd.DataFrame(values, columns=names)
    inside = dice.random(rows) < 0.02
    for name, value in {f"ring_is_{POLICY}": 1.0, "ring_score": dice.random(rows), "ring_strength": 1.0}.items():
        frame[name] = np.where(inside, value, np.nan)
    return frame


def fitted(names: list[str]) -> Model:
    """A model of verdicts on made-up accounts."""
    limits = load_limits()
    evidence = evidence_of("account", POLICY, limits.scoring.unknown_score)
    features = made_up(names, FITTED, first=0).astype(np.float32)
    told = features[names[:TELLING]].fillna(0.0).sum(axis=1)
    rows = Rows(
        keys=np.arange(FITTED),
        features=features,
        labels=(told > told.quantile(0.95)).to_numpy(np.int64),
        weights=np.ones(FITTED),
        groups=np.arange(FITTED),
        days=np.zeros(FITTED),
        base_margin=evidence.base_margin(features),
        frame=np.full(FITTED, RANDOM),
    )
    parameters = limits.training.first_guess.model_dump()
    return fit_model("account", POLICY, Prior(evidence, features), rows, parameters, limits.training)


def written(names: list[str], rows: int, file: Path) -> np.ndarray:
    """Write the rows as the suite reads them; returns them as XGBoost takes them."""
    matrix = np.empty((rows, len(names)), np.float32)
    writer = None
    for first in range(0, rows, CHUNK):
        frame = made_up(names, min(CHUNK, rows - first), first=first + 1)
        matrix[first : first + len(frame)] = frame.to_numpy(np.float32)
        ids = np.arange(first, first + len(frame))
        table = pa.Table.from_pandas(frame.assign(account_id=ids, ring_id=ids), preserve_index=False)
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return matrix


@click.command()
@click.option("--rows", default=2_000_000, show_default=True, help="Accounts to score.")
def main(rows: int) -> None:
    """Score made-up accounts both ways."""
    spark = engine.start(engine.choose(None, "", lambda: None, 0), "bench").spark
    names = all_features(spark)
    model = fitted(names)
    limits = load_limits().scoring.model_copy(update={"reason_threshold": 1.0})
    capacity = {POLICY: rows // 100 // limits.reason_capacities}
    with tempfile.TemporaryDirectory() as folder:
        matrix = written(names, rows, Path(folder) / "rows.parquet")
        model.booster.set_param({"nthread": os.cpu_count()})
        inputs = xgb.DMatrix(matrix, feature_names=names)
        began = time.monotonic()
        model.booster.predict(inputs)
        alone = time.monotonic() - began
        del matrix, inputs
        read = spark.read.parquet(folder)
        for frame in (read.limit(1_000), read):  # the first starts Python and compiles, as a session does once
            began = time.monotonic()
            scores = score_entities(frame, "account", [POLICY], {POLICY: model}, capacity, limits)
            scores.write.format("noop").mode("overwrite").save()
            took = time.monotonic() - began
    told = {"predict_s": alone, "scored_s": took, "times": took / alone}
    record("score", engine=engine.current().name, rows=rows, features=len(names), **told)


if __name__ == "__main__":
    main()
