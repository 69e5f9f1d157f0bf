"""Who belongs to a ring by what they uploaded."""

from datetime import UTC, datetime

from features.rings import late_members, with_late_members_counted, written_works

MEMBERS = "ring_id bigint, account_id bigint, strength double"
SCORES = "ring_id bigint, score double"
TEMPLATES = "account_id bigint, video_id bigint, ts timestamp, kind string, template bigint"
WORKS = "video_id bigint, account_id bigint, kind string, work bigint, uploaders bigint, is_first boolean"


def test_who_uploads_the_works_of_a_ring_belongs_to_it_as_far_as_the_other_uploaders_do(spark):
    """99 was first; 60 is in a circle of friends as well, 63 in another ring; 50 shares a meme with the friends."""
    members = [*((7, account, 1.0) for account in (1, 2, 3, 4)), *((8, account, 1.0) for account in (60, 64, 65))]
    members += [(9, 63, 1.0)]
    rings = spark.createDataFrame([(7, 0.9), (8, 0.1), (9, 0.8)], SCORES)
    copied, meme, two_alike, strangers = {1, 2, 3, 50, 60, 99}, {1, 2, 3, 51, 70, 71, 72, 99}, {1, 2, 52, 99}, {53, 99}
    works = [
        (0, account, "frame", work, len(uploaders), account == 99)
        for work, uploaders in enumerate([copied, meme, two_alike, strangers])
        for account in sorted(uploaders)
    ]
    works += [(1, account, "loose_frame", 9, 5, account == 98) for account in (1, 2, 4, 62, 98)]
    works += [(3, account, "frame", 10, 5, account == 98) for account in (1, 2, 4, 63, 98)]
    works += [(4, account, "frame", 11, 5, account == 98) for account in (60, 64, 65, 50, 98)]
    works += [(2, account, "caption", 9, 5, account == 98) for account in (1, 2, 4, 61, 98)]
    found = late_members(spark.createDataFrame(members, MEMBERS), rings, spark.createDataFrame(works, WORKS))
    assert {tuple(row) for row in found.collect()} == {(7, 50, 0.6), (7, 60, 0.6)}


def test_who_writes_what_a_ring_was_told_to_write_belongs_to_it_unless_they_wrote_it_first(spark):
    members = spark.createDataFrame([(7, account, 1.0) for account in (1, 2, 3)], MEMBERS)
    praise, template, contact = (40, 1, 2, 3, 50), (1, 2, 51, 52), (1, 2, 3, 53)
    rows = [
        (account, 0, datetime(2026, 1, 1, hour, tzinfo=UTC), kind, number)
        for number, (kind, who) in enumerate([("text", praise), ("text", template), ("contact", contact)])
        for hour, account in enumerate(who)
    ]
    written = written_works(spark.createDataFrame(rows, TEMPLATES))
    assert {(row.account_id, row.uploaders, row.is_first) for row in written.where("work = 0").collect()} == {
        (40, 5, True),
        *((account, 5, False) for account in (1, 2, 3, 50)),
    }
    rings = spark.createDataFrame([(7, 0.9)], SCORES)
    assert [tuple(row) for row in late_members(members, rings, written).collect()] == [(7, 50, 0.75)]


def test_late_members_are_counted(spark):
    rings = spark.createDataFrame([(7, 10), (8, 3)], "ring_id long, size long")
    counted = with_late_members_counted(rings, spark.createDataFrame([(7, 90, 0.6), (7, 91, 0.375)], MEMBERS)).collect()
    assert {(row.ring_id, row.size, row.late_members) for row in counted} == {(7, 12, 2), (8, 3, 0)}
