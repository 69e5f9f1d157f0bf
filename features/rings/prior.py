"""What is thought of a ring before any reviewer has seen one: few monotone trees over ring features.

They were fitted on rings of many made-up platforms, of generators that share no code, with honest crowds of all sorts
laid over them, and are shipped as `prior.json`; `make ring-prior` fits them anew, docs/ring-prior.md is their card.
Small trees and signs that are known beforehand leave little room for the habits of a generator; what is left of those
is taken back by a line that is fitted on platforms that were left out (Platt 1999). Features that made it worse on a
generator that was left out have no sign, and are not looked at.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StructField, StructType

from engine import ship
from features.rings.definitions import RING_FEATURES
from lake.schemas import BIGINT, DOUBLE, REASON

if TYPE_CHECKING:
    import xgboost

INPUTS = {feature.name: feature.sign for feature in RING_FEATURES if feature.sign is not None}
"""The features that the prior looks at, each with its sign."""
FILE = "prior.json"
BASE_RATE = "(base rate)"
ARROW_REASONS = pa.list_(pa.struct([("feature", pa.string()), ("value", pa.float64()), ("contribution", pa.float64())]))


@dataclass(frozen=True)
class RingPrior:
    """Trees over `features`, and the line that makes their sum log-odds: intercept + slope x sum.

    `spreads` say how far a platform's start, and how much each part counts on it, may be from that (`learned`);
    `shift` is how far the start is, `scales` how often each part counts, once where it is None.
    """

    features: tuple[str, ...]
    intercept: float
    slope: float
    trees: str
    spreads: tuple[float, float]
    shift: float = 0.0
    scales: tuple[float, ...] | None = None

    @cached_property
    def booster(self) -> "xgboost.Booster":
        """The trees, on one thread: a day has few rings."""
        import xgboost

        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(self.trees.encode()))
        booster.set_param({"nthread": 1})
        return booster

    def contributions(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """What every ring starts from and what each feature adds to it, in log-odds, one row a ring.

        `values` has the `features` as columns, NaN where there was nothing to measure. Exact Shapley values (Lundberg
        et al. 2020); a row's sum and the start are its log-odds.
        """
        import xgboost

        matrix = xgboost.DMatrix(values, feature_names=list(self.features), nthread=1)
        found = self.booster.predict(matrix, pred_contribs=True).astype(np.float64)
        start = float(found[0, -1]) if len(found) else 0.0
        parts = self.slope * found[:, :-1]
        return self.intercept + self.slope * start + self.shift, parts if self.scales is None else parts * self.scales

    def to_json(self) -> str:
        """The text of the artefact, which no platform has moved."""
        told = {
            "features": self.features,
            "intercept": self.intercept,
            "slope": self.slope,
            "spreads": self.spreads,
        }
        return json.dumps(told | {"trees": json.loads(self.trees)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError when the artefact looks at other features than `INPUTS`."""
        told = json.loads(text)
        if tuple(told["features"]) != tuple(INPUTS):
            raise ValueError(f"{FILE} was fitted on other ring features: run make ring-prior")
        trees, spreads = json.dumps(told["trees"]), tuple(told["spreads"])
        return cls(tuple(told["features"]), told["intercept"], told["slope"], trees, spreads)


@cache
def shipped() -> RingPrior:
    """The prior that comes with the suite."""
    return RingPrior.from_json((files(__package__) / FILE).read_text())


def with_prior(features: DataFrame, prior: RingPrior) -> DataFrame:
    """One row (ring_id, score, reasons) for each row of `features`: the chance that reviewers would call the ring
    abusive, and its parts in log-odds, largest first.
    """
    of_all = ship(prior)
    schema = StructType([StructField("ring_id", BIGINT), StructField("score", DOUBLE), StructField("reasons", REASON)])

    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = [batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in INPUTS]
            values = np.column_stack(columns)
            start, parts = of_all.value.contributions(values)
            told = pa.array([_reasons(start, *row) for row in zip(parts, values, strict=True)], ARROW_REASONS)
            score = 1 / (1 + np.exp(-(start + parts.sum(axis=1))))
            yield pa.RecordBatch.from_arrays(
                [batch.column("ring_id"), pa.array(score), told], names=["ring_id", "score", "reasons"]
            )

    return features.select("ring_id", *INPUTS).mapInArrow(judge, schema)


def _reasons(start: float, parts: np.ndarray, values: np.ndarray) -> list[dict]:
    """The reasons of one ring; what adds nothing is none."""
    names = [BASE_RATE, *INPUTS]
    each = zip(names, [np.nan, *values], [start, *parts], strict=True)
    found = [
        {"feature": name, "value": None if np.isnan(value) else float(value), "contribution": float(part)}
        for name, value, part in each
        if part != 0
    ]
    return sorted(found, key=lambda reason: (-abs(reason["contribution"]), reason["feature"]))
