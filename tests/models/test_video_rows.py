"""Who acts on which videos, as a model is told of it."""

from datetime import date

import pytest

from models.video_rows import copying_rings, publics, video_rings, video_rows

DAY = date(2026, 3, 1)
WORKS = "as_of date, video_id bigint, account_id bigint, kind string, work bigint, uploaders bigint, is_first boolean"
ACTS = "as_of date, account_id bigint, video_id bigint, willed boolean, reports boolean"


def test_the_ring_that_acts_most_leads_and_what_it_reports_is_not_for_it(spark):
    rings = spark.createDataFrame(
        [(DAY, 7, "bot_network", 4, 0.8), (DAY, 8, "spam_ring", 2, 0.5)],
        "as_of date, ring_id bigint, policy string, size int, score double",
    )
    members = spark.createDataFrame(
        [(DAY, 7, account, 1.0) for account in (1, 2, 3, 4)] + [(DAY, 8, account, 1.0) for account in (5, 6)],
        "as_of date, ring_id bigint, account_id bigint, strength double",
    )
    liked, reported, strangers = 100, 200, 300
    acts = [
        *[(DAY, account, liked, True, False) for account in (1, 2, 3, 5, 1)],
        *[(DAY, account, reported, reports, reports) for account in (1, 2, 3, 4) for reports in (False, True)],
        (DAY, 99, strangers, True, False),
    ]
    acted = spark.createDataFrame(acts, ACTS)
    found = video_rings(acted, rings, members).collect()
    assert [
        (row.video_id, row.ring_id, row.engaging_ring_is_bot_network, row.engaging_ring_share, row.ring_engagers)
        for row in found
    ] == [(liked, 7, 1.0, 0.75, 4.0)]


def test_a_ring_acts_for_what_much_of_it_turns_to_and_few_others(spark):
    rings = spark.createDataFrame(
        [(DAY, 7, "artificial_engagement", 10, 0.8)],
        "as_of date, ring_id bigint, policy string, size int, score double",
    )
    members = spark.createDataFrame(
        [(DAY, 7, account, 1.0) for account in range(10)],
        "as_of date, ring_id bigint, account_id bigint, strength double",
    )
    bought, seen_a_lot, popular, one_more, lone = 100, 200, 300, 400, 500
    orphan, another = 600, 700
    owners = {bought: 1, seen_a_lot: 1, popular: 2, one_more: 1, lone: 3, orphan: None, another: None}
    acts = [
        *[(DAY, account, bought, True, False) for account in range(5)],
        *[(DAY, account, seen_a_lot, True, False) for account in range(5)],
        *[(DAY, account, seen_a_lot, False, False) for account in range(50, 500)],
        *[(DAY, account, popular, True, False) for account in [0, 1, *range(50, 500)]],
        *[(DAY, account, orphan, True, False) for account in range(5)],
        *[
            (DAY, account, video, True, False)
            for video in (one_more, lone, another)
            for account in [0, 1, *range(50, 55)]
        ],
    ]
    acted = spark.createDataFrame(acts, ACTS)
    features = spark.createDataFrame(
        [(DAY, video, owner, 9.0) for video, owner in owners.items()],
        "as_of date, video_id bigint, account_id bigint, reach_28d double",
    )
    nobody = spark.createDataFrame([], "as_of date, account_id bigint, ring_id bigint")
    copying = copying_rings(spark.createDataFrame([], WORKS), rings, members)
    rows = video_rows(features, nobody, video_rings(acted, rings, members), publics(acted), copying).collect()
    assert {row.video_id: row.engaging_ring_capture for row in rows} == pytest.approx(
        {
            bought: 5 / 8,
            seen_a_lot: 5 / 8,
            popular: 2 / 455,
            one_more: 2 / 10,
            lone: 2 / 10,
            orphan: 5 / 8,
            another: 2 / 10,
        }
    )
    # A fifth of the ring is half of what it takes; of a creator that the ring acts for elsewhere it is enough. Videos
    # whose uploaders are unknown do not vouch for each other.
    assert {row.video_id: row.engaging_ring_tie for row in rows} == pytest.approx(
        {bought: 1.0, seen_a_lot: 1.0, popular: 0.0, one_more: 1.0, lone: 0.25, orphan: 1.0, another: 0.25}
    )


def test_a_work_belongs_to_the_ring_that_uploads_it_most_and_never_to_who_was_first(spark):
    rings = spark.createDataFrame(
        [(DAY, 7, "coordinated_reupload", 10, 0.8), (DAY, 8, "spam_ring", 5, 0.9)],
        "as_of date, ring_id bigint, policy string, size int, score double",
    )
    members = spark.createDataFrame(
        [(DAY, 7, 1, 1.0), (DAY, 7, 2, 0.5), (DAY, 8, 3, 1.0)],
        "as_of date, ring_id bigint, account_id bigint, strength double",
    )
    original, copy, weak_copy, other_rings, strangers = 10, 11, 12, 13, 14
    film, meme, remade = 100, 200, 300
    uploads = [(original, 50), (copy, 1), (weak_copy, 2), (other_rings, 3), (strangers, 51)]
    rows = [(DAY, video, account, "frame", film, 5, video == original) for video, account in uploads]
    rows += [(DAY, 20 + account, account, "frame", meme, 3, account == 1) for account in (1, 3, 60)]
    rows += [(DAY, 30 + account, account, "loose_frame", remade, 4, account == 50) for account in (1, 2, 50, 60)]
    found = copying_rings(spark.createDataFrame(rows, WORKS), rings, members).collect()
    assert {row.copying_ring_id for row in found} == {7, None}
    assert {row.video_id: (row.copying_ring_score, row.copying_ring_tie) for row in found} == {
        original: (0.8, 0.0),
        copy: (0.8, 1.0),
        weak_copy: (0.8, 0.5),
        other_rings: (0.8, 0.4),
        strangers: (0.8, 0.4),
        **{20 + account: (None, 0.0 if account == 1 else None) for account in (1, 3, 60)},
        **{30 + account: (0.8, tie) for account, tie in {1: 1.0, 2: 0.5, 50: 0.0, 60: 0.25}.items()},
    }
