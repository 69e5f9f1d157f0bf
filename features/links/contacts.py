"""Drop equal texts of accounts that advertise different contact identifiers: a script that many sellers bought.

Equal words are evidence of one operator, unless both accounts sell something and each for somebody else. To post the
same handle is no evidence by itself, as friends mention the same friend; to send readers to the same link, phone number
or account on another app is (see kinds.py).
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.links.kinds import CONTACT, SOURCE_NUMBER

MAX_IDENTIFIERS = 32
"""Identifiers of an account that are compared; an account that posts more mentions people."""


def without_separate_sellers(texts: DataFrame, actions: DataFrame, max_degree: int) -> DataFrame:
    """Keep the rows of pairs but those of two sellers that have no contact identifier in common.

    Dropped are pairs of accounts that each share identifiers with others and none with one another.

    `texts` has account_id, other_account_id and any other columns; `actions` is of `comparable_actions`. Not compared
    are identifiers of one account alone, which may be one of many that its owner burns, and public ones, of more than
    `max_degree` accounts: neither says whom an account works for.
    """
    posted = actions.where(F.col("source") == SOURCE_NUMBER[CONTACT]).select("account_id", "object")
    degrees = posted.groupBy("object").agg(F.count(F.lit(1)).alias("degree"))
    shared = posted.join(degrees.where(F.col("degree").between(2, max_degree)), on="object", how="left_semi")
    identifiers = (
        shared.groupBy("account_id")
        .agg(F.collect_list("object").alias("contacts"))
        .where(F.size("contacts") <= MAX_IDENTIFIERS)
    )
    other = identifiers.select(F.col("account_id").alias("other_account_id"), F.col("contacts").alias("other_contacts"))
    return (
        texts.join(identifiers, on="account_id", how="left")
        .join(other, on="other_account_id", how="left")
        .where(F.coalesce(F.arrays_overlap("contacts", "other_contacts"), F.lit(True)))
        .select(texts.columns)
    )
