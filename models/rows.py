"""Rows that a model sees: features of the entity beside those of its ring and its links, all known at one day.

Frames here carry `as_of`, so that one join serves a day's scores and the snapshots of many past days alike.
"""

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NumericType

from engine.portable import exact_sum, first_per_key, ratio
from features.links.combine import PAIR, from_both_ends
from features.membership import member_chance
from lake.schemas import POLICIES

IDENTIFIER = re.compile(r"\w*_id|(ring_)?top_creator")
"""Names of columns whose numbers say who or which, not how much."""
OF_NEIGHBOURS = re.compile(
    r"age_days|profile_completeness|handle_digit_share"
    r"|(active_days|events|followers_gained|device_accounts|quiet_share|short_gap_share|quick_like_share"
    r"|unseen_like_share|young_follow_share|shared_text_share|telling_comment_share|copied_frame_share)_28d"
)
"""What a model is told of the accounts that one is linked to: how old, busy and real they look, and how they act."""


def feature_names(df: DataFrame) -> list[str]:
    """The columns of a frame that are features: all numbers but identifiers."""
    numeric = NumericType | BooleanType
    return [f.name for f in df.schema if isinstance(f.dataType, numeric) and not IDENTIFIER.fullmatch(f.name)]


def as_features(df: DataFrame, prefix: str = "") -> list[Column]:
    """The feature columns of a frame as doubles, renamed with a prefix."""
    return [F.col(name).cast("double").alias(prefix + name) for name in feature_names(df)]


def is_policy(column: str, prefix: str) -> list[Column]:
    """A policy as 1 and 0 in a column for each."""
    return [(F.col(column) == policy).cast("double").alias(prefix + policy) for policy in POLICIES]


def telling_ring(ring_members: DataFrame, rings: DataFrame) -> DataFrame:
    """The ring that says most of each account, by its score and how firmly the account is tied to it: one row per day
    and account.
    """
    most_first = (F.desc(member_chance(F.col("score"), F.col("strength"))), F.desc("strength"), "ring_id")
    judged = ring_members.join(
        F.broadcast(rings.select("as_of", "ring_id", "score")), on=["as_of", "ring_id"], how="inner"
    )
    return first_per_key(judged, ["as_of", "account_id"], most_first).select(
        "as_of", "account_id", "ring_id", "strength"
    )


def ring_columns(rings: DataFrame) -> DataFrame:
    """Ring features under names of their own (`ring_size`, `ring_score`, …), its policy as 1 and 0 in a column each."""
    return rings.select("as_of", "ring_id", *as_features(rings, "ring_"), *is_policy("policy", "ring_is_"))


def ring_rows(rings: DataFrame) -> DataFrame:
    """One row per day and ring: its features, under the names that they have in the rows of its members. A ring is tied
    to itself in full.
    """
    return ring_columns(rings).withColumn("ring_strength", F.lit(1.0))


def link_columns(links: DataFrame) -> DataFrame:
    """How an account is linked: number of links, shared objects and surprise of the strongest, one row per day and
    account.
    """
    return (
        from_both_ends(links.select("as_of", *PAIR, "shared_objects", "surprise"))
        .groupBy("as_of", "account_id")
        .agg(
            F.count("*").cast("double").alias("link_count"),
            F.max("shared_objects").cast("double").alias("link_shared_objects_max"),
            F.max("surprise").cast("double").alias("link_surprise_max"),
        )
    )


def neighbour_columns(features: DataFrame, links: DataFrame) -> DataFrame:
    """How many active accounts each is linked to, and the mean and maximum over them of what `OF_NEIGHBOURS` names: one
    row per day and account with links (Deep Entity Classification: Xu et al. 2021).

    Features alone, no verdicts: who is linked to whom decides who is reviewed, so a neighbour's verdict says a good
    part of one's own.
    """
    names = [name for name in feature_names(features) if OF_NEIGHBOURS.fullmatch(name)]
    told = [F.col(name).cast("double").alias(name) for name in names]
    sums = {name: exact_sum(F.col(name)) for name in names}
    neighbours = features.select("as_of", F.col("account_id").alias("other_account_id"), *told)
    return (
        from_both_ends(links.select("as_of", *PAIR))
        .join(neighbours, on=["as_of", "other_account_id"], how="inner")
        .groupBy("as_of", "account_id")
        .agg(
            F.count("*").cast("double").alias("neighbour_count"),
            *(ratio(total, F.count(name)).alias(f"neighbour_mean_{name}") for name, total in sums.items()),
            *(F.max(name).alias(f"neighbour_max_{name}") for name in names),
        )
    )


def account_rows(features: DataFrame, rings: DataFrame, ring_members: DataFrame, links: DataFrame) -> DataFrame:
    """One row per day and active account: its features, those of its most telling ring, of its links and of the
    accounts that it is linked to.

    An account in no ring has null ring features (unknown), and 0 links when it has none (counted, none found). Beside
    the doubles: as_of, account_id, ring_id.
    """
    tied = telling_ring(ring_members, rings).withColumnRenamed("strength", "ring_strength")
    own = features.select("as_of", "account_id", *as_features(features))
    joined = (
        own.join(tied, on=["as_of", "account_id"], how="left")
        .join(ring_columns(rings), on=["as_of", "ring_id"], how="left")
        .join(link_columns(links), on=["as_of", "account_id"], how="left")
        .join(neighbour_columns(features, links), on=["as_of", "account_id"], how="left")
        .withColumn("link_count", F.coalesce("link_count", F.lit(0.0)))
    )
    keys = ["as_of", "account_id", "ring_id"]
    return joined.select(*keys, *[name for name in joined.columns if name not in keys])
