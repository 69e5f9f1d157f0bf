"""Scoring: every active entity for every policy in one pass, and reasons for those that a queue could take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DoubleType, FloatType, StructField, StructType
from scipy.special import expit

from conf import ScoringLimits
from engine import persist, ship
from features.rings.prior import ARROW_REASONS, BASE_RATE
from lake.schemas import REASON
from models.model import Model
from models.scorer import Scorer, columns_of, scorer_of

OTHERS = "(all other features)"
ROUNDING = 1e-9


def packed(names: Iterable[str]) -> Column:
    """Columns as one, `values`: the 32-bit floats that trees compare, NaN for null; they reach Python in one piece."""
    unknown = F.lit(np.nan).cast("float")
    return F.array(*(F.coalesce(F.col(name).cast("float"), unknown) for name in names)).alias("values")


def unpacked(values: pa.Array, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The columns by name of rows that were `packed`."""
    matrix = values.flatten().to_numpy().reshape(len(values), len(names))
    return {name: matrix[:, place] for place, name in enumerate(names)}


class Best:
    """The `most` best rows of all that were shown so far: by score and, of equals, the smaller key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.scores, self.keys = np.empty(0), np.empty(0, np.int64)

    def admit(self, scores: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Which of these rows are among the best of them and of those before."""
        scores, keys = np.r_[self.scores, scores], np.r_[self.keys, keys]
        order = np.lexsort((keys, -scores))[: self.most]
        admitted = np.zeros(len(scores), bool)
        admitted[order] = True
        admitted = admitted[len(self.scores) :]
        self.scores, self.keys = scores[order], keys[order]
        return admitted


def with_scores(
    rows: DataFrame, keys: Sequence[str], scorers: Mapping[str, Scorer], top: Mapping[str, int], threshold: float
) -> DataFrame:
    """The `keys` of each row, the entity's own first, per policy its score in a column `score_<policy>`, and `values`.

    Boosters are broadcast, each batch is read once for all of them, on one thread each. The values (`packed` columns of
    `columns_of`) are kept of rows with a score of `threshold` or more and of all that may be among the `top` of a
    policy, so that their reasons need no second look at all rows; for the others they are null.
    """
    looked_at = columns_of(rows, scorers)
    shipped = ship(dict(scorers))
    scored = [StructField(f"score_{policy}", DoubleType()) for policy in scorers]
    schema = StructType([*(rows.schema[name] for name in keys), *scored, StructField("values", ArrayType(FloatType()))])
    names = schema.fieldNames()

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        best = {policy: Best(top[policy]) for policy in shipped.value}
        for batch in batches:
            entities = batch.column(keys[0]).to_numpy()
            together = batch.column("values")
            values = unpacked(together, looked_at)
            kept, scores = np.zeros(len(entities), bool), []
            for policy, scorer in shipped.value.items():
                scores.append(expit(scorer.log_odds(values)))
                kept |= (scores[-1] >= threshold) | best[policy].admit(scores[-1], entities)
            told = pc.if_else(pa.array(kept), together, pa.scalar(None, together.type))
            columns = [*(batch.column(name) for name in keys), *map(pa.array, scores), told]
            yield pa.RecordBatch.from_arrays(columns, names=names)

    return rows.select(*keys, packed(looked_at)).mapInArrow(score, schema)


def reasons(chosen: DataFrame, scorers: Mapping[str, Scorer], looked_at: Sequence[str], most: int) -> DataFrame:
    """Reasons of rows (key, policy, values): columns key, policy, reasons.

    The `most` largest contributions are named, the others are one entry, and the base rate is the last: they sum to
    the log-odds of the score. A row of which nothing speaks has no reasons. The values are the columns `looked_at`.
    """
    key = chosen.columns[0]
    shipped = ship(dict(scorers))
    schema = StructType([chosen.schema[key], chosen.schema["policy"], StructField("reasons", REASON)])
    arrow_schema = pa.schema([(key, pa.int64()), ("policy", pa.string()), ("reasons", ARROW_REASONS)])

    def explain(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            policies = np.asarray(batch.column("policy").to_pylist(), dtype=object)
            for policy, scorer in shipped.value.items():
                mine = np.flatnonzero(policies == policy)
                if not len(mine):
                    continue
                own = batch.take(pa.array(mine))
                why = listed(scorer, unpacked(own.column("values"), looked_at), most)
                told = [
                    {key: entity, "policy": policy, "reasons": each}
                    for entity, each in zip(own.column(key).to_pylist(), why, strict=True)
                    if each
                ]
                yield pa.RecordBatch.from_pylist(told, schema=arrow_schema)

    return chosen.mapInArrow(explain, schema)


def listed(scorer: Scorer, values: Mapping[str, np.ndarray], most: int) -> list[list[dict]]:
    """The reasons of each row, the largest first; none for a row to which no feature adds anything."""
    start, parts = scorer.contributions(values)
    names = list(parts)
    matrix = np.column_stack([parts[name] for name in names])
    starts, totals = np.broadcast_to(start, len(matrix)), scorer.log_odds(values)
    largest = np.argsort(-np.abs(matrix), axis=1, kind="stable")[:, :most]
    rows = []
    for row, (places, base, total) in enumerate(zip(largest, starts, totals, strict=True)):
        entries = [
            entry(names[place], values[names[place]][row], matrix[row, place])
            for place in places
            if matrix[row, place] != 0
        ]
        rest = total - base - sum(each["contribution"] for each in entries)
        if abs(rest) > ROUNDING:
            entries.append(entry(OTHERS, np.nan, rest))
        rows.append([*entries, entry(BASE_RATE, np.nan, base)] if entries else [])
    return rows


def entry(name: str, value: float, contribution: float) -> dict:
    return {
        "feature": name,
        "value": None if np.isnan(value) else float(value),
        "contribution": float(contribution),
    }


def score_entities(
    rows: DataFrame,
    entity_type: str,
    policies: Sequence[str],
    models: Mapping[str, Model],
    capacities: Mapping[str, int],
    limits: ScoringLimits,
    decided: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
) -> DataFrame:
    """A score for each row and policy: columns account_id, video_id or ring_id, policy, score, ring_id, reasons,
    model_version.

    `rows` are account, video or ring rows of one day, `models` the champions by policy; the ring is the one whose
    evidence speaks of the policy. A policy without a model gets scores from ring evidence alone, and `decided` (as
    `decided_members` gives it) tells what accounts in rings of other policies break. Reasons are filled for
    scores from `limits.reason_threshold` up and for the top rows of each policy, `limits.reason_capacities` days of its
    reviewers' capacity; for the rest they are empty.
    """
    key = f"{entity_type}_id"
    scorers = {policy: scorer_of(entity_type, policy, models, limits, decided or {}) for policy in policies}
    ids = dict.fromkeys([key, *(scorer.evidence.ring for scorer in scorers.values())])
    top = {policy: limits.reason_capacities * capacities[policy] for policy in scorers}
    wide = persist(with_scores(rows, list(ids), scorers, top, limits.reason_threshold))
    each = [
        wide.select(
            key,
            *([] if key == "ring_id" else [F.col(scorer.evidence.ring).alias("ring_id")]),
            F.lit(policy).alias("policy"),
            F.col(f"score_{policy}").alias("score"),
            F.lit(scorer.version).alias("model_version"),
        )
        for policy, scorer in scorers.items()
    ]
    wanted = [
        queueable(scored, key, top[policy], limits.reason_threshold)
        for policy, scored in zip(scorers, each, strict=True)
    ]
    kept = wide.where("values IS NOT NULL").select(key, "values")
    chosen = kept.join(reduce(DataFrame.union, wanted).distinct(), on=key, how="inner").select(key, "policy", "values")
    explained = reasons(chosen, scorers, columns_of(rows, scorers), limits.reasons)
    return (
        reduce(DataFrame.union, each)
        .join(explained, on=[key, "policy"], how="left")
        .withColumn("reasons", F.coalesce("reasons", F.array().cast(REASON)))
        .select(*dict.fromkeys([key, "policy", "score", "ring_id", "reasons", "model_version"]))
    )


def queueable(scored: DataFrame, key: str, top: int, threshold: float) -> DataFrame:
    """Keys of the rows that a queue could take for a policy; each partition keeps its own best, so no task holds them
    all.
    """
    best = scored.orderBy(F.desc("score"), key).limit(top).select(key, "policy")
    return best.union(scored.where(F.col("score") >= threshold).select(key, "policy"))
