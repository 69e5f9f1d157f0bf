"""Who belongs to a ring by what they uploaded."""

from datetime import UTC, datetime

from features.rings import neighbours, recruits, scripts, with_outsiders_counted

MEMBERS = "ring_id bigint, account_id bigint, strength double"
SCORES = "ring_id bigint, score double"
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
    found = recruits(spark.createDataFrame(members, MEMBERS), rings, spark.createDataFrame(works, WORKS))
    assert {tuple(row) for row in found.collect()} == {(7, 50, 0.6), (7, 60, 0.6)}


def test_who_writes_what_a_ring_was_told_to_write_belongs_to_it_unless_they_wrote_it_first(spark):
    members = spark.createDataFrame([(7, account, 1.0) for account in (1, 2, 3)], MEMBERS)
    praise, script, short = "Best serum ever, link in my bio", "get rich with my one weird trick", "so cool"
    said = {praise: (40, 1, 2, 3, 50), script: (1, 2, 51, 52), short: (1, 2, 3, 53), script.upper(): (60,)}
    rows = [
        (0, account, text, datetime(2026, 1, 1, hour, tzinfo=UTC))
        for text, who in said.items()
        for hour, account in enumerate(who)
    ]
    comments = spark.createDataFrame(rows, "video_id bigint, account_id bigint, text string, ts timestamp")
    written = scripts(comments, members, min_length=12)
    assert {(row.account_id, row.uploaders, row.is_first) for row in written.collect()} == {
        (40, 5, True),
        *((account, 5, False) for account in (1, 2, 3, 50)),
    }
    rings = spark.createDataFrame([(7, 0.9)], SCORES)
    assert [tuple(row) for row in recruits(members, rings, written).collect()] == [(7, 50, 0.75)]


def test_who_has_a_good_part_of_a_members_links_into_a_ring_is_tied_to_it_and_counted(spark):
    """Each of ten members is linked to nine others with a surprise of 2: twelve of their eighteen are two thirds."""
    members = [(7, account, 1.0) for account in range(1, 11)] + [(8, 50, 1.0), (8, 51, 1.0), (8, 52, 1.0)]
    inside = [(one, other, 2.0) for one in range(1, 11) for other in range(one + 1, 11)]
    piece, weakly, by_two, by_one_strong = 50, 60, 61, 62
    links = [
        *inside,
        (50, 51, 3.0),
        (50, 52, 3.0),
        (51, 52, 3.0),
        *((member, piece, 3.0) for member in (1, 2, 3, 4)),
        *((member, weakly, 2.0) for member in (1, 2, 3)),
        *((member, by_two, 9.0) for member in (1, 2)),
        (1, by_one_strong, 300.0),
    ]
    ringed = spark.createDataFrame(members, MEMBERS)
    pairs = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    near = neighbours(ringed, pairs, surprise_cap=10.0)
    assert [tuple(row) for row in near.collect()] == [(7, piece, 0.888889)]
    rings = spark.createDataFrame(
        [(7, 10, "10 accounts."), (8, 3, "3 accounts.")], "ring_id long, size long, evidence string"
    )
    uploaders = spark.createDataFrame([(7, 90, 0.6), (7, 91, 0.375)], MEMBERS)
    counted = with_outsiders_counted(rings, near, uploaders).collect()
    tied = "Of them 1 tied by a good part of a member's links."
    assert {tuple(row) for row in counted} == {
        (7, 12, f"10 accounts. {tied} Uploaded or wrote what is mostly theirs: 2 more."),
        (8, 3, "3 accounts."),
    }
