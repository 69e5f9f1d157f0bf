"""Whom an account follows, who follows it, and what came of its reports."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from features.definitions import COUNT, DAYS, NEVER_NULL, NEVER_ZERO, SHARE, Feature, within
from lake.decisions import current_verdicts


def follow_facts(activity: DataFrame, accounts: DataFrame, as_of: date) -> DataFrame:
    """Followers gained, their mean age, and the share of its own follows that were returned within the window.

    At most the 1,024 follows a day that the rollup keeps of an account are seen.
    """
    edges = (
        activity.select("account_id", "event_date", F.explode("followed").alias("followed"))
        .groupBy("account_id", "followed")
        .agg(F.max("event_date").alias("event_date"))
    )
    age_s = F.unix_seconds(F.lit(as_of).cast("timestamp")) - F.unix_seconds("created_at")
    gained = (
        edges.join(accounts.select("account_id", age_s.alias("age_s")), on="account_id", how="left")
        .groupBy(F.col("followed").alias("account_id"))
        .agg(
            F.count_if(within(7, as_of)).alias("fact_followers_gained_7d"),
            F.count("*").alias("fact_followers_gained_28d"),
            F.avg("age_s").alias("fact_follower_age_s_28d"),
        )
    )
    returned = edges.select(
        F.col("followed").alias("account_id"), F.col("account_id").alias("followed"), F.lit(1).alias("back")
    )
    given = (
        edges.join(returned, on=["account_id", "followed"], how="left")
        .groupBy("account_id")
        .agg(F.count("*").alias("fact_followed_28d"), F.count("back").alias("fact_returned_28d"))
    )
    return gained.join(given, on="account_id", how="full")


def upheld_reports(activity: DataFrame, videos: DataFrame, decisions: DataFrame) -> DataFrame:
    """How many of the videos that it reported were, before as_of, judged violating, or their creators."""
    violating = current_verdicts(decisions).where("verdict = 'violating'")
    judged = [
        violating.where(F.col("entity_type") == kind)
        .select(F.col("entity_id").alias(key), F.lit(1).alias(f"{kind}_judged"))
        .distinct()
        for kind, key in (("video", "video_id"), ("account", "creator_id"))
    ]
    reported = activity.select("account_id", F.explode("reported").alias("video_id")).distinct()
    return (
        reported.join(videos.select("video_id", F.col("account_id").alias("creator_id")), on="video_id", how="left")
        .join(judged[0], on="video_id", how="left")
        .join(judged[1], on="creator_id", how="left")
        .groupBy("account_id")
        .agg(
            F.count("*").alias("fact_reported_28d"),
            F.count(F.coalesce("video_judged", "account_judged")).alias("fact_upheld_28d"),
        )
    )


FEATURES = (
    Feature(
        "young_follow_share",
        SHARE,
        "share of its follows that went to accounts younger than 7 days",
        "farms follow the accounts that were bought with them",
        "friends who join together",
        NEVER_NULL,
        lambda w: w.share("young_follows", "known_follows"),
        windows=(7, 28),
    ),
    Feature(
        "follows_busiest_day",
        COUNT,
        "most follows on one day",
        "follow orders are delivered at once",
        "newcomers who set up their feed",
        NEVER_ZERO,
        lambda w: w.fact("follows_busiest_day"),
        windows=(28,),
        whole=True,
    ),
    Feature(
        "returned_follow_share",
        SHARE,
        "share of the accounts that it followed which followed it within the window too",
        "rings follow each other; follower farms are never followed back",
        "circles of friends",
        NEVER_NULL,
        lambda w: ratio(w.fact("returned"), w.fact("followed")),
        windows=(28,),
    ),
    Feature(
        "followers_gained",
        COUNT,
        "accounts that followed it",
        "bought followers come in a wave",
        "creators with a viral video",
        NEVER_ZERO,
        lambda w: F.coalesce(w.fact("followers_gained"), F.lit(0)),
        windows=(7, 28),
        whole=True,
    ),
    Feature(
        "follower_age_days",
        DAYS,
        "mean age of the accounts that followed it",
        "bought followers are fresh",
        "creators whom newcomers are shown first",
        NEVER_NULL,
        lambda w: w.fact("follower_age_s") / 86_400,
        windows=(28,),
    ),
    Feature(
        "reports_upheld",
        COUNT,
        "videos that it reported which were judged violating before as_of, or whose creator was",
        "brigades report what breaks no rule",
        "volunteers have a high number",
        NEVER_ZERO,
        lambda w: F.coalesce(w.fact("upheld"), F.lit(0)),
        windows=(28,),
        whole=True,
    ),
    Feature(
        "reports_upheld_share",
        SHARE,
        "share of the videos that it reported which were judged violating before as_of, or whose creator was",
        "brigades report what breaks no rule",
        "most reports are never reviewed, honest ones too",
        NEVER_NULL,
        lambda w: ratio(w.fact("upheld"), w.fact("reported")),
        windows=(28,),
    ),
)
