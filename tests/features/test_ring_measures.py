"""What is measured of members where data are odd: no profiles, a device that nobody knows, ids of two kinds."""

from datetime import date

import pytest
from pyspark.sql import functions as F
from scipy.stats import binom

from features.rings.measures import (
    devices_and_addresses,
    engagement,
    made_by,
    other_activity,
    profiles,
    sign_up_surprise,
    signed_up_together,
    with_lone_uploads,
)
from tests.builders import accounts, at, videos

pytestmark = pytest.mark.whole

DAY = date(2026, 3, 1)
TOUCHED = "ring_id bigint, account_id bigint, verb string, object_id bigint, acts bigint"


def ring_of(spark, *members):
    """The members of ring 7, and its size."""
    tied = spark.createDataFrame([(7, member) for member in members], "ring_id bigint, account_id bigint")
    return tied, tied.groupBy("ring_id").agg(F.count("*").alias("size"))


def test_members_without_a_profile_did_not_sign_up_together(spark):
    members, sizes = ring_of(spark, *range(1, 11))
    others = [{"account_id": 100 + n, "created_at": at(f"2025-{1 + n % 12:02}-01")} for n in range(98)]
    known = [{"account_id": account, "created_at": at("2026-02-01")} for account in (1, 2)]
    told = profiles(members, accounts(spark, *known, *others), sizes, DAY).first()
    assert told.created_together == 2
    usual = 9 / 100  # of all accounts within three days
    assert told.created_together_share == pytest.approx((0.2 - usual) / (1 - usual))


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


def test_a_device_that_a_crowd_signed_up_with_is_none(spark):
    members, _ = ring_of(spark, 1, 2, 3)
    people = [{"account_id": n, "signup_device_id": "unknown", "signup_ip_id": f"i{n}"} for n in range(1, 8)]
    used = [(7, account, device, None, True) for account in (1, 2, 3) for device in ("unknown", "phone of 1 and 2")][:4]
    acts = spark.createDataFrame(
        used, "ring_id bigint, account_id bigint, device_id string, ip_id string, recent boolean"
    )
    told = devices_and_addresses(members, acts, accounts(spark, *people), max_degree=5).first()
    assert (told.devices, told.shared_device_share, told.addresses, told.shared_address_share) == (1, 2, 3, 0)


def test_who_was_first_with_a_work_made_it_alone(spark):
    """Video 1 is copied as 2, in a near-equal frame and the same caption; nobody else made 3; 4 is from long ago."""
    hour = at("2026-02-20 10:00")
    works = spark.createDataFrame(
        [(1, 10, "frame", True, hour, 7), (2, 11, "frame", False, hour, 7), (2, 11, "caption", False, hour, 8)],
        "video_id bigint, account_id bigint, kind string, is_first boolean, ts timestamp, object bigint",
    )
    wrote = spark.createDataFrame(
        [(12, 3, hour, "text", 77)], "account_id bigint, video_id bigint, ts timestamp, kind string, template bigint"
    )
    days = {1: "2026-02-20", 2: "2026-02-20", 3: "2026-02-21", 4: "2025-02-21"}
    films = videos(spark, *({"video_id": n, "account_id": 9 + n, "created_at": at(day)} for n, day in days.items()))
    made = made_by(wrote, works)
    shared = {(12, "text", 77), (11, "upload", 7), (11, "upload", 8)}
    assert {(row.account_id, row.kind, row.object) for row in made.collect()} == shared
    rows = with_lone_uploads(made, films, date(2026, 1, 1)).collect()
    assert {(row.account_id, row.kind, row.object) for row in rows} == shared | {(10, "upload", 1), (12, "upload", 3)}


def test_a_video_is_answered_once_however_often(spark):
    """Both watch videos 1 and 2 together; one likes, comments on and shares the first."""
    acts = [(7, account, "view", video, 1) for account in (1, 2) for video in (1, 2, 10 + account)]
    acts += [(7, 1, verb, 1, 1) for verb in ("like", "comment", "share")] + [(7, 2, "like", 12, 1)]
    targets = spark.createDataFrame([(7, "view", 1), (7, "view", 2)], "ring_id bigint, verb string, object_id bigint")
    told = engagement(spark.createDataFrame(acts, TOUCHED), targets).first()
    assert (told.watched_together, told.willed_together, told.willed_expected) == (4, 1, 2.0)


def test_an_account_is_not_a_video_of_the_same_number(spark):
    acts = [(7, 1, "follow", 17, 1), (7, 1, "like", 17, 1), (7, 2, "like", 17, 1)]
    targets = spark.createDataFrame([(7, "like", 17)], "ring_id bigint, verb string, object_id bigint")
    told = other_activity(spark.createDataFrame(acts, TOUCHED), targets).first()
    assert (told.inside_share, told.independent_share) == (0.75, 0.25)
