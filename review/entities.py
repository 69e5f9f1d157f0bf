"""What could become a case: accounts, videos and rings with their score, their reach and the harm to expect."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf import Policies, Review
from engine.portable import looked_up
from lake.schemas import ENTITY


def setting(policies: Policies, name: str) -> Column:
    """A setting of the row's policy, null for a policy that is not in the configuration."""
    return looked_up(F.col("policy"), {policy: getattr(its, name) for policy, its in policies.policies.items()})


def judged(policies: Policies, entity_type: str) -> Column:
    """Whether the row's policy judges entities of a type."""
    return F.col("policy").isin([name for name, its in policies.policies.items() if entity_type in its.entity_types])


def lowest_score(policies: Policies) -> Column:
    """The score below which nothing becomes a case but by an audit."""
    return F.least(setting(policies, "floor"), F.lit(float(policies.review.uncertain_band[0])))


def entities(
    account_scores: DataFrame,
    video_scores: DataFrame,
    ring_scores: DataFrame,
    rings: DataFrame,
    ring_members: DataFrame,
    account_features: DataFrame,
    video_features: DataFrame,
    policies: Policies,
) -> DataFrame:
    """Every account, video and ring whose score could make it a case, for each policy.

    The reach of a ring is the sum of its members' (an account that two of them reached counts twice). `flagged` says
    whether the score is at or above the policy's threshold, `priority` is the expected harm: chance x severity x
    accounts exposed in the last 7 days, at least 1.
    """
    kept = ("ring_id", "score", F.coalesce("reach", F.lit(1)).alias("reach"), "reasons")
    high_enough = F.col("score") >= lowest_score(policies)
    ring_facts = rings.select("ring_id", F.col("size").alias("ring_size"), F.col("evidence").alias("ring_evidence"))
    reach = F.greatest(F.coalesce(F.col("reach_7d").cast("bigint"), F.lit(0)), F.lit(1)).alias("reach")
    account_reach = account_features.select("account_id", reach)

    accounts = (
        account_scores.where(judged(policies, "account") & high_enough)
        .join(account_reach, on="account_id", how="left")
        .select("policy", F.lit("account").alias("entity_type"), F.col("account_id").alias("entity_id"), *kept)
    )
    videos = (
        video_scores.where(judged(policies, "video") & high_enough)
        .join(video_features.select("video_id", reach), on="video_id", how="left")
        .select("policy", F.lit("video").alias("entity_type"), F.col("video_id").alias("entity_id"), *kept)
    )
    likely = ring_scores.where(judged(policies, "ring") & high_enough)
    ring_reach = (
        ring_members.join(likely, on="ring_id", how="left_semi")
        .join(account_reach, on="account_id", how="left")
        .groupBy("ring_id")
        .agg(F.sum(F.coalesce("reach", F.lit(1))).alias("reach"))
    )
    whole = likely.join(ring_reach, on="ring_id", how="left").select(
        "policy", F.lit("ring").alias("entity_type"), F.col("ring_id").alias("entity_id"), *kept
    )
    return (
        accounts.unionByName(whole)
        .unionByName(videos)
        .withColumn("flagged", F.col("score") >= setting(policies, "threshold"))
        .withColumn("priority", F.col("score") * setting(policies, "severity") * F.col("reach"))
        .join(ring_facts, on="ring_id", how="left")
        .select(*ENTITY, "ring_id", "score", "flagged", "reach", "priority", "reasons", "ring_size", "ring_evidence")
    )


def rings_or_members(eligible: DataFrame) -> DataFrame:
    """Of each ring and its members, for each policy, the ring or those members that rank before it; all else as it is.

    A flagged ring stands for all its members. Of another, members that are flagged, or do more harm than the whole ring
    is expected to, are judged by themselves and the ring waits: it is never a case on the same day as one of them.
    """
    of_one_ring = Window.partitionBy("policy", "ring_id")
    in_rings = (F.col("entity_type") != "video") & F.col("ring_id").isNotNull()
    is_ring = F.col("entity_type") == "ring"
    before_ring = (F.col("of_ring_flagged") == 0) & (F.col("flagged") | (F.col("priority") > F.col("of_ring_priority")))
    compared = (
        eligible.where(in_rings)
        .withColumn("of_ring_flagged", F.max(F.when(is_ring, F.col("flagged").cast("int"))).over(of_one_ring))
        .withColumn("of_ring_priority", F.max(F.when(is_ring, F.col("priority"))).over(of_one_ring))
        # A ring that may not be asked about has no row, and its members' rows are all there is.
        .withColumn("apart", ~is_ring & F.coalesce(before_ring, F.lit(True)))
        .withColumn("any_apart", F.max(F.col("apart").cast("int")).over(of_one_ring) == 1)
    )
    kept = compared.where(F.when(is_ring, ~F.col("any_apart")).otherwise(F.col("apart")))
    return eligible.where(~in_rings).unionByName(kept.select(eligible.columns))


def few_videos_of_each_ring(eligible: DataFrame, review: Review) -> DataFrame:
    """Of each ring's videos the `videos_per_ring` of highest priority; all else as it is.

    Of those that may be asked about: others have their turn when the first ones are answered.
    """
    of_one_ring = Window.partitionBy("policy", "ring_id").orderBy(F.desc("priority"), "entity_id")
    of_rings = (F.col("entity_type") == "video") & F.col("ring_id").isNotNull()
    few = (
        eligible.where(of_rings)
        .withColumn("rank", F.row_number().over(of_one_ring))
        .where(F.col("rank") <= review.videos_per_ring)
    )
    return eligible.where(~of_rings).unionByName(few.drop("rank"))
