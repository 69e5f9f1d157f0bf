"""Drawing cases at random with a known probability: audits over all active accounts, scores near the threshold, and
on a cold start rings whose verdicts teach most.

Each draw is a Poisson sample: an account is in when a number that its key, the day and the seed alone decide is below
its inclusion probability: every draw is independent of all others, of the number of tasks and of what risk takes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import Row

from conf import Policies, Review
from engine.portable import exact_sum, fixed_point, looked_up
from review.entities import setting

CERTAIN = 0.001
"""No score counts as surer than this far from 0 and 1 when audits are spread: an account at 0 can be violating too."""
MOST_DOUBLINGS = 10
"""A verdict on a ring teaches no more by its size than on one of 1,024 accounts: they stand or fall together."""


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
        exact_sum(F.col("views") * F.col("score")).alias("expected"),
        F.sum(fixed_point(spread)).alias("spread"),
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
    probability = looked_up(stratum, by_account) + looked_up(stratum, by_view) * F.col("views")
    return frame.withColumn("audit_probability", F.least(F.lit(1.0), probability)).where(
        "audit_probability IS NOT NULL"
    )


def audits(frame: DataFrame, as_of: date, seed: int) -> DataFrame:
    """The accounts drawn for each policy from a frame with probabilities, each with its `inclusion_probability`."""
    key = ("policy", "account_id")
    drawn = chance(seed, as_of, "audit", *key) < F.col("audit_probability")
    return (
        frame.where(drawn)
        .withColumnRenamed("audit_probability", "inclusion_probability")
        .withColumn("order", chance(seed, as_of, "thin audits", *key))
    )


def explorable(policies: Policies, cold: Collection[str]) -> Column:
    """Whether a row is a ring of a policy on a cold start with a score from the floor up to as far from 1."""
    floor = setting(policies, "floor")
    unsure = F.col("score").between(floor, 1 - floor)
    return (F.col("entity_type") == "ring") & F.col("policy").isin(sorted(cold)) & unsure


def doubt(policies: Policies, cold: Collection[str]) -> Column:
    """How undecided a score near the threshold is, as a whole number; 0 outside the band, and for what is explored."""
    low, high = policies.review.uncertain_band
    near = F.col("score").between(low, high) & ~explorable(policies, cold)
    return F.when(near, _undecided()).otherwise(0)


def lesson(policies: Policies, cold: Collection[str]) -> Column:
    """What the verdict on a ring would teach, as a whole number; 0 for what is not explored.

    The variance of the verdict by the ring's score x doublings of its size: it says something of each member, but of
    twice as many far from twice as much.
    """
    doublings = F.least(F.log2(F.greatest(F.col("ring_size"), F.lit(2)).cast("double")), F.lit(float(MOST_DOUBLINGS)))
    return F.when(explorable(policies, cold), _undecided(doublings)).otherwise(0)


def _undecided(times: Column | float = 1.0) -> Column:
    return fixed_point(F.col("score") * (1 - F.col("score")) * times)


def proportional(number: float, largest: Sequence[int], total: int) -> float:
    """The rate at which probabilities min(1, rate x size), over whole sizes that sum to `total`, sum to `number`.

    Of fewer sizes all are certain. `largest` are the largest sizes, as many as `number` at least, the largest first:
    what is certain takes one of the number each, and leaves the rest to the others (Saerndal et al. 1992, chapter 3.6).
    """
    for size in largest:
        if number * size < total:
            break
        number, total = number - 1, total - size
    return number / total if total > 0 else 1.0


def explored(
    entities: DataFrame, rates: Mapping[str, float], cold: Collection[str], as_of: date, policies: Policies
) -> DataFrame:
    """Rings drawn in proportion to `lesson`, each with its `inclusion_probability`; `rates` is draws per unit of it."""
    seed, key = policies.review.seed, ("policy", "entity_type", "entity_id")
    rate = F.coalesce(looked_up(F.col("policy"), rates), F.lit(0.0))
    probability = F.least(F.lit(1.0), lesson(policies, cold) * rate)
    return entities.where(chance(seed, as_of, "explore", *key) < probability).select(
        *entities.columns,
        probability.alias("inclusion_probability"),
        chance(seed, as_of, "thin uncertain", *key).alias("order"),
    )


def uncertain(
    entities: DataFrame,
    frame: DataFrame,
    rates: Mapping[str, float],
    cold: Collection[str],
    as_of: date,
    policies: Policies,
) -> DataFrame:
    """Entities drawn near the threshold, in proportion to `doubt`; `rates` is draws per unit of doubt, by policy.

    An account that an audit draws too is an audit's case, so `inclusion_probability` is that of being drawn here and by
    no audit; `frame` has the audit's probabilities.
    """
    review = policies.review
    low, high = review.uncertain_band
    key = ("policy", "entity_type", "entity_id")
    rate = F.coalesce(looked_up(F.col("policy"), rates), F.lit(0.0))
    by_audit = frame.where(F.col("score").between(low, high)).select(
        "policy", F.lit("account").alias("entity_type"), F.col("account_id").alias("entity_id"), "audit_probability"
    )
    drawn = entities.withColumn("drawn_with", F.least(F.lit(1.0), doubt(policies, cold) * rate)).where(
        chance(review.seed, as_of, "uncertain", *key) < F.col("drawn_with")
    )
    escaped = 1 - F.coalesce("audit_probability", F.lit(0.0))
    return drawn.join(by_audit, on=list(key), how="left").select(
        *entities.columns,
        (F.col("drawn_with") * escaped).alias("inclusion_probability"),
        chance(review.seed, as_of, "thin uncertain", *key).alias("order"),
    )
