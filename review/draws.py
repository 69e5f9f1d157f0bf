"""Drawing cases at random with a known probability: audits over all active accounts, and scores near the threshold.

Each draw is a Poisson sample: an account is in when a number that its key, the day and the seed alone decide is below
its inclusion probability: every draw is independent of all others, of the number of tasks and of what risk takes.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import Row

from conf import Policies, Review

SCALE = 1_000_000
"""Sums that decide probabilities are of whole numbers of this size: the same on any number of partitions."""
CERTAIN = 0.001
"""No score counts as surer than this far from 0 and 1 when audits are spread: an account at 0 can be violating too."""


def chance(seed: int, as_of: date, purpose: str, *key: Column | str) -> Column:
    """A number from 0 to below 1, uniform over keys, for one purpose of one day."""
    hashed = F.xxhash64(F.lit(seed), F.lit(as_of), F.lit(purpose), *key)
    return F.shiftright(hashed, 11).bitwiseAND(F.lit(2**53 - 1)) / F.lit(float(2**53))


def audit_frame(account_scores: DataFrame, account_features: DataFrame, policies: Policies) -> DataFrame:
    """Every active account and policy with its stratum of scores, its views and reach in the last 7 days."""
    stratum = sum(((F.col("score") >= edge).cast("bigint") for edge in policies.review.audit_strata), F.lit(0))
    facts = account_features.select(
        "account_id",
        F.coalesce(F.col("views_7d").cast("bigint"), F.lit(0)).alias("views"),
        F.greatest(F.coalesce(F.col("reach_7d").cast("bigint"), F.lit(0)), F.lit(1)).alias("reach"),
        F.col("events_28d").cast("bigint").alias("events_28d"),
        F.col("age_days").cast("double").alias("age_days"),
    )
    return (
        account_scores.where(F.col("policy").isin(list(policies.policies)))
        .select("policy", "account_id", "ring_id", "score", stratum.cast("bigint").alias("stratum"))
        .join(facts, on="account_id", how="left")
        .withColumn("views", F.coalesce("views", F.lit(0)))
        .withColumn("reach", F.coalesce("reach", F.lit(1)))
    )


def audit_strata(frame: DataFrame) -> DataFrame:
    """Per policy and stratum: accounts, views, expected violating views, and the spread that its audits would resolve.

    The spread of an account is views x standard deviation of the verdict by its score (Neyman 1934).
    """
    doubt = F.greatest(F.least("score", F.lit(1 - CERTAIN)), F.lit(CERTAIN))
    spread = (F.col("views") + 1) * F.sqrt(doubt * (1 - doubt))
    return frame.groupBy("policy", "stratum").agg(
        F.count("*").alias("accounts"),
        F.sum("views").alias("views"),
        F.sum(F.round(F.col("views") * F.col("score") * SCALE).cast("bigint")).alias("expected"),
        F.sum(F.round(spread * SCALE).cast("bigint")).alias("spread"),
    )


def audit_rates(strata: Sequence[Row], planned: Mapping[str, float], review: Review) -> list[tuple]:
    """(policy, stratum, planned, rate per account, rate per view) of each stratum.

    `audit_floor` of a policy's audits are spread over the strata by their accounts, the rest by their spread (Neyman's
    allocation). Within a stratum one half is equal for all accounts, the other in proportion to views, because what is
    estimated is a share of views: a defensive mixture (Hesterberg 1995), whose weights are bounded whatever the scores
    got wrong. No account's probability is below planned x floor / 2 / accounts.
    """
    rates = []
    for policy, number in sorted(planned.items()):
        mine = sorted((row for row in strata if row.policy == policy), key=lambda row: row.stratum)
        accounts, spread = sum(row.accounts for row in mine), sum(row.spread for row in mine)
        for row in mine:
            share = review.audit_floor * row.accounts / accounts + (1 - review.audit_floor) * row.spread / spread
            draws = number * share
            by_account = draws / row.accounts * (0.5 if row.views else 1.0)
            by_view = 0.5 * draws / row.views if row.views else 0.0
            rates.append((policy, row.stratum, draws, by_account, by_view))
    return rates


def with_audit_probability(frame: DataFrame, rates: Sequence[tuple]) -> DataFrame:
    """The frame with each account's `audit_probability` of this day, of the strata that have rates."""
    stratum = F.concat_ws("/", "policy", "stratum")
    by_account = {f"{policy}/{number}": rate for policy, number, _, rate, _ in rates}
    by_view = {f"{policy}/{number}": rate for policy, number, _, _, rate in rates}
    probability = _looked_up(by_account, stratum) + _looked_up(by_view, stratum) * F.col("views")
    return frame.withColumn("audit_probability", F.least(F.lit(1.0), probability)).where(
        "audit_probability IS NOT NULL"
    )


def _looked_up(numbers: Mapping[str, float], key: Column) -> Column:
    if not numbers:
        return F.lit(None).cast("double")
    return F.try_element_at(F.create_map(*[F.lit(value) for pair in sorted(numbers.items()) for value in pair]), key)


def audits(frame: DataFrame, as_of: date, seed: int) -> DataFrame:
    """The accounts drawn for each policy from a frame with probabilities, each with its `inclusion_probability`."""
    key = ("policy", "account_id")
    drawn = chance(seed, as_of, "audit", *key) < F.col("audit_probability")
    return (
        frame.where(drawn)
        .withColumnRenamed("audit_probability", "inclusion_probability")
        .withColumn("order", chance(seed, as_of, "thin audits", *key))
    )


def doubt(review: Review) -> Column:
    """How undecided a score near the threshold is, as a whole number; 0 outside the band."""
    low, high = review.uncertain_band
    undecided = F.round(F.col("score") * (1 - F.col("score")) * SCALE).cast("bigint")
    return F.when(F.col("score").between(low, high), undecided).otherwise(0)


def uncertain(
    entities: DataFrame, frame: DataFrame, rates: Mapping[str, float], as_of: date, review: Review
) -> DataFrame:
    """Entities drawn near the threshold, in proportion to `doubt`; `rates` is draws per unit of doubt, by policy.

    An account that an audit draws too is an audit's case, so `inclusion_probability` is that of being drawn here and by
    no audit; `frame` has the audit's probabilities.
    """
    low, high = review.uncertain_band
    key = ("policy", "entity_type", "entity_id")
    rate = F.coalesce(_looked_up(rates, F.col("policy")), F.lit(0.0))
    by_audit = frame.where(F.col("score").between(low, high)).select(
        "policy", F.lit("account").alias("entity_type"), F.col("account_id").alias("entity_id"), "audit_probability"
    )
    drawn = entities.withColumn("drawn_with", F.least(F.lit(1.0), doubt(review) * rate)).where(
        chance(review.seed, as_of, "uncertain", *key) < F.col("drawn_with")
    )
    escaped = 1 - F.coalesce("audit_probability", F.lit(0.0))
    return drawn.join(by_audit, on=list(key), how="left").select(
        *entities.columns,
        (F.col("drawn_with") * escaped).alias("inclusion_probability"),
        chance(review.seed, as_of, "thin uncertain", *key).alias("order"),
    )
