"""Scoring: every active entity for every policy in one pass, and reasons for those that a queue could take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
import xgboost as xgb
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StructField, StructType

from conf import ScoringLimits
from lake.errors import BrokenContract
from lake.schemas import REASON, UNSUPERVISED
from models.fit import Model

BASE_RATE, OTHERS = "(base rate)", "(all other features)"
RING_SCORE, TIE = "ring_score", "ring_strength"
Models = Mapping[str, Model]
"""The champions of one entity type by policy."""


def check_features(rows: DataFrame, models: Models) -> None:
    """Raises BrokenContract naming the features that a model asks for and the rows lack."""
    for model in models.values():
        missing = [name for name in model.features if name not in rows.columns]
        if missing:
            raise BrokenContract(f"model {model.version} needs features that are missing: {', '.join(missing)}")


def shipped(model: Model) -> tuple[bytes, list[str], float, float]:
    """What an executor needs of a model."""
    return bytes(model.booster.save_raw("ubj")), model.features, model.calibrator.intercept, model.calibrator.slope


def loaded(raw: bytes) -> xgb.Booster:
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(raw))
    booster.set_param({"nthread": 1})
    return booster


def as_matrix(batch: pa.RecordBatch, names: Sequence[str]) -> np.ndarray:
    """Columns of a batch as 32-bit floats, NaN for null."""
    columns = [batch.column(batch.schema.get_field_index(name)).to_numpy(zero_copy_only=False) for name in names]
    return np.column_stack([np.asarray(column, np.float32) for column in columns])


def log_odds_column(chance: Column) -> Column:
    return F.log(chance / (1 - chance))


def with_margins(rows: DataFrame, keys: Sequence[str], models: Models) -> DataFrame:
    """The keys of each row and, per policy with a model, its score in a column `score_<policy>`.

    The boosters are broadcast, each batch is read once for all of them, on one thread each.
    """
    check_features(rows, models)
    order = sorted({name for model in models.values() for name in model.features})
    ship = rows.sparkSession.sparkContext.broadcast({policy: shipped(model) for policy, model in models.items()})
    scores = [StructField(f"score_{policy}", DoubleType()) for policy in models]
    schema = StructType([*(rows.schema[name] for name in keys), *scores])
    arrow_names = schema.fieldNames()

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ready = [(loaded(raw), names, at, slope) for raw, names, at, slope in ship.value.values()]
        for batch in batches:
            place = {name: index for index, name in enumerate(order)}
            values = as_matrix(batch, order)
            columns = [batch.column(batch.schema.get_field_index(name)) for name in keys]
            for booster, names, at, slope in ready:
                inputs = values[:, [place[name] for name in names]]
                margins = booster.inplace_predict(
                    inputs, predict_type="margin", missing=np.nan, validate_features=False
                )
                columns.append(pa.array(1 / (1 + np.exp(-(at + slope * margins.astype(np.float64))))))
            yield pa.RecordBatch.from_arrays(columns, names=arrow_names)

    return rows.select(*keys, *order).mapInArrow(score, schema)


def reasons(rows: DataFrame, key: str, models: Models, most: int) -> DataFrame:
    """Reasons of rows with a `policy` that has a model: columns key, policy, reasons.

    Contributions are exact Shapley values of the trees (Lundberg et al. 2020), in log-odds after calibration: they
    sum to the log-odds of the score. The `most` largest are named, the others are one entry, and the base rate is the
    last.
    """
    order = sorted({name for model in models.values() for name in model.features})
    ship = rows.sparkSession.sparkContext.broadcast({policy: shipped(model) for policy, model in models.items()})
    schema = StructType([rows.schema[key], rows.schema["policy"], StructField("reasons", REASON)])
    arrow_schema = pa.schema(
        [
            (key, pa.int64()),
            ("policy", pa.string()),
            (
                "reasons",
                pa.list_(
                    pa.struct([("feature", pa.string()), ("value", pa.float64()), ("contribution", pa.float64())])
                ),
            ),
        ]
    )

    def explain(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ready = {policy: (loaded(raw), names, at, slope) for policy, (raw, names, at, slope) in ship.value.items()}
        for batch in batches:
            policies = np.asarray(batch.column(batch.schema.get_field_index("policy")).to_pylist(), dtype=object)
            ids = batch.column(batch.schema.get_field_index(key)).to_numpy()
            for policy, (booster, names, at, slope) in ready.items():
                mine = np.flatnonzero(policies == policy)
                if not len(mine):
                    continue
                values = as_matrix(batch, names)[mine]
                inputs = xgb.DMatrix(values, feature_names=names, nthread=1)
                parts = slope * booster.predict(inputs, pred_contribs=True).astype(np.float64)
                total = at + slope * booster.predict(inputs, output_margin=True).astype(np.float64)
                listed = [
                    _listed(names, row, part, whole, at, most)
                    for row, part, whole in zip(values, parts, total, strict=True)
                ]
                yield pa.RecordBatch.from_pylist(
                    [
                        {key: int(ids[at_]), "policy": policy, "reasons": why}
                        for at_, why in zip(mine, listed, strict=True)
                    ],
                    schema=arrow_schema,
                )

    return rows.select(key, "policy", *order).mapInArrow(explain, schema)


def _listed(
    names: list[str], values: np.ndarray, parts: np.ndarray, total: float, intercept: float, most: int
) -> list[dict]:
    largest = [place for place in np.argsort(-np.abs(parts[:-1]), kind="stable")[:most] if parts[place] != 0]
    base = float(parts[-1]) + intercept
    entries = [
        {
            "feature": names[place],
            "value": None if np.isnan(values[place]) else float(values[place]),
            "contribution": float(parts[place]),
        }
        for place in largest
    ]
    rest = total - base - sum(entry["contribution"] for entry in entries)
    return [
        *entries,
        {"feature": OTHERS, "value": None, "contribution": float(rest)},
        {"feature": BASE_RATE, "value": None, "contribution": base},
    ]


def entry(name: str, value: Column, contribution: Column) -> Column:
    return F.struct(
        F.lit(name).alias("feature"),
        value.cast("double").alias("value"),
        contribution.cast("double").alias("contribution"),
    )


def bounded_chance(chance: Column, floor: float) -> Column:
    """A chance no lower than the floor and no closer to 1: evidence without a model is never certain."""
    return F.least(F.greatest(chance, F.lit(floor)), F.lit(1 - floor))


def cold_account(policy: str, unknown: float) -> tuple[Column, Column]:
    """Score and reasons of an account without a model: its ring's score × how firmly it is tied.

    Only for the policy that the ring would break. Anyone else gets `unknown`: rare, but not impossible. The reasons
    say how far the ring's score lifts the odds and how much the tie takes back; they sum to the log-odds of the
    score.
    """
    return _cold(F.col("ring_policy") == policy, F.col(RING_SCORE), F.col("ring_strength"), RING_SCORE, TIE, unknown)


def cold_video(policy: str, unknown: float) -> tuple[Column, Column]:
    """Score and reasons of a video without a model.

    Bought engagement: the score of the ring that acts on it × the share of the ring that does. Re-uploads: the score
    of the uploader's ring × how firmly the uploader is tied to it.
    """
    if policy == "coordinated_reupload":
        mine = F.col("owner_ring_policy") == policy
        return _cold(
            mine,
            F.col("owner_ring_score"),
            F.col("owner_ring_strength"),
            "owner_ring_score",
            "owner_ring_strength",
            unknown,
        )
    acting = F.col("engaging_ring_policy").isin("artificial_engagement", "bot_network")
    names = ("engaging_ring_score", "engaging_ring_share")
    return _cold(acting, F.col(names[0]), F.least(F.col(names[1]), F.lit(1.0)), *names, unknown)


def _cold(
    mine: Column, ring_score: Column, tie: Column, score_name: str, tie_name: str, unknown: float
) -> tuple[Column, Column]:
    base = F.lit(unknown)
    ring = bounded_chance(ring_score, unknown)
    chance = bounded_chance(ring_score * tie, unknown)
    held = F.coalesce(mine & (ring_score * tie > base), F.lit(False))
    why = F.array(
        entry(score_name, ring_score, log_odds_column(ring) - log_odds_column(base)),
        entry(tie_name, tie, log_odds_column(chance) - log_odds_column(ring)),
        entry(BASE_RATE, F.lit(None), log_odds_column(base)),
    )
    return F.when(held, chance).otherwise(base), F.when(held, why)


def score_entities(
    rows: DataFrame,
    key: str,
    policies: Sequence[str],
    models: Models,
    capacities: Mapping[str, int],
    limits: ScoringLimits,
) -> DataFrame:
    """A score for each row and policy: columns key, policy, score, ring_id, reasons, model_version.

    `rows` are account or video rows of one day. A policy without a model gets scores from ring evidence alone.
    Reasons are filled for scores from `limits.reason_threshold` up and for the top rows of each policy,
    `limits.reason_capacities` days of its reviewers' capacity; for the rest they are empty.
    """
    cold = {
        policy: (cold_account if key == "account_id" else cold_video)(policy, limits.unknown_score)
        for policy in policies
    }
    cold = {policy: columns for policy, columns in cold.items() if policy not in models}
    known = ["as_of", key, "ring_id"]
    prepared = rows
    for policy, (score, why) in cold.items():
        prepared = prepared.withColumn(f"score_{policy}", score).withColumn(f"reasons_{policy}", why)
    carried = [*known, *(f"{part}_{policy}" for policy in cold for part in ("score", "reasons"))]
    wide = (with_margins(prepared, carried, models) if models else prepared.select(*carried)).persist()
    none = F.lit(None).cast(REASON)
    versions = {policy: models[policy].version if policy in models else UNSUPERVISED for policy in policies}
    long = reduce(
        DataFrame.unionByName,
        [
            wide.select(
                key,
                F.lit(policy).alias("policy"),
                F.col(f"score_{policy}").alias("score"),
                "ring_id",
                (F.col(f"reasons_{policy}") if policy in cold else none).alias("cold_reasons"),
                F.lit(versions[policy]).alias("model_version"),
            )
            for policy in policies
        ],
    )
    explained = rows.sparkSession.createDataFrame(
        [], StructType([rows.schema[key], long.schema["policy"], StructField("reasons", REASON)])
    )
    if models:
        wanted = reduce(
            DataFrame.union,
            [
                _wanted(wide, key, policy, limits.reason_capacities * capacities[policy], limits.reason_threshold)
                for policy in models
            ],
        ).distinct()
        explained = reasons(rows.join(wanted, on=key, how="inner"), key, models, limits.reasons)
    filled = F.coalesce("reasons", "cold_reasons", F.array().cast(REASON))
    return long.join(explained, on=[key, "policy"], how="left").select(
        key, "policy", "score", "ring_id", filled.alias("reasons"), "model_version"
    )


def _wanted(wide: DataFrame, key: str, policy: str, top: int, threshold: float) -> DataFrame:
    """Keys of the rows that a queue could take for a policy; each partition keeps its own best, so no task holds them
    all.
    """
    scored = wide.select(key, F.lit(policy).alias("policy"), F.col(f"score_{policy}").alias("score"))
    best = scored.orderBy(F.desc("score"), key).limit(top)
    return best.union(scored.where(F.col("score") >= threshold)).select(key, "policy")
