"""Who watches and pushes a video."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.activity import MAX_ENGAGERS, VIEWERS_LOG_K
from features.definitions import COUNT, DAYS, NEVER_NULL, RATIO, SHARE, WINDOWS, Feature, fact_name, within

LOW_ACTIVITY = 10
"""An engager with fewer acts than this in 28 days is hardly there."""
YOUNG_DAYS = 28


def reach_facts(activity: DataFrame, as_of: date) -> DataFrame:
    """Distinct viewers over each window, from the days' sketches."""
    return activity.groupBy("video_id").agg(
        *[
            F.theta_sketch_estimate(
                F.theta_union_agg(F.when(within(days, as_of), F.col("viewers")), VIEWERS_LOG_K)
            ).alias(fact_name("reach", days))
            for days in WINDOWS
        ]
    )


def engager_facts(activity: DataFrame, account_features: DataFrame, as_of: date) -> DataFrame:
    """Of those who liked, commented or shared it in the last 7 days (of each day the 64 with the smallest hashes):
    their mean age, and the shares that are young, hardly active, on a shared device, and there for other videos of
    the creator.
    """
    engaged = (
        activity.where(within(7, as_of))
        .select("video_id", F.col("account_id").alias("creator_id"), F.explode("engagers").alias("account_id"))
        .groupBy("video_id", "account_id")
        .agg(F.max("creator_id").alias("creator_id"))  # not known yet on the days before an upload that is dated late
    )
    regular = (
        engaged.where("creator_id IS NOT NULL")
        .groupBy("creator_id", "account_id")
        .agg(F.count("*").alias("videos_of_creator"))
        .where("videos_of_creator > 1")
    )
    known = account_features.select(
        "account_id",
        "events_28d",
        "device_accounts_28d",
        F.round(F.col("age_days") * 86_400).cast("bigint").alias("age_s"),
    )
    return (
        engaged.join(regular, on=["creator_id", "account_id"], how="left")
        .join(known, on="account_id", how="left")
        .groupBy("video_id")
        .agg(
            F.count("*").alias("fact_engagers_7d"),
            F.avg("age_s").alias("fact_engager_age_s_7d"),
            F.count_if(F.col("age_s") < YOUNG_DAYS * 86_400).alias("fact_young_engagers_7d"),
            F.count_if(F.col("events_28d") < LOW_ACTIVITY).alias("fact_idle_engagers_7d"),
            F.count_if(F.col("device_accounts_28d") > 1).alias("fact_device_engagers_7d"),
            F.count("videos_of_creator").alias("fact_regular_engagers_7d"),
        )
    )


def _of_engagers(name: str, part: str, meaning: str, abuse: str, honest: str) -> Feature:
    return Feature(
        name,
        SHARE,
        f"{meaning} (of each day {MAX_ENGAGERS} are looked at)",
        abuse,
        honest,
        NEVER_NULL,
        lambda w: ratio(w.fact(part), w.fact("engagers")),
        windows=(7,),
    )


FEATURES = (
    Feature(
        "reach",
        COUNT,
        "accounts that viewed it (exact up to 2,048, then 2.2 % standard error)",
        "what abuse can do grows with it",
        "popular videos",
        "0: nobody viewed it in the window.",
        lambda w: F.coalesce(w.fact("reach"), F.lit(0)),
        whole=True,
    ),
    Feature(
        "views_per_viewer",
        RATIO,
        "views per distinct viewer",
        "view bots come back and back",
        "songs, dances, children's clips",
        NEVER_NULL,
        lambda w: ratio(w.total("views"), w.fact("reach")),
        windows=(7, 28),
    ),
    Feature(
        "repeat_view_share",
        SHARE,
        "share of its views by accounts that had viewed it that day",
        "view bots reload it",
        "songs, dances, children's clips",
        NEVER_NULL,
        lambda w: w.share("repeat_views", "views"),
        windows=(7, 28),
    ),
    Feature(
        "young_act_share",
        SHARE,
        "share of acts on it by accounts younger than 7 days at the time",
        "accounts are made for an order",
        "clips that newcomers are shown first",
        NEVER_NULL,
        lambda w: w.share("young_acts", "known_acts"),
        windows=(7, 28),
    ),
    Feature(
        "home_share",
        SHARE,
        "share of acts on it from its creator's country",
        "farms sit abroad",
        "creators who emigrated, world-wide hits",
        NEVER_NULL,
        lambda w: w.share("home_acts", "placed_acts"),
        windows=(7, 28),
    ),
    Feature(
        "engager_age_days",
        DAYS,
        "mean age of those who liked, commented or shared it",
        "accounts are made for an order",
        "clips that newcomers are shown first",
        NEVER_NULL,
        lambda w: w.fact("engager_age_s") / 86_400,
        windows=(7,),
    ),
    _of_engagers(
        "young_engager_share",
        "young_engagers",
        "share of them younger than 28 days",
        "accounts are made for an order",
        "clips that newcomers are shown first",
    ),
    _of_engagers(
        "idle_engager_share",
        "idle_engagers",
        "share of them with fewer than 10 acts in 28 days",
        "hired accounts do little else",
        "people who seldom come",
    ),
    _of_engagers(
        "device_engager_share",
        "device_engagers",
        "share of them that share a device with another account",
        "farms log many accounts in on one phone",
        "families",
    ),
    _of_engagers(
        "regular_engager_share",
        "regular_engagers",
        "share of them that engaged with another video of the creator in the week",
        "the same hired group serves all videos of a customer",
        "fan clubs",
    ),
)
