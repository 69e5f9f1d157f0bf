"""What members do on targets beside the rest of the audience: a ring, and people of one taste who do the same."""

import math
from datetime import timedelta

import pytest
from pyspark.sql import functions as F

from features.rings.measures.audiences import audience_actions, interest, participation, timing
from tests.builders import at

pytestmark = pytest.mark.whole

ACTS = "account_id bigint, verb string, object_id bigint, ts timestamp, watch_ms bigint, recent boolean, ring_id bigint"
TARGETS = "ring_id bigint, verb string, object_id bigint, uploaded_at timestamp"
START, HOUR = at("2026-02-01"), timedelta(hours=1)


def did(account, verb, thing, after=timedelta(0), watch_ms=None, recent=True):
    return (account, verb, thing, START + after, watch_ms, recent, None)


def liked(*pairs):
    return [did(account, "like", video) for account, video in pairs]


def audience_of(spark, members, targets, acts):
    """`audience_actions`, members and targets of ring 7; a target is a verb and an object, uploaded at the start."""
    rows = spark.createDataFrame(acts, ACTS)
    tied = spark.createDataFrame([(7, member) for member in members], "ring_id bigint, account_id bigint")
    wanted = spark.createDataFrame([(7, verb, thing, START) for verb, thing in targets], TARGETS)
    return audience_actions(rows, wanted).localCheckpoint(), tied, wanted


def test_the_audience_of_a_video_is_whoever_came_to_it_for_whatever(spark):
    acts = [
        did(1, "like", 50),
        did(1, "view", 50, watch_ms=4_000),
        did(1, "view", 50, watch_ms=9_000),
        did(9, "view", 50, watch_ms=2_000),
        did(9, "follow", 50),  # an account that has the number of the video
        did(9, "view", 51),
        did(8, "like", 50, recent=False),
    ]
    audience, _, _ = audience_of(spark, [1], [("like", 50)], [*acts, acts[0]])
    rows = {(row.verb, row.object_id, row.account_id, row.watch_ms) for row in audience.collect()}
    assert rows == {("like", 50, 1, None), ("view", 50, 1, 9_000), ("view", 50, 9, 2_000)}


def test_participation_of_members_and_of_the_others_who_met_a_target(spark):
    """Four targets. Each member is at three: of the three others at two, out of the two more that nobody saw, too."""
    inside = [(1, 10), (1, 11), (1, 12), (2, 11), (2, 12), (2, 13)]
    chance = [(account, 10) for account in range(100, 190)]  # ninety who met one target and no other
    of_like_taste = [(account, video) for account in range(100, 130) for video in (10, 11, 12)]

    def of(*pairs):
        (told,) = participation(
            *audience_of(spark, [1, 2], [("like", v) for v in (10, 11, 12, 13)], liked(*pairs))
        ).collect()
        return told

    ring = of(*inside, *chance)
    assert ring.participation == pytest.approx(2 / 5)
    assert ring.outsiders_participation == pytest.approx(10 * 2 / 5 / 100)  # ten acts are taken to be like theirs
    assert ring.apartness == pytest.approx(math.log2(0.41 / 0.05))
    fans = of(*inside, *of_like_taste)
    assert (fans.participation, fans.outsiders_participation) == pytest.approx((2 / 5, 2 / 5))
    assert fans.apartness == pytest.approx(0.0)
    assert of(*inside, *chance[:9]).apartness is None  # nine acts of others are nobody to compare with


def test_nothing_is_said_of_participation_where_there_is_one_target(spark):
    assert participation(*audience_of(spark, [1, 2], [("like", 10)], liked((1, 10), (2, 10)))).collect() == []


def test_an_order_is_worked_off_in_haste_and_late_where_a_feed_brings_all_alike(spark):
    """Others come every hour of two days. Members of a ring come within minutes on the second; fans as all do."""
    others = [did(100 + n, "like", 50, n * HOUR) for n in range(48)]
    ring = [did(n, "like", 50, 40 * HOUR + n * timedelta(minutes=5)) for n in range(1, 5)]
    fans = [did(n, "like", 50, 12 * n * HOUR) for n in range(4)]

    def of(members):
        audience = audience_of(spark, [act[0] for act in members], [("like", 50)], [*others, *members])
        return timing(*audience, START.date()).first()

    bought, honest = of(ring), of(fans)
    minutes = [60 * n for n in range(48)]
    spread = math.sqrt(sum((m - sum(minutes) / 48) ** 2 for m in minutes) / 47)
    assert bought.haste == pytest.approx(math.log2((spread + 10) / (math.sqrt(125 / 3) + 10)), abs=1e-5)
    ages = [
        sum(math.log2(60 * m + 600) for m in all_of) / len(all_of) for all_of in ([2405, 2410, 2415, 2420], minutes)
    ]
    assert bought.lateness == pytest.approx(ages[0] - ages[1], abs=1e-5)
    assert abs(honest.haste) < 0.2 and honest.lateness < 0.1 < bought.lateness


def test_who_is_paid_hardly_watches_what_the_public_watches(spark):
    """Two viewers outside of the ring out of five like the video; all of the members do, after a glance."""
    others = [did(100 + n, "view", 50, watch_ms=15_000) for n in range(5)] + liked((100, 50), (101, 50))
    members = [did(n, "view", 50, watch_ms=3_000) for n in (1, 2, 3, 4)] + liked((1, 50), (2, 50), (3, 50), (4, 50))
    told = interest(*audience_of(spark, [1, 2, 3, 4], [("like", 50)], others + members)).first()
    assert told.attention == pytest.approx(math.log2(4_000 / 16_000))
    assert told.conversion == pytest.approx(math.log2((4 + 1) / (4 * 2 / 5 + 1)), abs=1e-5)


def test_where_hardly_anybody_else_came_there_is_no_public_to_compare_with(spark):
    acts = [did(n, verb, 50, n * HOUR, 5_000) for n in (1, 2, 3, 101, 102) for verb in ("view", "like")]
    audience = audience_of(spark, [1, 2, 3], [("like", 50), ("view", 50)], acts)
    assert tuple(timing(*audience, START.date()).first())[1:] == (None, None)
    assert interest(*audience).collect() == []
    more = audience_of(spark, [1, 2, 3], [("like", 50), ("view", 50)], [*acts, did(103, "like", 50)])
    told = timing(*more, START.date()).where(F.col("haste").isNotNull()).first()
    assert told is not None and interest(*more).first().attention is None  # the third of the others did not watch
