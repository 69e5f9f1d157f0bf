"""The evidence of rings as an analyst reads it: rows of numbers, and the sentences beside them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.links.kinds import FAMILIES
from features.rings import ONLY_IN_EVIDENCE, RINGS_WITH_FEATURES
from wording.rings import ring_evidence, short

FARM = {
    "size": 12,
    "links": 66,
    "mean_surprise": 20.4,
    "like_share": 1.0,
    "top_verb": "like",
    "verb_targets": 8,
    "actors": 12,
    "typical_actors": 11,
    "examples": [1_000, 1_001, 1_002],
    "synchrony_s": 40_000.0,
    "first_day": date(2026, 2, 5),
    "last_day": date(2026, 2, 12),
}
SPAM = {
    "size": 10,
    "late_members": 2,
    "links": 28,
    "mean_surprise": 27.5,
    "created_together": 8,
    "created_known": 8,
    "created_together_share": 1.0,
    "created_expected": 1.5,
    "created_surprise": 3.0,
    "shared_device_share": 1.0,
    "devices": 9,
    "shared_address_share": 0.5,
    "addresses": 7,
    "text_share": 0.625,
    "contact_share": 0.29,
}
BOTS = {
    "size": 4,
    "links": 5,
    "mean_surprise": 3.49,
    "view_share": 0.3,
    "top_verb": "view",
    "verb_targets": 2,
    "actors": 3,
    "typical_actors": 2,
    "examples": [7, 9],
    "response": -1.0,
    "willed_together": 0,
    "watched_together": 192,
    "willed_expected": 95.5,
}
FANS = {
    "size": 3,
    "links": 3,
    "mean_surprise": 14.0,
    "top_verb": "follow",
    "verb_targets": 1,
    "actors": 3,
    "typical_actors": 3,
    "examples": [900],
    "targets": 2,
    "top_creator": 900,
    "top_creator_share": 0.8,
    "top_object_share": 0.995,
    "followed_before_share": 0.2,
    "independent_share": 0.83,
}
EXAMPLES = [
    (
        FARM,
        "12 accounts; up to 12 of them liked the same 8 videos (e.g. 1000, 1001, 1002), 11 at a time, typically 11 h "
        "apart, 2026-02-05 to 2026-02-12 (66 of 66 pairs linked, each with a chance of 1e-20 on average).",
        "12 accounts; up to 12 of them liked the same 8 videos",
    ),
    (
        SPAM,
        "8 accounts, 2 more that uploaded or wrote what is mostly theirs, 8 created within 3 days (of any 8 accounts, "
        "about 2), 100 % on shared devices (9 devices in all), 50 % on shared addresses (7 in all); 63 % of the linked "
        "pairs wrote near-equal comments (28 of 28 pairs linked, each with a chance of 1e-28 on average).",
        "8 accounts, 2 more that uploaded or wrote what is mostly theirs, 8 created within 3 days; "
        "63 % of the linked pairs wrote near-equal comments",
    ),
    (
        BOTS,
        "4 accounts; up to 3 of them kept watching the same 2 videos (e.g. 7, 9), 2 at a time, 0 likes, comments or "
        "shares for 192 views of such videos, where 96 were to be expected of them (5 of 6 pairs linked, each with a "
        "chance of 1e-3 on average).",
        "4 accounts; up to 3 of them kept watching the same 2 videos",
    ),
    (
        FANS,
        "3 accounts; 3 followed the same account (900) (3 of 3 pairs linked, each with a chance of 1e-14 on average); "
        "but 80 % of it goes to one creator (900), 100 % of it is one object, 20 % of it by accounts that had followed "
        "the creator before, otherwise independent lives: 83 % of what they touch no other member does.",
        "3 accounts; 3 followed the same account",
    ),
    (
        {"size": 2, "links": 1, "mean_surprise": 9.0, "independent_share": 0.8},
        "2 accounts (1 of 1 pairs linked, each with a chance of 1e-9 on average); but otherwise independent lives: 80 "
        "% of what they touch no other member does.",
        "2 accounts",
    ),
    ({"size": 5}, "5 accounts.", "5 accounts"),
    (
        {"size": 5, "late_members": 2},
        "3 accounts, 2 more that uploaded or wrote what is mostly theirs.",
        "3 accounts, 2 more that uploaded or wrote what is mostly theirs",
    ),
    ({}, "some accounts.", "some accounts"),
]


def row(**known):
    """A row of all columns: what is not known is null."""
    return dict.fromkeys([*RINGS_WITH_FEATURES.columns, *ONLY_IN_EVIDENCE, "late_members"]) | known


@pytest.mark.parametrize(("known", "sentence", "in_short"), EXAMPLES)
def test_a_row_of_numbers_is_a_sentence(known, sentence, in_short):
    assert ring_evidence(row(**known)) == sentence
    assert short(sentence) == in_short


@pytest.mark.parametrize(
    ("known", "unsaid"),
    [
        (SPAM | {"created_together_share": 0.29}, "created"),
        (SPAM | {"created_surprise": 2.9}, "created"),
        (SPAM | {"shared_device_share": 0.29}, "device"),
        (SPAM | {"shared_address_share": 0.49}, "address"),
        (SPAM | {"late_members": 0}, "more"),
        (BOTS | {"response": 0.9}, "expected"),
        (BOTS | {"view_share": 0.29}, "expected"),
        (FANS | {"targets": 1}, "one object"),
        (FANS | {"top_creator_share": 0.79}, "creator ("),
        (FANS | {"followed_before_share": 0.19}, "had followed"),
        (FANS | {"independent_share": 0.79}, "independent"),
    ],
)
def test_what_is_not_striking_is_not_said(known, unsaid):
    assert unsaid not in ring_evidence(row(**known))


def test_more_engagement_than_expected_is_said_as_well():
    known = BOTS | {"response": 1.0, "willed_together": 300}
    assert "300 likes, comments or shares for 192 views" in ring_evidence(row(**known))


COUNTS, SHARES = (
    st.none() | st.integers(0, 10**9),
    st.none() | st.floats(-1e300, 1e300) | st.sampled_from([float("nan"), float("inf")]),
)
COLUMNS = {
    **{field.name: COUNTS if field.dataType.typeName() == "long" else SHARES for field in RINGS_WITH_FEATURES.schema},
    **dict.fromkeys(("created_together", "created_known", "verb_targets", "actors", "typical_actors"), COUNTS),
    **dict.fromkeys(("created_expected", "created_surprise"), SHARES),
    **{name: st.none() | st.dates() for name in ("first_day", "last_day")},
    "top_verb": st.none() | st.sampled_from([family.verb for family in FAMILIES]),
    "examples": st.none() | st.lists(st.integers(1, 10**18), max_size=3),
    "late_members": st.none() | st.integers(0, 9),
}


@given(st.fixed_dictionaries(COLUMNS))
def test_any_row_is_a_sentence(ring):
    assert set(ONLY_IN_EVIDENCE) <= set(ring)
    sentence = ring_evidence(ring)
    assert sentence.rstrip(" .")
    assert sentence.endswith(".")
    assert not {"None", "nan", "null"} & set(sentence.split())
    assert short(sentence)
