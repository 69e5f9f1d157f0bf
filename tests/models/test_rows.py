"""Who acts on which videos, as a model is told of it."""

from datetime import date

from models.rows import video_rings

DAY = date(2026, 3, 1)


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
        *[(DAY, account, liked, False) for account in (1, 2, 3, 5, 1)],
        *[(DAY, account, reported, reports) for account in (1, 2, 3, 4) for reports in (False, True)],
        (DAY, 99, strangers, False),
    ]
    acted = spark.createDataFrame(acts, "as_of date, account_id bigint, video_id bigint, reports boolean")
    found = video_rings(acted, rings, members).collect()
    assert [
        (row.video_id, row.ring_id, row.engaging_ring_is_bot_network, row.engaging_ring_share, row.ring_engagers)
        for row in found
    ] == [(liked, 7, 1.0, 0.75, 4.0)]
