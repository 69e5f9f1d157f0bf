"""Features of accounts: what each did over 1, 7 and 28 days before as_of, and who it is."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.accounts import changes, comments, identity, social, timing, uploads, volume, watching
from features.definitions import fields, selected, totals, within
from lake.schemas import ACCOUNT_ACTIVITY, ACCOUNT_FEATURES, ACTIVE_DAYS, BIGINT

GROUPS = {
    "Volume": volume,
    "Timing": timing,
    "Watching": watching,
    "Comments": comments,
    "Social": social,
    "Identity": identity,
    "Uploads": uploads,
    "Changes": changes,
}
FEATURES = tuple(feature for group in GROUPS.values() for feature in group.FEATURES)
TABLE = ACCOUNT_FEATURES.extended(fields(FEATURES))

ADDABLE = [
    f.name for f in ACCOUNT_ACTIVITY.schema if f.dataType == BIGINT and f.name not in ("account_id", "session_ms")
]
HOURS = [f"hour_{hour}" for hour in range(24)]


def windows(activity: DataFrame, as_of: date) -> DataFrame:
    """One row per active account: totals of its rollup rows over each window, their maxima and merged sets.

    Numbers and sets are brought together apart: sets are gathered by sorting, and wide rows are not to be sorted.
    """
    return _totals(activity, as_of).join(_sets_and_maxima(activity, as_of), on="account_id", how="inner")


def _totals(activity: DataFrame, as_of: date) -> DataFrame:
    days = (
        activity.withColumn("days", F.lit(1))
        .withColumn("all_creator_acts_sq", F.col("creator_acts") * F.col("creator_acts"))
        .withColumns({name: F.col("hours")[hour] for hour, name in enumerate(HOURS)})
    )
    return totals(days, "account_id", [*ADDABLE, "days", "all_creator_acts_sq", *HOURS], as_of)


def _sets_and_maxima(activity: DataFrame, as_of: date) -> DataFrame:
    week, month = within(7, as_of), within(ACTIVE_DAYS, as_of)

    def merged(name: str, rows: Column) -> Column:
        return F.array_distinct(F.flatten(F.collect_list(F.when(rows, F.col(name)))))

    return activity.groupBy("account_id").agg(
        F.coalesce(F.max(F.when(week, F.col("session_ms"))), F.lit(0)).alias("fact_session_ms_7d"),
        F.max("session_ms").alias("fact_session_ms_28d"),
        F.max("events").alias("fact_busiest_day_28d"),
        F.max("follows").alias("fact_follows_busiest_day_28d"),
        merged("pushed", week).alias("fact_pushed_7d"),
        merged("pushed", month).alias("fact_pushed_28d"),
        merged("scripts", month).alias("fact_scripts_28d"),
        merged("devices", week).alias("fact_device_set_7d"),
        merged("devices", ~week).alias("fact_device_set_earlier_7d"),
        F.min(F.when(week, F.col("event_date"))).alias("fact_first_day_7d"),
        F.max(F.when(~week, F.col("event_date"))).alias("fact_last_day_before_7d"),
    )


def account_features(
    activity: DataFrame,
    video_activity: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    decisions: DataFrame,
    reuse: DataFrame,
    as_of: date,
) -> DataFrame:
    """The features of each account with an act in the 28 days before as_of.

    The rollups hold those 28 days; accounts, videos and decisions what was known at as_of; `reuse` is
    features.videos.content.reuse.
    """
    profiles = identity.profile_facts(accounts, as_of)
    facts = (
        comments.shared_texts(activity),
        social.follow_facts(activity, accounts, as_of),
        social.upheld_reports(activity, videos, decisions),
        identity.shared_places(activity),
        uploads.upload_facts(videos, reuse, as_of),
        uploads.reach_facts(video_activity, as_of),
        profiles.drop("born_on", "signup_device_id", "signup_ip_id", "handle_stem", "bio_link"),
        identity.shared_sign_up(profiles),
    )
    joined = windows(activity, as_of)
    for fact in facts:
        joined = joined.join(fact, on="account_id", how="left")
    return joined.select("account_id", *selected(FEATURES))
