"""What the contacts in comments tell: equal words that send readers to different places are a script that many bought.

Equal words are evidence of one hand, unless both accounts sell something and each for somebody else. To mention the
same account is no evidence the other way, as friends mention the same friend; to send readers to the same place is,
see kinds.py.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.links.kinds import CONTACT, SOURCE_NUMBER

CONTACTS_KEPT = 32
"""Contacts of an account that are compared; who names more mentions people."""


def of_one_hand(texts: DataFrame, acts: DataFrame, max_crowd: int) -> DataFrame:
    """The rows (account_id, other_account_id, …) but those of two accounts that each share contacts with others and
    none with one another.

    `acts` as of `co_actions`. A contact that one account alone names may be one of many that its owner burns, and one
    that more than `max_crowd` accounts name is public: neither says whom an account works for.
    """
    named = acts.where(F.col("source") == SOURCE_NUMBER[CONTACT]).select("account_id", "object")
    sizes = named.groupBy("object").agg(F.count(F.lit(1)).alias("crowd"))
    shared = named.join(sizes.where(F.col("crowd").between(2, max_crowd)), on="object", how="left_semi")
    works_for = (
        shared.groupBy("account_id")
        .agg(F.collect_list("object").alias("contacts"))
        .where(F.size("contacts") <= CONTACTS_KEPT)
    )
    other = works_for.select(F.col("account_id").alias("other_account_id"), F.col("contacts").alias("other_contacts"))
    return (
        texts.join(works_for, on="account_id", how="left")
        .join(other, on="other_account_id", how="left")
        .where(F.coalesce(F.arrays_overlap("contacts", "other_contacts"), F.lit(True)))
        .select(texts.columns)
    )
