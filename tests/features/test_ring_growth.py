"""Who does what a group does belongs to it, linked or not; who shares its taste does not."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.rings.choices import chosen_actions
from features.rings.growth import expand_groups, membership_probabilities
from features.rings.links import holding_deeds
from tests.builders import at, events, videos

EVIDENCE = "account_id bigint, other_account_id bigint, kind string, objects array<string>"
DAY = at("2026-02-10 12:00")
PEOPLE = 5_000


def join(spark, group, linked_by, acts, creators=None) -> dict[int, float]:
    """Who joins or, with a strength of 0, leaves a group whose members are linked by likes of some videos; each is of a
    creator of its own if none is told.
    """
    creators = creators or {}
    groups = spark.createDataFrame(
        [(7, account, 1.0) for account in group], "community bigint, account_id bigint, strength double"
    )
    kinds = ("like", "like_moment")
    pairs = [(a, b, kind, list(map(str, linked_by))) for a in group for b in group if a < b for kind in kinds]
    liked = [
        (account, "like", video, creators.get(video, video)) for account, videos in acts.items() for video in videos
    ]
    done = spark.createDataFrame(liked, "account_id bigint, verb string, object_id bigint, topic bigint")
    rows = expand_groups(groups, spark.createDataFrame(pairs, EVIDENCE), done, PEOPLE).collect()
    strength = {row.account_id: row.strength for row in rows}
    assert all(strength.get(account, 1.0) == 1.0 for account in group)
    left = {account: 0.0 for account in group if account not in strength}
    return {account: value for account, value in strength.items() if account not in group} | left


def test_who_gives_as_much_to_the_targets_as_members_do_joins(spark):
    """Members like ten ordered videos and ten of their own; 50 likes six of those ten, 55 three, 60 two, and 70
    all that there is.
    """
    members = {account: [*range(10), *range(1_000 * account, 1_000 * account + 10)] for account in (1, 2, 3, 4)}
    strangers = {account: range(100 * account, 100 * account + 20) for account in range(100, 200)}
    others = {
        50: [*range(6), *range(50_000, 50_006)],
        55: range(3),
        60: [0, 1, *range(60_000, 60_010)],
        70: range(3_000),
    }
    joined = join(spark, [1, 2, 3, 4], range(10), members | strangers | others)
    assert set(joined) == {50}
    assert joined[50] == pytest.approx(1.0, abs=1e-3)


def test_what_members_do_beyond_its_popularity_is_a_target_though_no_link_is_about_it(spark):
    """Links are about the orders 0 to 4. Every second member carries out each of the orders 10 to 29, too; 50 does ten
    of these and none of the others. Everybody likes the videos 30 to 34; these are all that 60 likes.
    """
    loved, group = range(30, 35), range(1, 9)
    members = {
        account: [*range(5), *(order for order in range(10, 30) if (account + order) % 2), *loved] for account in group
    }
    strangers = {account: [*range(100 * account, 100 * account + 20), *loved] for account in range(100, 200)}
    joined = join(spark, [*group], range(5), members | strangers | {50: range(10, 20), 60: loved})
    assert set(joined) == {50}


def test_whom_links_showed_stays_where_others_do_more_of_what_it_led_to(spark):
    """Ten carry out the orders that three are linked by, and thirty more, which are then most of the targets."""
    members = {account: [*range(8), *range(1_000 * account, 1_000 * account + 45)] for account in (1, 2, 3)}
    strangers = {account: range(100 * account, 100 * account + 20) for account in range(100, 200)}
    others = {account: range(38) for account in range(50, 60)}
    assert set(join(spark, [1, 2, 3], range(8), members | strangers | others)) == set(others)


def test_who_is_a_fan_of_one_customer_does_not_join(spark):
    """Of ten targets five are videos of one creator."""
    members = {account: [*range(10), *range(1_000 * account, 1_000 * account + 10)] for account in (1, 2, 3, 4)}
    strangers = {account: range(100 * account, 100 * account + 20) for account in range(100, 200)}
    fans = {50: range(5), 51: [*range(5), 5, 6]}
    joined = join(spark, [1, 2, 3, 4], range(10), members | strangers | fans, creators=dict.fromkeys(range(5), 900))
    assert set(joined) == {51}


def test_who_does_nothing_of_what_holds_a_group_leaves_it(spark):
    """4 is linked to the others, and likes other things; where two would be left nobody leaves."""
    members = {account: [*range(10), *range(1_000 * account, 1_000 * account + 10)] for account in (1, 2, 3)}
    strangers = {account: range(100 * account, 100 * account + 20) for account in range(100, 200)}
    assert join(spark, [1, 2, 3, 4], range(10), members | strangers | {4: range(500, 520)}) == {4: 0.0}
    assert join(spark, [1, 2, 3, 4], range(10), members | strangers) == {4: 0.0}
    two = {account: [0, 1, *range(1_000 * account, 1_000 * account + 20)] for account in (1, 2)}
    assert join(spark, [1, 2, 3], range(10), two | strangers | {3: range(500, 520)}) == {}


def test_what_few_of_the_pairs_have_in_common_does_not_hold_them(spark):
    schema = "ring_id bigint, account_id bigint, other_account_id bigint, family string"
    rows = [(7, 1, 2, "like"), (7, 1, 3, "like"), (7, 2, 3, "like"), (7, 1, 4, "like"), (7, 1, 2, "comment")]
    kept = holding_deeds(spark.createDataFrame([*rows, (8, 1, 2, "comment")], schema)).collect()
    assert {(row.ring_id, row.family) for row in kept} == {(7, "like"), (8, "comment")}


def test_one_target_makes_no_group_and_without_any_it_is_as_it_was(spark):
    members = {1: [0, 1], 2: [0, 2], 3: [0, 3]}
    assert join(spark, [1, 2, 3], [0], members | {50: [0], 51: [0]}) == {1: 0.0, 2: 0.0, 3: 0.0}
    assert join(spark, [1, 2, 3], [], members) == {}


def test_what_is_chosen_is_told_once(spark):
    """Views are no choice, and what lies before the first day is none of the window's."""
    rows = [
        {"account_id": 1, "verb": "like", "video_id": 5, "ts": DAY},
        {"account_id": 1, "verb": "like", "video_id": 5, "ts": at("2026-02-11")},
        {"account_id": 1, "verb": "follow", "target_account_id": 6, "ts": DAY},
        {"account_id": 1, "verb": "view", "video_id": 7, "ts": DAY},
        {"account_id": 1, "verb": "like", "video_id": 8, "ts": at("2026-01-01")},
    ]
    made = spark.createDataFrame([(1, "text", 77), (1, "text", 77)], "account_id bigint, kind string, object bigint")
    films = videos(spark, {"video_id": 5, "account_id": 90}, {"video_id": 6, "account_id": 91})
    told = chosen_actions(events(spark, *rows), made, films, date(2026, 2, 1)).collect()
    assert sorted(map(tuple, told)) == [(1, "follow", 6, 6), (1, "like", 5, 90), (1, "text", 77, 77)]


@given(st.integers(0, 1_000))
def test_two_kinds_of_accounts_are_told_apart(seed):
    """Forty of two thousand give 70 % of their acts to the targets, the others one in five hundred; ten are known."""
    draw = np.random.default_rng(seed)
    acts = draw.integers(5, 30, 2_000).astype(float)
    of_group = np.arange(2_000) < 40
    hits = draw.binomial(acts.astype(int), np.where(of_group, 0.7, 0.002)).astype(float)
    known = np.arange(2_000) < 10
    chance = membership_probabilities(
        verb=np.zeros(2_000, dtype=int),
        account=np.arange(2_000),
        hits=hits,
        actions=acts,
        member=known,
        actions_of_all=np.array([acts.sum()]),
        size=10.0,
        population=2_000.0,
    )
    assert (chance[of_group] > 0.5).mean() > 0.9
    assert (chance[~of_group] > 0.5).mean() < 0.002
