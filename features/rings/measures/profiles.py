"""Measure what the profiles of members have in common: when they signed up, and their countries."""

import math
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine.portable import ratio
from features.rings.definitions import RingFeature
from lake.schemas import DOUBLE

PRIOR_OTHERS = 5
"""Others on days of their own that are added to each ring: of four members two signed up together by chance."""
LN_10 = math.log(10)
DAY_SECONDS = 86_400
SCATTERED_DAYS = 3
"""Accounts that one operator made are often signed up within so many days."""
FEATURES = (
    RingFeature(
        "age_days",
        DOUBLE,
        "days",
        "median age of the members' accounts",
        "fresh when loud",
        "a new school's class",
    ),
    RingFeature(
        "created_span_days", DOUBLE, "days", "from the first sign-up to the last", "short when loud", "newcomers"
    ),
    RingFeature(
        "created_together_share",
        DOUBLE,
        "share",
        f"other members, of all and five more, that signed up within {SCATTERED_DAYS} days of one, at best, beyond the "
        "largest such share of everybody",
        "registered in one go",
        "a campaign's newcomers; of few members two by chance",
        sign=1,
    ),
    RingFeature(
        "country_share", DOUBLE, "share", "members of the most frequent country", "a market or a mix", "neighbours"
    ),
)


def profiles(members: DataFrame, accounts: DataFrame, sizes: DataFrame, as_of: date) -> DataFrame:
    """Compute what the profiles of the members have in common; members without a profile count in the size only."""
    member_profiles = (
        accounts.select("account_id", "created_at", "country")
        .join(F.broadcast(members.select("ring_id", "account_id")), on="account_id", how="inner")
        .withColumn("created_s", F.unix_timestamp("created_at"))
    )
    sign_up_window = Window.partitionBy("ring_id").orderBy("created_s").rangeBetween(0, SCATTERED_DAYS * DAY_SECONDS)
    of_all = F.sum("residents").over(Window.partitionBy("ring_id"))
    countries = (
        member_profiles.where("country IS NOT NULL")
        .groupBy("ring_id", "country")
        .agg(F.count("*").alias("residents"))
        .withColumn("country_share", F.col("residents") / of_all)
        .groupBy("ring_id")
        .agg(F.max("country_share").alias("country_share"))
    )
    as_of_s = F.unix_timestamp(F.lit(as_of).cast("timestamp"))
    others = (F.col("created_together") - 1) / (F.col("size") - 1 + PRIOR_OTHERS)
    beyond_usual = ratio(others - F.col("usual"), 1 - F.col("usual"))
    return (
        member_profiles.withColumn("together", F.count("created_s").over(sign_up_window))
        .groupBy("ring_id")
        .agg(
            ((as_of_s - F.percentile("created_s", 0.5)) / DAY_SECONDS).alias("age_days"),
            ((F.max("created_s") - F.min("created_s")) / DAY_SECONDS).alias("created_span_days"),
            F.max("together").alias("created_together"),
            F.count("created_s").alias("created_known"),
        )
        .join(countries, on="ring_id", how="left")
        .join(sizes, on="ring_id", how="inner")
        .crossJoin(signed_up_together(accounts))
        .withColumns(
            {
                "created_together_share": F.greatest(F.coalesce(beyond_usual, F.lit(0.0)), F.lit(0.0)),
                "created_expected": 1 + (F.col("created_known") - 1) * F.col("usual"),
                "created_surprise": sign_up_surprise(*map(F.col, ("created_together", "created_known", "usual"))),
            }
        )
        .drop("size", "usual")
    )


def signed_up_together(accounts: DataFrame) -> DataFrame:
    """Return one row: `usual`, the largest share of all accounts that signed up within `SCATTERED_DAYS` days of each
    other.
    """
    of_days = F.sum("accounts").over(Window.orderBy("day").rangeBetween(0, SCATTERED_DAYS))
    return (
        accounts.where("created_at IS NOT NULL")
        .groupBy(F.unix_date(F.to_date("created_at")).alias("day"))
        .agg(F.count("*").alias("accounts"))
        .withColumn("together", of_days)
        .agg(F.coalesce(ratio(F.max("together"), F.sum("accounts")), F.lit(0.0)).alias("usual"))
    )


def sign_up_surprise(together: Column, known: Column, usual: Column) -> Column:
    """Return the -log10 of a bound on the probability that so many of `known` random accounts signed up `together`.

    That is within `SCATTERED_DAYS` days of each other. Each account may be the first of them; of the others, the share
    `usual` at most falls into the days after. The tail of that binomial is bounded as by Chernoff (Hoeffding 1963),
    times the number of accounts that may be the first.
    """
    others = (known - 1).cast("double")
    share = ratio(together - 1, others)
    rest = F.when(share < 1, (1 - share) * F.log(ratio(1 - share, 1 - usual))).otherwise(0.0)
    bound = others * (share * F.log(ratio(share, usual)) + rest) - F.log(known.cast("double"))
    return F.when(share > usual, F.greatest(bound / LN_10, F.lit(0.0))).otherwise(0.0)
