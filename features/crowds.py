"""How many accounts meet on one thing: a device, an address, a text."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def crowds(activity: DataFrame, things: str) -> DataFrame:
    """account_id, thing, accounts: each account's things of the window, and how many accounts had each (1: it alone).

    Only shared things are joined back, so a thing of one account costs one aggregation and no join.
    """
    pairs = activity.select("account_id", F.explode(things).alias("thing")).distinct()
    shared = pairs.groupBy("thing").agg(F.count("*").alias("accounts")).where("accounts > 1")
    return pairs.join(shared, on="thing", how="left").select(
        "account_id", "thing", F.coalesce("accounts", F.lit(1)).cast("bigint").alias("accounts")
    )
