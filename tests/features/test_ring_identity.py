"""The ids that rings keep while members come and go."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, pairwise

import pytest

from conf import load_limits
from features.rings.identity import with_ring_ids

LIMITS = load_limits().rings
DAY = date(2026, 3, 1)
MEMBERS = "community bigint, account_id bigint, strength double"
EARLIER = "as_of date, ring_id bigint, account_id bigint"


def named(spark, groups, earlier, used=None, as_of=DAY, first_on=date(2026, 2, 3)):
    """{ring_id: accounts} of groups of accounts, given earlier [(day, ring_id, accounts)]."""
    members = spark.createDataFrame([(min(g), a, 1.0) for g in groups for a in g], MEMBERS)
    founded = spark.createDataFrame([(min(g), first_on) for g in groups], "community bigint, first_on date")
    past = [(day, ring_id, account) for day, ring_id, accounts in earlier for account in accounts]
    ids = [(ring_id,) for ring_id in (used or {row[1] for row in earlier})]
    rows = with_ring_ids(
        members,
        founded,
        spark.createDataFrame(past, EARLIER),
        spark.createDataFrame(ids, "ring_id bigint"),
        as_of,
        LIMITS,
    ).collect()
    rings = defaultdict(set)
    for row in rows:
        rings[row.ring_id].add(row.account_id)
    assert len(rows) == sum(len(g) for g in groups)
    return dict(rings)


def test_ids_go_on_by_the_largest_overlap(spark):
    back = [DAY - timedelta(days=n) for n in range(8)]
    groups = [
        {1, 2, 3, 4, 99},  # of ring 10: the larger part of a split, with a newcomer
        {5, 6, 7},  # of ring 10: the smaller part
        {20, 21, 22, 30, 31, 32, 33},  # rings 11 and 12 merged: 12 brought more
        {40, 41, 42},  # ring 13, not seen yesterday
        {50, 51, 52},  # a new ring
        {60, *range(61, 71)},  # one member of ring 14 is not ring 14
    ]
    earlier = [
        (back[1], 10, {1, 2, 3, 4, 5, 6, 7}),
        (back[1], 11, {20, 21, 22}),
        (back[1], 12, {30, 31, 32, 33}),
        (back[3], 13, {40, 41, 42, 43}),
        (back[2], 15, {1, 2, 3, 4}),  # forgotten: they were in ring 10 since
        (back[1], 14, {60, 560, 561, 562, 563}),
    ]
    rings = named(spark, groups, earlier)
    assert rings[10] == groups[0]
    assert rings[12] == groups[2]
    assert rings[13] == groups[3]
    assert not set(rings) & {11, 14, 15}
    new = {min(accounts): ring_id for ring_id, accounts in rings.items() if ring_id not in (10, 12, 13)}
    assert set(new) == {5, 50, 60}
    assert all(0 < ring_id < 2**63 for ring_id in new.values())
    # the same day again, and a day that is filled in later, give the same ids; a used id is not given again
    assert named(spark, groups, earlier) == rings
    before = named(spark, [{50, 51, 52, 53}], [], as_of=DAY - timedelta(days=1))
    assert set(before) == {new[50]}
    again = named(spark, [{50, 51, 52}], [], used=[new[50]])
    assert set(again).isdisjoint({new[50]})


def test_an_account_remembers_all_rings_that_it_was_in_last(spark):
    crowd, core = {1, 2, 3, 4, 5, 6}, {6, 7, 8}
    members = [(min(crowd), account, 1.0) for account in crowd] + [(~min(core), account, 1.0) for account in core]
    yesterday = [(DAY - timedelta(days=1), 10, account) for account in {6, 7, 9}]
    yesterday += [(DAY - timedelta(days=1), 11, account) for account in crowd]
    ids = with_ring_ids(
        spark.createDataFrame(members, MEMBERS),
        spark.createDataFrame([], "community bigint, first_on date"),
        spark.createDataFrame(yesterday, EARLIER),
        spark.createDataFrame([(10,), (11,)], "ring_id bigint"),
        DAY,
        LIMITS,
    )
    assert {(row.ring_id, row.account_id) for row in ids.collect()} == {
        *((11, account) for account in crowd),
        *((10, account) for account in core),
    }


def thirty_days(seed: int) -> Iterator[dict[int, set[int]]]:
    """For each day the rings that are seen, by a number that each keeps for life.

    Each day a twelfth of the members is exchanged; some rings are not seen, end, begin, split (the larger part goes
    on) or swallow a smaller one.
    """
    dice, people, numbers = random.Random(seed), count(1), count(1)
    rings = {next(numbers): {next(people) for _ in range(dice.randint(5, 30))} for _ in range(25)}
    for _ in range(30):
        yield {number: set(members) for number, members in rings.items() if dice.random() < 0.97}
        for number in list(rings):
            members = rings.get(number, set())
            left = {member for member in members if dice.random() < 1 / 12}
            members.difference_update(left)
            members.update(next(people) for _ in left)
            fate, smaller = dice.random(), [n for n, other in rings.items() if 2 * len(other) < len(members)]
            if fate < 0.02:
                rings.pop(number, None)
                rings[next(numbers)] = {next(people) for _ in range(dice.randint(5, 30))}
            elif fate < 0.05 and len(members) >= 10:
                part = set(dice.sample(sorted(members), len(members) // 3))
                members.difference_update(part)
                rings[next(numbers)] = part
            elif fate < 0.07 and smaller:
                members.update(rings.pop(dice.choice(smaller)))


@pytest.mark.whole
def test_ids_hold_for_thirty_days_and_a_day_that_is_filled_in_later(spark):
    worlds = list(thirty_days(seed=5))
    published: dict[int, dict[int, set[int]]] = {}
    for day in [*range(14), *range(15, 30), 14]:
        memory = range(day - LIMITS.memory_days, day)
        earlier = [
            (DAY + timedelta(days=each), ring_id, accounts)
            for each in memory
            for ring_id, accounts in published.get(each, {}).items()
        ]
        used = {ring_id for each, rings in published.items() if each < day for ring_id in rings}
        groups = list(worlds[day].values())
        published[day] = named(spark, groups, earlier, used=used, as_of=DAY + timedelta(days=day))

    number_of = [{min(members): number for number, members in rings.items()} for rings in worlds]
    ids = {day: {number_of[day][min(m)]: ring_id for ring_id, m in published[day].items()} for day in range(30)}
    lives = defaultdict(set)
    for rings in ids.values():
        for number, ring_id in rings.items():
            lives[ring_id].add(number)
    assert {ring_id: numbers for ring_id, numbers in lives.items() if len(numbers) > 1} == {}
    continuing = [
        (before[number], after[number])
        for before, after in pairwise(ids[day] for day in range(30))
        for number in before.keys() & after.keys()
    ]
    assert len(continuing) > 600
    assert sum(one == other for one, other in continuing) >= 0.95 * len(continuing)
