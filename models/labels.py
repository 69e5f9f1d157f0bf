"""Labels: what reviewers' decisions say about accounts, videos and rings, policy by policy.

A decision speaks about the policy that it names and no other. The reviewer of a spam case did not ask whether the
account also sells views, so `violating` under one policy is neither a positive nor a negative under another;
docs/adr/labels.md says why. `unsure` is no label, and an entity that was never reviewed has none.
"""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from engine.portable import exact_sum, first_per_key
from features.membership import member_chance
from lake.decisions import current_verdicts
from lake.schemas import DECISIVE, ENTITY, POLICIES

SNAPSHOT_MAX_AGE_DAYS = 7
"""Features may be known at most this long before the decision that they are learned from."""


def latest_snapshot(day: Column, days: Sequence[date]) -> Column:
    """The last of `days` that is at most `day` and at most 7 days older; null when there is none.

    A snapshot of day S knows what happened before S 00:00, so one of the decision's own date saw none of it.
    """
    if not days:
        return F.lit(None).cast("date")
    known = F.array(*[F.lit(each) for each in sorted(days)])
    oldest = F.date_sub(day, SNAPSHOT_MAX_AGE_DAYS)
    return F.array_max(F.filter(known, lambda each: (each <= day) & (each >= oldest)))


def with_cases(decisions: DataFrame, queue: DataFrame) -> DataFrame:
    """Decisions with what is known of the case they answer: `case_day`, `selection`, `inclusion_probability`.

    All three are null for a decision that came from elsewhere. A case that stays open is in the queue of several days,
    with the same values; one row of it is taken.
    """
    cases = queue.groupBy("case_id").agg(
        F.to_date(F.min("opened_at")).alias("case_day"),
        F.min("selection").alias("selection"),
        F.min("inclusion_probability").alias("inclusion_probability"),
    )
    return decisions.join(cases, on="case_id", how="left")


def drawn_at_random(draws: DataFrame, decisions: DataFrame) -> DataFrame:
    """What was drawn at random and is decided, whatever the decision answers: policy, entity_type, entity_id, and
    `drawn_with`, the chance of having been drawn.

    `draws` are the audits of the queue. Who was flagged or decided already was drawn like anybody; its audits, were
    they left out, would be of honest accounts alone. The chance is that of any of the days, as if each had been like
    those on which it was drawn. It is null for a `random_audit` that answers none of these draws: an even one.
    """
    days = draws.groupBy("policy").agg(F.count_distinct("as_of").alias("days"))
    chance = 1 - F.pow(1 - F.col("chance"), F.col("days"))
    of_queue = (
        draws.groupBy("policy", F.col("account_id").alias("entity_id"))
        .agg(F.avg("inclusion_probability").alias("chance"))
        .join(F.broadcast(days), on="policy", how="inner")
        .select(F.lit("account").alias("entity_type"), "entity_id", "policy", chance.alias("drawn_with"))
    )
    even = decisions.where("source = 'random_audit'").select(*ENTITY).distinct()
    return even.join(of_queue, on=list(ENTITY), how="full").select(*ENTITY, "drawn_with")


def labels(
    decisions: DataFrame,
    queue: DataFrame,
    draws: DataFrame,
    ring_members: DataFrame,
    ring_days: Sequence[date],
    judged_members: int,
) -> DataFrame:
    """One row per labelled account, video or ring and policy.

    `decisions` are those known at the day of knowledge, `queue` the cases of earlier days, `draws` their random audits,
    `ring_members` the published members of all `ring_days`. The verdict is that of the latest decision, the chance of
    having been asked that of `drawn_at_random`, else that of the case which the decision answers.

    A ring's verdict reaches its members as they were on the day of its case (of the decision when it answers none):
    `strength` is then how firmly the member is tied, and 1 for a verdict on the entity itself, which goes before any
    that is passed on. Of several rings the firmest tie counts. A ring without a verdict has that of the majority of
    `judged_members` or more members that have one; `strength` is then how much larger its share is than the minority's.

    Columns: policy, entity_type, entity_id, label (1 violating, 0 benign), strength, decided_at, source, selection,
    inclusion_probability.
    """
    drawn = drawn_at_random(draws, decisions).withColumn("is_drawn", F.lit(True))
    judged = (
        with_cases(current_verdicts(decisions), queue)
        .where(F.col("verdict").isin(*DECISIVE))
        .join(drawn, on=list(ENTITY), how="left")
        .withColumn("of_audit", F.when(F.col("selection") == "audit", F.col("inclusion_probability")))
        .withColumn(
            "inclusion_probability",
            F.when(F.col("is_drawn"), F.coalesce("drawn_with", "of_audit")).otherwise(F.col("inclusion_probability")),
        )
        .withColumn("selection", F.when(F.col("is_drawn"), "audit").otherwise(F.col("selection")))
        .select(
            "entity_type",
            "entity_id",
            "policy",
            F.when(F.col("verdict") == "violating", 1).otherwise(0).alias("label"),
            "decided_at",
            "source",
            "selection",
            "inclusion_probability",
            latest_snapshot(F.coalesce("case_day", F.to_date("decided_at")), ring_days).alias("as_of"),
        )
    )
    in_ring = judged.where("entity_type = 'ring'").withColumnRenamed("entity_id", "ring_id")
    of_members = judged.where("entity_type = 'account'").withColumnRenamed("entity_id", "account_id")
    ranked = [
        judged.withColumn("strength", F.lit(1.0)).withColumn("ring_id", F.lit(None).cast("bigint")),
        in_ring.join(ring_members, on=["as_of", "ring_id"], how="inner")
        .withColumn("entity_type", F.lit("account"))
        .withColumnRenamed("account_id", "entity_id"),
        by_majority(
            of_members.join(ring_members.drop("strength"), on=["as_of", "account_id"], how="inner"), judged_members
        ),
    ]
    columns = [*ENTITY, "label", "strength", "decided_at", "source", "selection", "inclusion_probability"]
    candidates = reduce(
        DataFrame.unionByName,
        [each.select(*columns, "ring_id", F.lit(rank).alias("rank")) for rank, each in enumerate(ranked)],
    )
    best_first = ("rank", F.desc("strength"), F.desc("decided_at"), "ring_id")
    return first_per_key(candidates, ENTITY, best_first).select(*columns)


def by_majority(judged: DataFrame, least: int) -> DataFrame:
    """What the verdicts on members, a row each with the ring_id, say of the rings of which `least` or more have one.

    Such a ring was picked by whoever picked its members, with no chance that anybody knows.
    """
    lead = 2 * F.col("violating") - F.col("judged")
    return (
        judged.groupBy("ring_id", "policy")
        .agg(F.count("*").alias("judged"), F.sum("label").alias("violating"), F.max("decided_at").alias("decided_at"))
        .where((F.col("judged") >= least) & (lead != 0))
        .select(
            F.lit("ring").alias("entity_type"),
            F.col("ring_id").alias("entity_id"),
            "policy",
            (lead > 0).cast("int").alias("label"),
            (F.abs(lead) / F.col("judged")).alias("strength"),
            "decided_at",
            F.lit("members").alias("source"),
            F.lit(None).cast("string").alias("selection"),
            F.lit(None).cast("double").alias("inclusion_probability"),
            "ring_id",
        )
    )


def decided_members(decisions: DataFrame, accounts: DataFrame) -> dict[str, dict[str, tuple[float, float]]]:
    """Of each policy that accounts were judged for: by column ring_is_<policy>, how many of those judged belong to an
    abusive ring of that policy, and how many of these are violating, each counted by its ring's score x its strength.

    `accounts` are account rows of a day, `decisions` what was known then.
    """
    columns = [f"ring_is_{policy}" for policy in POLICIES]
    chance = F.coalesce(member_chance(F.col("ring_score"), F.col("ring_strength")), F.lit(0.0))
    judged = (
        current_verdicts(decisions)
        .where((F.col("entity_type") == "account") & F.col("verdict").isin(*DECISIVE))
        .select("policy", F.col("entity_id").alias("account_id"), (F.col("verdict") == "violating").alias("violating"))
    )
    members = accounts.select("account_id", *columns, chance.alias("chance"))

    def total(column: str, which: Column) -> Column:
        return exact_sum(F.when((F.col(column) == 1) & which, F.col("chance")).otherwise(0.0))

    counts = judged.join(members, on="account_id", how="inner").groupBy("policy")
    rows = counts.agg(
        *(total(column, F.lit(True)).alias(column) for column in columns),
        *(total(column, F.col("violating")).alias(f"{column}_violating") for column in columns),
    ).collect()
    return {row.policy: {column: (row[column], row[f"{column}_violating"]) for column in columns} for row in rows}
