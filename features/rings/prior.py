"""Score rings before any reviewer has seen one: few monotone trees over ring features.

They are fitted on rings of many simulated platforms, of generators that share no code, with honest crowds of all sorts
added, and shipped as `prior.json`; `make ring-prior` fits them anew, docs/ring-prior.md is their card. Small trees and
signs that are fixed beforehand leave little room for the habits of a generator; what is left is calibrated away by a
line that is fitted on held-out platforms (Platt 1999). Features that made it worse on a held-out generator have no
sign, and are not used.
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
from features.rings.measures import RING_FEATURES
from features.trees import loaded, shapley_values
from lake.schemas import BIGINT, DOUBLE, REASON

if TYPE_CHECKING:
    import xgboost

INPUTS = dict(sorted((feature.name, feature.sign) for feature in RING_FEATURES if feature.sign is not None))
"""The features that the prior uses, each with its sign. Trees draw the columns that they look at by their places: these
are by name, so that a feature's place in the code says nothing.
"""
FILE = "prior.json"
BASE_RATE = "(base rate)"
ARROW_REASONS = pa.list_(pa.struct([("feature", pa.string()), ("value", pa.float64()), ("contribution", pa.float64())]))


@dataclass(frozen=True)
class RingPrior:
    """Hold trees over `features`, and the line that turns their sum into log-odds: intercept + slope x sum.

    `spreads` are the standard deviations, between platforms, of the start and of the scale of each part (`learned`).
    `shift` is the shift of the start on this platform, `scales` the scale of each part; None stands for 1.
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
        """Return the trees, loaded once per task."""
        return loaded(self.trees.encode())

    def contributions(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the start of every ring, and what each feature adds to it, in log-odds, a row per ring.

        `values` has the `features` as columns, NaN where there was nothing to measure. The start and a row's sum are
        its log-odds.
        """
        starts, found = shapley_values(self.booster, self.features, values)
        start = float(starts[0]) if len(starts) else 0.0
        parts = self.slope * found
        return self.intercept + self.slope * start + self.shift, parts if self.scales is None else parts * self.scales

    def to_json(self) -> str:
        """Return the text of the artefact, without what a platform has learned."""
        values_by_name = {
            "features": self.features,
            "intercept": self.intercept,
            "slope": self.slope,
            "spreads": self.spreads,
        }
        return json.dumps(values_by_name | {"trees": json.loads(self.trees)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the text of the artefact.

        Raises ValueError if it uses other features than `INPUTS`.
        """
        values_by_name = json.loads(text)
        if tuple(values_by_name["features"]) != tuple(INPUTS):
            raise ValueError(f"{FILE} was fitted on other ring features: run make ring-prior")
        trees, spreads = json.dumps(values_by_name["trees"]), tuple(values_by_name["spreads"])
        return cls(
            tuple(values_by_name["features"]), values_by_name["intercept"], values_by_name["slope"], trees, spreads
        )


@cache
def shipped() -> RingPrior:
    """Return the prior that comes with the suite."""
    return RingPrior.from_json((files(__package__) / FILE).read_text())


def with_prior(features: DataFrame, prior: RingPrior) -> DataFrame:
    """Score each ring: ring_id, score, reasons.

    The score is the probability that reviewers would call the ring abusive; the reasons are its parts in log-odds,
    largest first.
    """
    shared_prior = ship(prior)
    schema = StructType([StructField("ring_id", BIGINT), StructField("score", DOUBLE), StructField("reasons", REASON)])

    def score_batch(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score batches of rings."""
        for batch in batches:
            columns = [batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in INPUTS]
            values = np.column_stack(columns)
            start, parts = shared_prior.value.contributions(values)
            reasons = pa.array([_reasons(start, *row) for row in zip(parts, values, strict=True)], ARROW_REASONS)
            score = 1 / (1 + np.exp(-(start + parts.sum(axis=1))))
            yield pa.RecordBatch.from_arrays(
                [batch.column("ring_id"), pa.array(score), reasons], names=["ring_id", "score", "reasons"]
            )

    return features.select("ring_id", *INPUTS).mapInArrow(score_batch, schema)


def _reasons(start: float, parts: np.ndarray, values: np.ndarray) -> list[dict]:
    """Return the reasons of one ring; features that add nothing are left out."""
    names = [BASE_RATE, *INPUTS]
    each = zip(names, [np.nan, *values], [start, *parts], strict=True)
    found = [
        {"feature": name, "value": None if np.isnan(value) else float(value), "contribution": float(part)}
        for name, value, part in each
        if part != 0
    ]
    return sorted(found, key=lambda reason: (-abs(reason["contribution"]), reason["feature"]))
