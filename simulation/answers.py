"""Reviewers who answer the queue: out of the truth, not all of it, hours to days later, with errors."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lake.schemas import DECISIONS
from lake.store import before
from simulation.reviewers import ERROR, REVIEWERS, UNSURE

ANSWERED = 0.93
"""Share of the open cases, within capacity, that reviewers get round to."""
MEAN_HOURS, LATEST_HOURS = 9.0, 96.0
UNIT = 1_000_000


def chance(seed: int, what: str) -> Column:
    """A number in [0, 1) that belongs to a case."""
    return F.pmod(F.xxhash64("case_id", F.lit(seed), F.lit(what)), F.lit(UNIT)) / UNIT


def judged(cases: DataFrame, members: DataFrame, accounts: DataFrame, videos: DataFrame) -> DataFrame:
    """The cases with `violating`, and `breaks`: the policy that the entity breaks in truth, null when none.

    A ring breaks the policy that most of its members break, when most of them break one.
    """
    of_accounts = accounts.where("violating").selectExpr(
        "'account' AS entity_type", "account_id AS entity_id", "policy AS breaks"
    )
    of_videos = (
        videos.where("violating")
        .groupBy("video_id")
        .agg(F.min("policy").alias("breaks"))
        .selectExpr("'video' AS entity_type", "video_id AS entity_id", "breaks")
    )
    counts = members.join(accounts.where("violating").select("account_id", "policy"), on="account_id", how="left")
    sizes = counts.groupBy("ring_id").agg(F.countDistinct("account_id").alias("size"))
    of_rings = (
        counts.where("policy IS NOT NULL")
        .groupBy("ring_id", "policy")
        .agg(F.countDistinct("account_id").alias("breaking"))
        .join(sizes, on="ring_id", how="inner")
        .where("breaking * 2 > size")
        .selectExpr("'ring' AS entity_type", "ring_id AS entity_id", "policy AS breaks")
    )
    truth = of_accounts.unionByName(of_videos).unionByName(of_rings)
    known = cases.join(truth, on=["entity_type", "entity_id"], how="left")
    return known.withColumn("violating", F.coalesce(F.col("breaks") == F.col("policy"), F.lit(False)))


def answers(
    queue: DataFrame,
    members: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    decisions: DataFrame,
    capacity: dict[str, int],
    as_of: date,
    seed: int,
) -> DataFrame:
    """Rows for `decisions` that answer the open cases of a day; none for a case that has an answer.

    Who finds that another policy is broken than the one in question says benign to the case, and violating to that
    policy in a decision of its own, without a case.
    """
    done = decisions.where("case_id IS NOT NULL").select("case_id").distinct()
    # Which cases are left undone does not depend on what they are about: audits stay random.
    turn = Window.partitionBy("policy").orderBy(F.xxhash64("case_id", F.lit(seed), F.lit("turn")), "case_id")
    limit = F.coalesce(
        *[F.when(F.col("policy") == policy, F.lit(cases)) for policy, cases in capacity.items()], F.lit(0)
    )
    taken = (
        queue.withColumn("turn", F.row_number().over(turn))
        .where((F.col("turn") <= limit) & (chance(seed, "answered") < ANSWERED))
        .join(done, on="case_id", how="left_anti")
    )
    cases = judged(taken, members, accounts, videos)
    mood = chance(seed, "mood")
    wrong = (mood >= UNSURE) & (mood < UNSURE + F.when(F.col("violating"), ERROR).otherwise(ERROR / 3))
    says = F.when(wrong, ~F.col("violating")).otherwise(F.col("violating"))
    hours = F.least(1 - F.log(1 - chance(seed, "hours")) * MEAN_HOURS, F.lit(LATEST_HOURS))
    moment = F.timestamp_seconds(F.unix_timestamp(before(as_of)) + F.floor(hours * 3600))
    reviewer = F.format_string("reviewer-%02d", F.floor(chance(seed, "reviewer") * REVIEWERS).cast("int") + 1)
    common: list[Column | str] = ["entity_type", "entity_id", moment.alias("decided_at"), reviewer.alias("reviewer_id")]
    answer = cases.select(
        own_id(seed, "answer").alias("decision_id"),
        *common,
        "policy",
        F.when(mood < UNSURE, "unsure").when(says, "violating").otherwise("benign").alias("verdict"),
        F.when(F.col("selection") == "audit", "random_audit").otherwise("queue").alias("source"),
        "case_id",
    )
    beside = cases.where((F.col("breaks") != F.col("policy")) & ~wrong & (mood >= UNSURE)).select(
        own_id(seed, "beside").alias("decision_id"),
        *common,
        F.col("breaks").alias("policy"),
        F.lit("violating").alias("verdict"),
        F.lit("queue").alias("source"),
        F.lit(None).cast("string").alias("case_id"),
    )
    return answer.unionByName(beside).select(DECISIONS.columns)


def own_id(seed: int, what: str) -> Column:
    return F.xxhash64("case_id", F.lit(seed), F.lit(what)).bitwiseAND(F.lit(2**63 - 1))
