"""Who belongs to a ring by what they uploaded."""

from features.rings import neighbours, with_neighbours_counted, with_recruits

MEMBERS = "ring_id bigint, account_id bigint, strength double"
WORKS = "video_id bigint, account_id bigint, kind string, work bigint, uploaders bigint, is_first boolean"


def test_who_uploads_the_works_of_a_ring_belongs_to_it_as_far_as_the_other_uploaders_do(spark):
    members = [(7, account, 1.0) for account in (1, 2, 3, 4)]
    copied, meme, two_alike, strangers = {1, 2, 3, 50, 60, 99}, {1, 2, 3, 51, 70, 71, 72, 99}, {1, 2, 52, 99}, {53, 99}
    works = [
        (0, account, "frame", work, len(uploaders), account == 99)
        for work, uploaders in enumerate([copied, meme, two_alike, strangers])
        for account in sorted(uploaders)
    ]
    works += [(1, account, "loose_frame", 9, 5, account == 98) for account in (1, 2, 4, 62, 98)]
    works += [(2, account, "caption", 9, 5, account == 98) for account in (1, 2, 4, 61, 98)]
    found = with_recruits(spark.createDataFrame(members, MEMBERS), spark.createDataFrame(works, WORKS)).collect()
    by_frames = {(7, 50, 0.6), (7, 60, 0.6)}
    assert {(row.ring_id, row.account_id, row.strength) for row in found} - set(members) == by_frames


def test_who_has_a_good_part_of_a_members_links_into_a_ring_is_tied_to_it(spark):
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
    counted = {row.ring_id: (row.size, row.evidence) for row in with_neighbours_counted(rings, near).collect()}
    assert counted == {
        7: (11, "10 accounts. Tied to them by a good part of a member's links: 1 more."),
        8: (3, "3 accounts."),
    }
