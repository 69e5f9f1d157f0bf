"""Who belongs to a ring by what they uploaded."""

from features.rings import with_recruits

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
