"""Score rings by the prior, choose their policies, and gather the numbers that their evidence names."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import whole_number
from features.links.kinds import FAMILIES, OTHER
from features.rings.measures import RINGS_WITH_FEATURES
from features.rings.prior import RingPrior, with_prior
from lake.schemas import POLICIES

EXAMPLES = 3
"""Targets that the evidence names."""
ONLY_IN_EVIDENCE = (
    "created_together",
    "created_known",
    "created_expected",
    "created_surprise",
    "first_day",
    "last_day",
    "top_verb",
    "verb_targets",
    "actors",
    "typical_actors",
    "examples",
)
"""What is measured of a ring for the sentence of evidence alone, and is no column of `rings`."""


def scored_rings(features: DataFrame, targets: DataFrame, prior: RingPrior) -> DataFrame:
    """Return rings with policy, score and reasons beside their features and `ONLY_IN_EVIDENCE`.

    `features` is of `ring_features`, `targets` of `targets_of` (for examples in the evidence).
    """
    columns = [name for name in RINGS_WITH_FEATURES.columns if name not in ("as_of", "evidence")]
    return (
        features.join(with_prior(features, prior), on="ring_id", how="inner")
        .join(_examples(targets), on=["ring_id", "top_verb"], how="left")
        .withColumns({"policy": _policy(), "first_day": F.to_date("first_at"), "last_day": F.to_date("last_at")})
        .select(*columns, *ONLY_IN_EVIDENCE)
    )


def _examples(targets: DataFrame) -> DataFrame:
    """Return what the evidence says of each ring and verb: verb_targets, actors, typical_actors, examples (ids)."""
    fullest = F.slice(
        F.sort_array(F.collect_list(F.struct((-F.col("members")).alias("order"), "object_id"))), 1, EXAMPLES
    )
    return targets.groupBy("ring_id", F.col("verb").alias("top_verb")).agg(
        F.count("*").alias("verb_targets"),
        F.max("members").alias("actors"),
        whole_number(F.sum("members") / F.count("*")).alias("typical_actors"),
        F.transform(fullest, lambda target: target["object_id"]).alias("examples"),
    )


def _policy() -> Column:
    """Return the policy that a ring's evidence is most specific to, the first of the contract's list of equals."""
    weights = {
        policy: reduce(
            Column.__add__,
            (F.coalesce(f"{f.name}_share", F.lit(0.0)) * f.weight for f in FAMILIES if f.policy == policy),
            F.lit(0.0),
        )
        for policy in POLICIES
    }
    ranked = [
        F.struct(weight, F.lit(-n).alias("order"), F.lit(p).alias("policy"))
        for n, (p, weight) in enumerate(weights.items())
    ]
    best = F.get(F.sort_array(F.array(*ranked), asc=False), 0)
    return F.when(best["order"].isNull(), OTHER.policy).otherwise(best["policy"])
