"""How what was found compares with the truth of a simulated world."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from lake.schemas import POLICIES

FLAGGED = 0.5
"""A score from which an account or a ring counts as flagged."""


def share(part: Column, whole: Column) -> Column:
    return ratio(F.sum(F.when(whole & part, 1).otherwise(0)), F.sum(whole.cast("int")))


def scorecard(
    features: DataFrame, members: DataFrame, rings: DataFrame, scores: DataFrame, truth: DataFrame
) -> DataFrame:
    """One row: how many active accounts are flagged, how many of them rightly, and how much of the abuse that is.

    `features`, `members`, `rings` and `scores` are one day of account_features, ring_members, rings and account_scores;
    `truth` is truth_accounts. Shares are null where there is nothing to take a share of.
    """
    in_rings = (
        members.join(rings.where(F.col("score") >= FLAGGED).select("ring_id"), on="ring_id", how="left_semi")
        .select("account_id", F.lit(True).alias("in_ring"))
        .distinct()
    )
    scored = scores.groupBy("account_id").agg((F.max("score") >= FLAGGED).alias("scored"))
    accounts = (
        features.select("account_id")
        .join(truth.select("account_id", "violating", "style"), on="account_id", how="left")
        .join(in_rings, on="account_id", how="left")
        .join(scored, on="account_id", how="left")
    )
    abusive = F.coalesce("violating", F.lit(False))
    in_ring, flagged = F.coalesce("in_ring", F.lit(False)), F.coalesce("scored", F.lit(False))
    loud, evading = abusive & (F.col("style") == "loud"), abusive & (F.col("style") == "evading")
    return accounts.agg(
        F.count(F.lit(1)).alias("active"),
        F.count_if(abusive).alias("abusive"),
        F.count_if(in_ring).alias("in_rings"),
        share(abusive, in_ring).alias("ring_precision"),
        share(in_ring, loud).alias("loud_in_rings"),
        share(in_ring, evading).alias("evading_in_rings"),
        F.count_if(flagged).alias("flagged"),
        share(abusive, flagged).alias("score_precision"),
        share(flagged, loud).alias("loud_scored"),
        share(flagged, evading).alias("evading_scored"),
    )


def true_prevalence(features: DataFrame, truth: DataFrame) -> DataFrame:
    """policy, prevalence: the true share of views in the last 7 days by accounts that break each policy."""
    views = features.select("account_id", "views_7d").join(
        truth.select("account_id", "policy"), on="account_id", how="left"
    )
    by_policy = [
        ratio(F.sum(F.when(F.col("policy") == policy, F.col("views_7d")).otherwise(0)), F.sum("views_7d")).alias(policy)
        for policy in POLICIES
    ]
    return views.agg(*by_policy).unpivot([], list(POLICIES), "policy", "prevalence")
