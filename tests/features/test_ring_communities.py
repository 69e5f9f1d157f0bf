"""Communities that are beyond chance."""

import random
from collections import defaultdict

import numpy as np
import pytest

from conf import load_limits
from features.rings.communities import find_communities, joint_surprise, membership_score, min_joint_surprise

LIMITS = load_limits().rings
PEOPLE = 10_000


def clique(first, size, surprise=15.0, missing=0):
    pairs = [(a, b, surprise) for a in range(first, first + size) for b in range(a + 1, first + size)]
    return pairs[missing:]


def test_communities(spark):
    links = [
        *clique(100, 8),
        *clique(200, 8),
        (107, 200, 12.0),  # a weak bridge
        *clique(300, 3),
        (300, 350, 15.0),  # hangs on by one link
        *((301 + n, 302 + n, 15.0) for n in range(49, 80)),  # a chain of strangers
        (401, 402, 40.0),  # a pair
        *clique(500, 12, surprise=9.0, missing=30),  # loose
        *((a, b, 9.0) for a in range(500, 504) for b in (650, 651)),
    ]
    rows = find_communities(
        spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double").repartition(3),
        PEOPLE,
        LIMITS,
    ).collect()
    groups = defaultdict(set)
    for row in rows:
        groups[row.community].add(row.account_id)
        assert 0 < row.strength <= 1
    assert groups[100] == set(range(100, 108))
    assert groups[200] == set(range(200, 208))
    assert groups[300] == {300, 301, 302}
    assert set(groups) - {100, 200, 300} == {
        min(accounts) for community, accounts in groups.items() if community >= 500
    }
    assert not {350, 401, 402} & set().union(*groups.values())


def test_doubt_about_a_member_goes_faster_than_the_weight_of_its_links_comes():
    shares = np.array([0.0, 0.2, 0.5, 1.0])
    assert membership_score(shares) == pytest.approx([0.0, 0.36, 0.75, 1.0])


@pytest.mark.whole
def test_a_giant_component_falls_apart_into_its_rings(spark):
    rng = random.Random(5)
    rings = [clique(first, 6, surprise=20.0 + first / 20) for first in range(0, 400, 10)]
    chance = [(10 * rng.randrange(40), 10 * rng.randrange(40) + 5, 2.0 + rng.random()) for _ in range(300)]
    links = [*(link for ring in rings for link in ring), *((a, b, s) for a, b, s in chance if a // 10 != b // 10)]
    frame = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    tight = LIMITS.model_copy(update={"max_component_links": 100, "small_graph_links": 900})
    rows = find_communities(frame, PEOPLE, tight).collect()
    assert sorted((row.community, row.account_id) for row in rows) == [
        (first, account) for first in range(0, 400, 10) for account in range(first, first + 6)
    ]
    assert all(row.strength == pytest.approx(1.0) for row in rows)


@pytest.mark.whole
def test_a_giant_component_falls_apart_around_rings_whose_links_are_its_weakest(spark):
    """Forty rings of twelve who hide: whom a member met by chance is the firmer link, but chance meets no group."""
    rng = random.Random(3)
    rings = [range(first, first + 12) for first in range(0, 4_000, 100)]
    hidden = [link for ring in rings for link in rng.sample(clique(ring.start, 12, surprise=2.2), 54)]
    members = [account for ring in rings for account in ring]
    met = {tuple(sorted(rng.sample(members, 2))) for _ in range(2_000)}
    chance = [(one, other, 2.5 + rng.random()) for one, other in met if one // 100 != other // 100]
    frame = spark.createDataFrame(hidden + chance, "account_id bigint, other_account_id bigint, surprise double")
    tight = LIMITS.model_copy(update={"max_component_links": 500})
    rows = find_communities(frame, PEOPLE, tight).collect()
    found = {(row.community, row.account_id) for row in rows}
    assert len(found & {(ring.start, account) for ring in rings for account in ring}) >= 0.95 * len(members)


def test_two_rings_with_something_in_common_are_two(spark):
    """Both copied the same films: there is more between them than the resolution asks for, and far less than within."""
    between = [(a, b, 1.5) for a in range(100, 112) for b in range(200, 212) if (a + b) % 3]
    links = [*clique(100, 12, surprise=9.0), *clique(200, 12, surprise=9.0), *between]
    frame = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    rows = find_communities(frame, PEOPLE, LIMITS).collect()
    assert {(row.community, row.account_id) for row in rows} == {
        (first, account) for first in (100, 200) for account in range(first, first + 12)
    }


def test_a_ring_above_the_bound_keeps_its_strongest_links(spark):
    links = [(a, b, 15.0 + (b - a) % 7) for a, b, _ in clique(0, 40)]
    frame = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    tight = LIMITS.model_copy(update={"max_component_links": 400})
    rows = find_communities(frame, PEOPLE, tight).collect()
    assert {(row.community, row.account_id) for row in rows} == {(0, account) for account in range(40)}


def test_nothing_gives_nothing(spark):
    links = spark.createDataFrame([], "account_id bigint, other_account_id bigint, surprise double")
    assert find_communities(links, PEOPLE, LIMITS).collect() == []


def test_what_is_no_link_by_itself_holds_a_group_together(spark):
    """Two by two the twelve are no rarity: thousands of pairs of strangers have met so often. As a group they are."""
    rng = random.Random(11)
    strangers = {tuple(sorted(rng.sample(range(1_000, 6_000), 2))) for _ in range(4_000)}
    hidden = rng.sample(clique(100, 12, surprise=2.2), 54)
    links = [*hidden, *((a, b, 1.5 + rng.expovariate(2.3)) for a, b in strangers)]
    frame = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    rows = find_communities(frame, PEOPLE, LIMITS).collect()
    assert {row.account_id for row in rows} == set(range(100, 112))


@pytest.mark.parametrize("seed", range(3))
def test_chance_makes_no_group(spark, seed):
    """Pairs of 1,500 accounts with the surprises that chance gives: of each ten, one has another unit of it."""
    rng = np.random.default_rng(seed)
    one, other = np.triu_indices(1_500, 1)
    surprise = -np.log10(rng.random(len(one)))
    kept = surprise >= LIMITS.min_surprise
    rows = zip(one[kept].tolist(), other[kept].tolist(), surprise[kept].tolist(), strict=True)
    frame = spark.createDataFrame(list(rows), "account_id bigint, other_account_id bigint, surprise double")
    assert find_communities(frame, 1_500, LIMITS).count() == 0


def test_joint_surprise_is_that_of_draws():
    """Against 20,000 draws of nine p-values: how often three or more are small, and their product is as small."""
    rng = np.random.default_rng(1)
    surprise = -np.log10(rng.random((20_000, 9)))
    small = surprise >= 1.0
    total = (surprise * small).sum(axis=1)
    drawn = ((small.sum(axis=1) == 3) & (total >= 4.5)).mean()
    bound = 10 ** -joint_surprise(np.array([4.5]), np.array([3]), 9, 1.0)[0]
    assert drawn <= bound <= 2.5 * drawn
    assert min_joint_surprise(10, 100_000) < min_joint_surprise(5, 100_000) < min_joint_surprise(5, 1_000_000)
