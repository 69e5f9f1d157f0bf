"""Measure how members live otherwise: how much they do, and what of it apart from the ring."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from engine.portable import exact_mean
from features.links.kinds import MADE, WRITTEN
from features.rings.actions import object_type
from features.rings.definitions import RingFeature
from lake.schemas import DOUBLE

FEATURES = (
    RingFeature(
        "acts_per_member", DOUBLE, "acts", "mean number of acts of a member in the days of links", "either", "either"
    ),
    RingFeature(
        "activity",
        DOUBLE,
        "log2",
        "acts of the median member over those of the platform's median account: 1 for twice as many",
        "no more than it takes",
        "high: who does a lot meets the others who do",
    ),
    RingFeature(
        "inside_share",
        DOUBLE,
        "share",
        "acts of a member on the ring's targets, mean over members",
        "high",
        "low",
        sign=1,
    ),
    RingFeature(
        "independent_share",
        DOUBLE,
        "share",
        "objects of a member that no other member touched, mean",
        "low when loud",
        "high",
        sign=-1,
    ),
)


def other_activity(touched: DataFrame, targets: DataFrame) -> DataFrame:
    """Compute acts_per_member, inside_share and independent_share.

    These are actions in all, the share on targets, and the share of objects that no other member touched. A comment
    with a template of the ring is an action on a target.
    """
    object_key, typed = ["object_type", "object_id"], object_type().alias("object_type")
    event = ~F.col("verb").isin(*WRITTEN)
    inside = targets.where(event).select("ring_id", typed, "object_id", F.lit(True).alias("inside")).distinct()
    objects = touched.where(event).groupBy("ring_id", "account_id", typed, "object_id").agg(F.sum("acts").alias("acts"))
    written = (
        touched.join(
            targets.where(~event).select("ring_id", "verb", "object_id"),
            on=["ring_id", "verb", "object_id"],
            how="left_semi",
        )
        .groupBy("ring_id", "account_id", "verb")
        .agg(F.sum("acts").alias("written"))
        .groupBy("ring_id", "account_id")
        .agg(F.max("written").alias("written"))
    )
    on_targets = F.coalesce(F.sum(F.when(F.col("inside"), F.col("acts"))), F.lit(0))
    untouched_by_others = F.count("*").over(Window.partitionBy("ring_id", *object_key)) == 1
    return (
        objects.withColumn("untouched_by_others", untouched_by_others)
        .join(inside, on=["ring_id", *object_key], how="left")
        .groupBy("ring_id", "account_id")
        .agg(
            F.sum("acts").alias("acts"),
            on_targets.alias("on_targets"),
            (F.count_if("untouched_by_others") / F.count("*")).alias("untouched_by_others"),
        )
        .join(written, on=["ring_id", "account_id"], how="left")
        .withColumn("inside", F.least("acts", F.col("on_targets") + F.coalesce("written", F.lit(0))) / F.col("acts"))
        .groupBy("ring_id")
        .agg(
            (F.sum("acts") / F.count("*")).alias("acts_per_member"),
            exact_mean(F.col("inside")).alias("inside_share"),
            exact_mean(F.col("untouched_by_others")).alias("independent_share"),
        )
    )


def relative_activity(touched: DataFrame, usual_actions: float) -> DataFrame:
    """Compute activity: the actions of the median member relative to those of the platform's median account, in log2.

    Accounts that act a lot share objects with others that do: a group of busy people is what taste gives.
    """
    return (
        touched.where(~F.col("verb").isin(*MADE))
        .groupBy("ring_id", "account_id")
        .agg(F.sum("acts").alias("acts"))
        .groupBy("ring_id")
        .agg(F.percentile("acts", 0.5).alias("acts"))
        .select("ring_id", F.log2((F.col("acts") + 1) / (usual_actions + 1)).alias("activity"))
    )
