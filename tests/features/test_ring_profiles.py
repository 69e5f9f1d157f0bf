"""What profiles of members have in common: sign-ups, also where profiles are missing."""

from datetime import date

import pytest
from pyspark.sql import functions as F
from scipy.stats import binom

from features.rings.measures.profiles import profiles, sign_up_surprise, signed_up_together
from tests.builders import accounts, at

pytestmark = pytest.mark.whole

DAY = date(2026, 3, 1)


def ring_of(spark, *members):
    """The members of ring 7, and its size."""
    tied = spark.createDataFrame([(7, member) for member in members], "ring_id bigint, account_id bigint")
    return tied, tied.groupBy("ring_id").agg(F.count("*").alias("size"))


def test_members_without_a_profile_did_not_sign_up_together(spark):
    members, sizes = ring_of(spark, *range(1, 11))
    others = [{"account_id": 100 + n, "created_at": at(f"2025-{1 + n % 12:02}-01")} for n in range(98)]
    known = [{"account_id": account, "created_at": at("2026-02-01")} for account in (1, 2, 3, 4)]
    told = profiles(members, accounts(spark, *known, *others), sizes, DAY).first()
    assert told.created_together == 4
    usual = 9 / 102  # of all accounts within three days
    assert told.created_together_share == pytest.approx((3 / (9 + 5) - usual) / (1 - usual))


def test_who_signed_up_alone_signed_up_with_nobody(spark):
    members, sizes = ring_of(spark, 1, 2, 3)
    far_apart = [{"account_id": account, "created_at": at(f"2025-0{account}-01")} for account in range(1, 9)]
    assert profiles(members, accounts(spark, *far_apart), sizes, DAY).first().created_together_share == 0.0


def test_on_a_platform_that_opened_this_week_all_signed_up_together(spark):
    members, sizes = ring_of(spark, 1, 2, 3)
    everybody = accounts(spark, *({"account_id": account, "created_at": at("2026-02-27")} for account in range(1, 50)))
    assert signed_up_together(everybody).first().usual == 1.0
    assert profiles(members, everybody, sizes, DAY).first().created_together_share == 0.0


@pytest.mark.parametrize(
    ("together", "known", "usual", "surprise"),
    [
        (50, 50, 0.02, 81.55),  # 50 * 0.02 ** 49
        (3, 3, 0.1, 1.52),  # 3 * 0.1 ** 2
        (2, 3, 0.1, 0.0),
        (7, 83, 0.01, 1.09),
        (7, 83, 0.1, 0.0),  # 8 of 82 were to be expected
        (2, 2, 1.0, 0.0),
        (1, 1, 0.1, 0.0),
    ],
)
def test_how_surprising_it_is_that_members_signed_up_together(spark, together, known, usual, surprise):
    row = spark.createDataFrame([(together, known, usual)], "together bigint, known bigint, usual double")
    found = row.select(sign_up_surprise(F.col("together"), F.col("known"), F.col("usual")).alias("it")).first().it
    assert found == pytest.approx(surprise, abs=0.01)
    if surprise:
        chance = known * binom.sf(together - 2, known - 1, usual)
        assert 10**-found >= chance * (1 - 1e-9)
