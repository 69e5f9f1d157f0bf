"""Count how many accounts have a thing in common: a device, an address, a text."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def accounts_per_thing(activity: DataFrame, things: str) -> DataFrame:
    """Count the accounts that have each thing of an account: account_id, thing, accounts (1: it alone).

    `activity` has account_id and an array column named `things`. Only shared things are joined back, so that a thing of
    one account costs one aggregation and no join.
    """
    pairs = activity.select("account_id", F.explode(things).alias("thing")).distinct()
    shared = pairs.groupBy("thing").agg(F.count("*").alias("accounts")).where("accounts > 1")
    return pairs.join(shared, on="thing", how="left").select(
        "account_id", "thing", F.coalesce("accounts", F.lit(1)).cast("bigint").alias("accounts")
    )
