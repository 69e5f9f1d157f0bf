"""Measure whom members follow: the creators of their targets, and each other."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.rings.definitions import RingFeature
from lake.schemas import DOUBLE

FOLLOWED_BEFORE_DAYS = 1
"""A fan follows first and acts later; a follow within so many days of the first action may be part of it."""
FEATURES = (
    RingFeature(
        "followed_before_share",
        DOUBLE,
        "share",
        "acts on targets whose creator the member had followed before",
        "strangers to their targets",
        "fans and friends act on whom they follow",
        sign=-1,
    ),
    RingFeature(
        "own_targets_share", DOUBLE, "share", "acts on targets of a member", "sold to others", "friends", sign=-1
    ),
    RingFeature(
        "acquainted_share",
        DOUBLE,
        "share",
        "members that follow or are followed by another",
        "strangers",
        "friends",
        sign=-1,
    ),
)


def following_features(members: DataFrame, on_targets: DataFrame, actions: DataFrame) -> DataFrame:
    """Compute the shares of actions on targets of creators followed well before, and of members."""
    follows = (
        actions.where("ring_id IS NOT NULL AND verb = 'follow'")
        .groupBy("ring_id", "account_id", F.col("object_id").alias("creator"))
        .agg(F.min("ts").alias("followed_at"))
    )
    own = members.select("ring_id", F.col("account_id").alias("creator"), F.lit(True).alias("own"))
    before = F.expr(f"followed_at <= first_ts - INTERVAL {FOLLOWED_BEFORE_DAYS} DAY")
    return (
        on_targets.where("verb != 'follow'")
        .join(follows, on=["ring_id", "account_id", "creator"], how="left")
        .join(F.broadcast(own), on=["ring_id", "creator"], how="left")
        .groupBy("ring_id")
        .agg(
            (F.count_if(before) / F.count("*")).alias("followed_before_share"),
            (F.count_if("own") / F.count("*")).alias("own_targets_share"),
        )
    )


def acquainted(members: DataFrame, actions: DataFrame) -> DataFrame:
    """Count the members that follow another member or are followed by one, in all follows that were read."""
    follows = actions.where("ring_id IS NOT NULL AND verb = 'follow'").select("ring_id", "account_id", "object_id")
    inside = follows.join(
        F.broadcast(members.select("ring_id", F.col("account_id").alias("object_id"))),
        on=["ring_id", "object_id"],
        how="left_semi",
    )
    return (
        inside.select("ring_id", F.explode(F.array("account_id", "object_id")).alias("member"))
        .groupBy("ring_id")
        .agg(F.count_distinct("member").alias("acquainted"))
    )
