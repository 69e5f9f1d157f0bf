"""What has been asked already: cases that are still open, what was decided too recently to ask again, and audits that
another reviewer is to look at a second time.
"""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf import Policies, Review
from lake.decisions import current_verdicts
from lake.schemas import DECISIVE, ENTITY, REVIEW_QUEUE
from lake.store import before
from review.entities import setting


def earlier_days(queue: DataFrame, as_of: date, review: Review) -> DataFrame:
    """The days of the review queue that a day can depend on: before it, no further back than a case can matter."""
    first = as_of - timedelta(days=review.cool_down_days + review.expire_days)
    return queue.where((F.col("as_of") < F.lit(as_of)) & (F.col("as_of") >= F.lit(first)))


def newly_opened(queue: DataFrame) -> DataFrame:
    """Each case once, as on the day on which it was opened; it is carried over with the same values after that."""
    return queue.where(F.col("as_of") == F.to_date("opened_at"))


def second_review_id(case_id: str) -> Column:
    """The id of the second review of a case; it reads like any other, or the first verdict would be known."""
    digest = F.substring(F.sha2(F.concat(case_id, F.lit("/second look")), 256), 1, 12)
    return F.concat(F.regexp_extract(case_id, r"^([^\n]*-)[^-]*\z", 1), digest)


def without_second_reviews(rows: DataFrame, cases: DataFrame) -> DataFrame:
    """Cases or decisions but those that are, or answer, a second review of one of `cases`."""
    return rows.join(cases.select(second_review_id("case_id").alias("case_id")), on="case_id", how="left_anti")


def second_reviews(earlier: DataFrame, decisions: DataFrame, as_of: date, policies: Policies) -> DataFrame:
    """Audits that came out violating, each once more as a case of this day, unless it was opened again already.

    Where one account in a hundred is violating, most such verdicts on random accounts are wrong; a second one tells. Of
    more than a policy's capacity the latest wait for another day. Columns of the queue but as_of; probability, scores
    and the time to decide are those of the audit.
    """
    by_age = Window.partitionBy("policy").orderBy("opened_at", "case_id")
    cases = newly_opened(earlier)
    answers = current_verdicts(decisions.where("case_id IS NOT NULL"), ["case_id"])
    audits = without_second_reviews(cases.where("selection = 'audit'"), cases)
    time_to_decide = F.unix_seconds("due_at") - F.unix_seconds("opened_at")
    return (
        audits.join(answers.where("verdict = 'violating'"), on="case_id", how="left_semi")
        .withColumn("case_id", second_review_id("case_id"))
        .join(cases.select("case_id"), on="case_id", how="left_anti")
        .withColumn("place", F.row_number().over(by_age))
        .where(F.col("place") <= setting(policies, "capacity"))
        .withColumn("due_at", F.timestamp_seconds(F.unix_seconds(before(as_of)) + time_to_decide))
        .withColumn("opened_at", before(as_of))
        .select([name for name in REVIEW_QUEUE.columns if name != "as_of"])
    )


def carried_over(earlier: DataFrame, decisions: DataFrame, as_of: date, review: Review) -> DataFrame:
    """Cases of the latest earlier day that nobody has answered and that have not expired.

    A case is answered by a decision that names it, and by any other on the same entity and policy since it was opened.
    They keep everything they were opened with: id, selection, probability, score and times.
    """
    latest = earlier.agg(F.max("as_of").alias("as_of"))
    unexpired = F.col("opened_at") > before(as_of - timedelta(days=review.expire_days))
    cases = earlier.join(F.broadcast(latest), on="as_of", how="left_semi").where(unexpired)
    answers = decisions.select("case_id").where(F.col("case_id").isNotNull()).distinct()
    last = decisions.groupBy(*ENTITY).agg(F.max("decided_at").alias("last_decided_at"))
    return (
        cases.join(answers, on="case_id", how="left_anti")
        .join(last, on=list(ENTITY), how="left")
        .where(F.col("last_decided_at").isNull() | (F.col("last_decided_at") < F.col("opened_at")))
        .select([name for name in REVIEW_QUEUE.columns if name != "as_of"])
    )


def in_cool_down(
    earlier: DataFrame, carried: DataFrame, decisions: DataFrame, as_of: date, review: Review
) -> DataFrame:
    """One row per entity and policy that has an open case or was decided within the cool-down.

    `open_case_id` is the open case, `verdict` the latest one, `score_then` and `size_then` what the answered case was
    opened with (null for decisions that answer no case of the queue).
    """
    opened = newly_opened(earlier).select(
        "case_id", F.col("score").alias("score_then"), F.col("ring_size").alias("size_then")
    )
    recent = decisions.where(F.col("decided_at") >= before(as_of - timedelta(days=review.cool_down_days)))
    decided = (
        current_verdicts(recent)
        .select(*ENTITY, "verdict", "case_id")
        .join(opened, on="case_id", how="left")
        .drop("case_id")
    )
    waiting = carried.groupBy(*ENTITY).agg(F.min("case_id").alias("open_case_id"))
    return decided.join(waiting, on=list(ENTITY), how="full").select(
        *ENTITY, "open_case_id", "verdict", "score_then", "size_then"
    )


def cold_starts(decisions: DataFrame, policies: Policies) -> list[str]:
    """Policies of which too few rings have a verdict: their cold start explores; none where exploring is off."""
    if not policies.review.explore_share:
        return []
    judged = decisions.where((F.col("entity_type") == "ring") & F.col("verdict").isin(*DECISIVE))
    known = {
        row.policy: row.rings
        for row in judged.groupBy("policy").agg(F.count_distinct("entity_id").alias("rings")).collect()
    }
    return [name for name in policies.policies if known.get(name, 0) < policies.review.explore_until]


def out_of_cool_down(
    entities: DataFrame, in_cool_down: DataFrame, ring_members: DataFrame, review: Review
) -> DataFrame:
    """The entities that may be asked about: neither they nor a ring that holds them are open or cooling down.

    A cool-down ends early when the evidence changed since the case was opened: the score rose by `changed_score`, or
    the ring grew by `changed_size` of its size. An open case is never opened twice, and members never end their ring's.
    """
    covered = (
        ring_members.select(F.col("ring_id").alias("entity_id"), "account_id")
        .join(in_cool_down.where("entity_type = 'ring'").select("policy", "entity_id"), on="entity_id")
        .select("policy", F.lit("account").alias("entity_type"), F.col("account_id").alias("entity_id"))
        .distinct()
    )
    known = in_cool_down.withColumn("was_asked", F.lit(True))
    return (
        entities.join(known, on=list(ENTITY), how="left")
        .where(F.col("was_asked").isNull() | (F.col("open_case_id").isNull() & _changed(review)))
        .join(covered, on=list(ENTITY), how="left_anti")
        .select(entities.columns)
    )


def _changed(review: Review) -> Column:
    rose = F.col("score") >= F.col("score_then") + review.changed_score
    grew = (F.col("entity_type") == "ring") & (F.col("ring_size") >= (1 + review.changed_size) * F.col("size_then"))
    return F.coalesce(rose, F.lit(False)) | F.coalesce(grew, F.lit(False))
