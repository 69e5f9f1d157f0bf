"""Fitting on the cluster: boosters on all labelled rows, where the driver holds a sample of them.

The sample is what hyperparameters are searched on, what the gate judges by and what calibration is fitted to. It also
tells the few numbers by which any row is weighed: a row weighs here what it weighs there, and prior, base margins and
constraints are the same. Where a part of the sample is held out, all rows that belong with it are.

The same rows give the same bytes with the same number of tasks: each bins its own rows before all bins are merged, and
draws its own part of them for each tree. One task grows the trees of `fit_booster`.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xgboost as xgb
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import TrainingLimits
from engine import EngineError, current, persist, unpersist
from lake.errors import UsageError
from models.evidence import Evidence, Prior
from models.examples import apart_from, ties_of
from models.fit import Parameters, Rows, Terms, booster_settings, terms_of
from models.weights import Weighing

WEIGHED_BY = ("label", "source", "selection", "inclusion_probability", "strength")
"""What is known of a label beside features, of which its weight depends."""

logging.getLogger("XGBoost-PySpark").setLevel(logging.WARNING)  # it tells of every fit on standard error


def check_slots(tasks: int) -> None:
    """Raises UsageError where so many tasks cannot run at once, as those that fit one booster together must."""
    try:
        current().check_tasks(tasks)
    except EngineError as error:
        raise UsageError(f"--distributed {tasks}: {error}") from error


@dataclass(frozen=True)
class AllRows:
    """All labelled rows of one policy: `frame` has one row per `key`, with label and features, `told` is the driver's
    sample of them.

    `weigh` says how many active entities a row stands for; `tasks` of Spark fit a booster together.
    """

    frame: DataFrame
    told: pd.DataFrame
    key: str
    weigh: Weighing
    tasks: int

    def fit(
        self, rows: Rows, prior: Prior, parameters: Parameters, limits: TrainingLimits
    ) -> tuple[xgb.Booster, float]:
        """What `fit_booster` does, on all rows but those that belong with what `rows` leave out of the driver's sample.

        The prior's labels are chances, which XGBoost takes of a regression alone; the objective is the same.
        """
        names, terms = list(rows.features.columns), terms_of(rows, prior, limits)
        decided = self.decided(self.beside(rows), names, prior.evidence, terms)
        inputs = decided.union(self.believed(names, prior, terms, decided))
        placed = persist(inputs.repartition(self.tasks, self.key).sortWithinPartitions("of_prior", self.key))
        from xgboost.spark import SparkXGBRegressor  # it asks for a JVM when it is imported

        estimator = SparkXGBRegressor(
            features_col=names,
            label_col="label",
            weight_col="weight",
            base_margin_col="base_margin",
            feature_names=names,
            n_estimators=int(parameters["rounds"]),
            num_workers=self.tasks,
            verbose=False,
            **booster_settings(parameters, names, limits),
        )
        booster = estimator.fit(placed).get_booster()
        unpersist(placed)
        return booster, terms.offset

    def beside(self, rows: Rows) -> DataFrame:
        """All rows that may be seen where the driver sees `rows`: none of an account or a ring of which it holds out
        all that it has, and none as late as what it holds out as later.
        """
        told = self.told.reset_index(drop=True)
        inside = told[self.key].isin(rows.keys)
        if inside.all():
            return self.frame
        ties = ties_of(told)
        is_seen = inside[ties["row"]].to_numpy()
        seen, held = (pd.MultiIndex.from_frame(part[["kind", "id"]]) for part in (ties[is_seen], ties[~is_seen]))
        things = held.difference(seen).to_frame(index=False)
        left = apart_from(self.frame, self.frame.sparkSession.createDataFrame(things, "kind string, id bigint"))
        later = told["decided_at"][~inside & (told["decided_at"] > told["decided_at"][inside].max())]
        return left if later.empty else left.where(F.col("decided_at") < F.lit(later.min()))

    def decided(self, frame: DataFrame, names: list[str], evidence: Evidence, terms: Terms) -> DataFrame:
        """Labelled rows as they are fitted: key, of_prior, label, weight, base_margin, and features."""
        weigh, clipping, start = self.weigh, terms.clipping, terms.start

        @F.pandas_udf("weight double, base_margin double")
        def told(rows: pd.DataFrame) -> pd.DataFrame:
            weights = clipping(rows["label"].to_numpy(), weigh(rows))
            return pd.DataFrame({"weight": weights, "base_margin": evidence.base_margin(rows) + start})

        wanted = F.struct(*dict.fromkeys((*WEIGHED_BY, *weigh.names, *evidence.columns)))
        return frame.withColumn("told", told(wanted)).select(
            self.key,
            F.lit(False).alias("of_prior"),
            F.col("label").cast("double").alias("label"),
            "told.weight",
            "told.base_margin",
            *(F.col(name).cast("float").alias(name) for name in names),
        )

    def believed(self, names: list[str], prior: Prior, terms: Terms, like: DataFrame) -> DataFrame:
        """The prior's rows, with the columns of `like`."""
        sample = prior.sample
        told = {
            self.key: sample[self.key],
            "of_prior": True,
            "label": terms.labels,
            "weight": terms.weights,
            "base_margin": prior.margins + terms.start,
        }
        rows = pd.concat([pd.DataFrame(told), sample[names].astype(np.float32)], axis="columns")
        return self.frame.sparkSession.createDataFrame(rows, like.schema)
