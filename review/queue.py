"""The day's review queue: what is still open, and the new cases that the reviewers' capacity allows."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import Row, StructType

from conf import Policies
from engine import persist, unpersist
from engine.portable import looked_up
from lake.schemas import AUDIT_DRAWS, AUDIT_FRAMES, ENTITY, REVIEW_QUEUE, SELECTIONS
from review.capacity import Candidate, Stock, fill, plan
from review.cases import case, case_id
from review.draws import (
    audit_frame,
    audit_rates,
    audit_strata,
    audits,
    doubt,
    explored,
    lesson,
    proportional,
    uncertain,
    with_audit_probability,
)
from review.entities import entities, few_videos_of_each_ring, rings_or_members, setting
from review.history import carried_over, cold_starts, in_cool_down, out_of_cool_down, second_reviews
from review.tables import small_frame

ENTITY_KEY = StructType([REVIEW_QUEUE.types["entity_type"], REVIEW_QUEUE.types["entity_id"]])
SALTS = 64
"""Parts that a policy's candidates are ranked in first, so that no task holds a whole policy."""


@dataclass(frozen=True)
class Day:
    """What the queue of a day is made from; `earlier` is the review queue of earlier days."""

    account_scores: DataFrame
    video_scores: DataFrame
    ring_scores: DataFrame
    rings: DataFrame
    ring_members: DataFrame
    account_features: DataFrame
    video_features: DataFrame
    accounts: DataFrame
    decisions: DataFrame
    earlier: DataFrame


@dataclass(frozen=True)
class Queue:
    """The tables of a day, and how many new cases each selection opened."""

    cases: DataFrame
    audit_draws: DataFrame
    audit_frames: DataFrame
    opened: Mapping[str, int]


def review_queue(day: Day, as_of: date, policies: Policies) -> Queue:
    """The queue of a day: open cases carried over, and new ones within the day's capacity.

    Audits that came out violating come back for a second review, in place of audits of new accounts (at most half of
    them), then of other cases. Only what the capacities bound comes to the driver.
    Deterministic for (rows, as_of, seed of the policies).
    """
    review, spark = policies.review, day.accounts.sparkSession
    again = persist(second_reviews(day.earlier, day.decisions, as_of, policies))
    carried = carried_over(day.earlier, day.decisions, as_of, review).unionByName(again)
    known = persist(in_cool_down(day.earlier, carried, day.decisions, as_of, review))
    askable = persist(out_of_cool_down(_entities(day, policies), known, day.ring_members, review))
    eligible = persist(few_videos_of_each_ring(rings_or_members(askable), review))
    frame = audit_frame(day.account_scores, day.account_features, policies)

    strata = audit_strata(frame).collect()
    cold = cold_starts(day.decisions, policies)
    stock, doubts, lessons = supply(eligible, strata, cold, policies)
    plans = plan(policies, stock)
    second_by_policy = {row.policy: row["count"] for row in again.groupBy("policy").count().collect()}
    audits_left = {name: max(its.audit - second_by_policy.get(name, 0), its.audit / 2) for name, its in plans.items()}
    rates = audit_rates(strata, {name: left for name, left in audits_left.items() if stock[name].active}, review)
    frame = with_audit_probability(frame, rates)
    drawn = audits(frame, as_of, review.seed).withColumn(
        "priority", F.col("score") * F.col("reach") * setting(policies, "severity")
    )
    draws = with_answers(drawn, known).collect()
    per_doubt = {name: its.uncertain / doubts[name] for name, its in plans.items() if doubts[name]}
    per_lesson = {
        name: proportional(its.explore, largest_lessons(eligible, name, cold, policies), lessons[name])
        for name, its in plans.items()
        if its.explore
    }
    unsure = uncertain(eligible, frame, per_doubt, cold, as_of, policies).unionByName(
        explored(eligible, per_lesson, cold, as_of, policies)
    )
    undecided = [_candidate(row) for row in unsure.collect()]
    riskiest_first = [_candidate(row) for row in riskiest(eligible, policies).collect()]
    for kept in (eligible, askable, known):
        unpersist(kept)

    unanswered = [_candidate(row) for row in draws if row.known_verdict is None and row.open_case_id is None]
    chosen = fill(policies.with_less_capacity(second_by_policy), unanswered, undecided, riskiest_first)
    hours = lawful_hours(chosen, day, review.due_hours_by_country)
    new = [case(as_of, policies, selection, one, hours.get(one.key[1:])) for selection, one in chosen]
    opened = Counter(selection for selection, _ in chosen) + Counter(audit=sum(second_by_policy.values()))
    planned = {(policy, stratum): number for policy, stratum, number, *_ in rates}
    frames = [
        (
            as_of,
            row.policy,
            row.stratum,
            row.accounts,
            row.views,
            row.expected,
            planned[row.policy, row.stratum],
        )
        for row in strata
    ]
    return Queue(
        carried.withColumn("as_of", F.lit(as_of))
        .select(REVIEW_QUEUE.columns)
        .unionByName(small_frame(spark, [_plain(row) for row in new], REVIEW_QUEUE.types)),
        small_frame(spark, _audit_draws(as_of, draws, chosen), AUDIT_DRAWS.types),
        small_frame(spark, frames, AUDIT_FRAMES.types),
        {name: opened[name] for name in SELECTIONS},
    )


def _entities(day: Day, policies: Policies) -> DataFrame:
    return entities(
        day.account_scores,
        day.video_scores,
        day.ring_scores,
        day.rings,
        day.ring_members,
        day.account_features,
        day.video_features,
        policies,
    )


def supply(
    eligible: DataFrame, strata: Sequence[Row], cold: Collection[str], policies: Policies
) -> tuple[dict[str, Stock], dict[str, int], dict[str, int]]:
    """What each policy can choose from, the sum of the doubts of its scores near the threshold, and that of the lessons
    of its rings.
    """
    counts = {
        row.policy: row
        for row in eligible.groupBy("policy")
        .agg(
            F.count_if(F.col("score") >= setting(policies, "floor")).alias("risk"),
            F.count_if(doubt(policies, cold) > 0).alias("uncertain"),
            F.sum(doubt(policies, cold)).alias("doubt"),
            F.count_if(lesson(policies, cold) > 0).alias("explorable"),
            F.sum(lesson(policies, cold)).alias("lesson"),
        )
        .collect()
    }
    active = {name: sum(row.accounts for row in strata if row.policy == name) for name in policies.policies}
    stock = {
        name: Stock(counts[name].risk, counts[name].uncertain, counts[name].explorable, active[name])
        if name in counts
        else Stock(active=active[name])
        for name in policies.policies
    }
    doubts, lessons = (
        {name: counts[name][which] if name in counts else 0 for name in policies.policies}
        for which in ("doubt", "lesson")
    )
    return stock, doubts, lessons


def largest_lessons(eligible: DataFrame, policy: str, cold: Collection[str], policies: Policies) -> list[int]:
    """The largest lessons of a policy's rings, the largest first, as many as reviewers could look at."""
    of_policy = eligible.where(F.col("policy") == policy).select(lesson(policies, cold).alias("lesson"))
    best = of_policy.where("lesson > 0").orderBy(F.desc("lesson")).limit(policies.policies[policy].capacity)
    return [row.lesson for row in best.collect()]


def with_answers(drawn: DataFrame, known: DataFrame) -> DataFrame:
    """Audits with the open case that will answer them or the recent verdict that does: nobody is asked twice.

    Only what was asked about the account itself: a verdict on its ring is not one on each member.
    """
    own = known.where("entity_type = 'account'").select(
        "policy", F.col("entity_id").alias("account_id"), "open_case_id", F.col("verdict").alias("known_verdict")
    )
    return drawn.join(own, on=["policy", "account_id"], how="left").select(
        *drawn.columns,
        "open_case_id",
        "known_verdict",
        F.lit("account").alias("entity_type"),
        F.col("account_id").alias("entity_id"),
    )


def riskiest(eligible: DataFrame, policies: Policies) -> DataFrame:
    """The best-ranked entities above the floor, flagged ones first, as many as a queue could ever open."""
    capacities = sum(policy.capacity for policy in policies.policies.values())
    order = (F.desc("flagged"), F.desc("priority"), "entity_type", "entity_id")
    above = eligible.where(F.col("score") >= setting(policies, "floor")).withColumn(
        "salt", F.pmod(F.xxhash64(*ENTITY), F.lit(SALTS))
    )
    # Draws may take some of them first, at most a capacity's worth.
    parts = above.withColumn("rank", F.row_number().over(Window.partitionBy("policy", "salt").orderBy(*order)))
    few = parts.where(F.col("rank") <= 2 * capacities).drop("rank", "salt")
    ranked = few.withColumn("rank", F.row_number().over(Window.partitionBy("policy").orderBy(*order)))
    return ranked.where(F.col("rank") <= 2 * capacities).drop("rank")


def lawful_hours(
    chosen: Sequence[tuple[str, Candidate]], day: Day, hours_by_country: Mapping[str, int]
) -> dict[tuple[str, int], int]:
    """Hours that the law leaves for each chosen entity: of the account, the uploader, the strictest member."""
    if not chosen or not hours_by_country:
        return {}
    keys = sorted({(one.entity_type, one.entity_id) for _, one in chosen})
    frame = F.broadcast(small_frame(day.accounts.sparkSession, keys, ENTITY_KEY))
    whose = (
        frame.where("entity_type = 'account'")
        .select("*", F.col("entity_id").alias("account_id"))
        .unionByName(
            day.video_features.select(F.col("video_id").alias("entity_id"), "account_id").join(
                frame.where("entity_type = 'video'"), on="entity_id", how="inner"
            )
        )
        .unionByName(
            day.ring_members.select(F.col("ring_id").alias("entity_id"), "account_id").join(
                frame.where("entity_type = 'ring'"), on="entity_id", how="inner"
            )
        )
    )
    hours = looked_up(F.col("country"), dict(sorted(hours_by_country.items())))
    strict = day.accounts.where(F.col("country").isin(list(hours_by_country))).select("account_id", "country")
    rows = strict.join(whose, on="account_id").groupBy("entity_type", "entity_id")
    return {(row.entity_type, row.entity_id): row.hours for row in rows.agg(F.min(hours).alias("hours")).collect()}


def _audit_draws(as_of: date, draws: Sequence[Row], chosen: Sequence[tuple[str, Candidate]]) -> list[tuple]:
    """Every draw that has or will have an answer; those that a thinned draw left out were not drawn."""
    opened = {one.key: one for selection, one in chosen if selection == "audit"}
    rows = []
    for row in draws:
        case_of_draw, probability = row.open_case_id, row.inclusion_probability
        if row.known_verdict is None and row.open_case_id is None:
            one = opened.get((row.policy, "account", row.account_id))
            if one is None:
                continue
            case_of_draw, probability = case_id(as_of, *one.key), one.inclusion_probability
        record = row.asDict() | {"as_of": as_of, "case_id": case_of_draw, "inclusion_probability": probability}
        rows.append(tuple(record[name] for name in AUDIT_DRAWS.columns))
    return rows


def _candidate(row: Row) -> Candidate:
    names = {field.name for field in fields(Candidate)}
    return Candidate(**{name: value for name, value in row.asDict().items() if name in names})


def _plain(row: tuple) -> tuple:
    """The row of a case with its reasons as plain dictionaries, as Arrow wants them."""
    return tuple(
        [reason.asDict() if isinstance(reason, Row) else reason for reason in value]
        if isinstance(value, list)
        else value
        for value in row
    )
