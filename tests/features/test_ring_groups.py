"""Groups within communities: those that hold together by themselves, or by deeds alone."""

from collections import defaultdict
from itertools import combinations

from conf import load_limits
from features.rings.groups import find_groups

LIMITS = load_limits().rings
PEOPLE = 10_000


def clique(first, size, surprise):
    return [(a, b, surprise) for a, b in combinations(range(first, first + size), 2)]


def as_they_are(groups):
    return groups


def test_few_who_act_as_one_are_found_though_each_is_of_a_crowd(spark):
    """Four crowds of sixty, of the first three two of the six each: a member is tied to its crowd by more links, to the
    others of the six by firmer ones. Four of the last crowd, too, but that holds all of them.
    """
    crowds = [range(first, first + 60) for first in (100, 200, 300, 400)]
    six = [100, 101, 200, 201, 300, 301]
    surprise = {(a, b): weak for crowd in crowds for a, b, weak in clique(crowd.start, 60, surprise=2.2)}
    surprise |= {pair: 9.0 for group in (six, range(400, 404)) for pair in combinations(group, 2)}
    links = [(*pair, value) for pair, value in surprise.items()]
    frame = spark.createDataFrame(links, "account_id bigint, other_account_id bigint, surprise double")
    groups = defaultdict(set)
    for row in find_groups(frame, frame, as_they_are, PEOPLE, LIMITS).collect():
        groups[row.community].add(row.account_id)
    assert sorted(map(sorted, groups.values())) == sorted([*map(list, crowds), six])
    assert groups[~100] == set(six)


def test_who_act_together_are_found_though_their_offices_tie_them_to_others(spark):
    """Two offices of sixty, each tied by its address; five of one and five of the other do the same."""
    offices = [range(first, first + 60) for first in (100, 200)]
    ten = [*range(100, 105), *range(200, 205)]
    at_work = {(a, b): value for office in offices for a, b, value in clique(office.start, 60, surprise=4.3)}
    together = dict.fromkeys(combinations(ten, 2), 2.6)
    schema = "account_id bigint, other_account_id bigint, surprise double"
    links, deeds = (
        spark.createDataFrame([(*pair, value) for pair, value in pairs.items()], schema)
        for pairs in ({**together, **at_work}, together)
    )
    groups = defaultdict(set)
    for row in find_groups(links, deeds, as_they_are, PEOPLE, LIMITS).collect():
        groups[row.community].add(row.account_id)
    assert sorted(map(sorted, groups.values())) == sorted([*map(list, offices), ten])
