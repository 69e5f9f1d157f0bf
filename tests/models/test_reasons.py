"""Reasons as a reviewer reads them."""

import pytest

from features import accounts, videos
from models.reasons import OURS, in_words, sentence


@pytest.mark.parametrize(
    ("entity_type", "feature", "value", "words"),
    [
        ("account", "age_days", 1753.1, "days since sign-up: 1,753.1"),
        ("account", "ring_age_days", 3.0, "ring: median age of the members' accounts: 3 days"),
        ("account", "reach_7d", 45.0, "accounts that viewed its videos, last 7 days: 45"),
        ("video", "reach_7d", 45.0, "accounts that viewed it, last 7 days: 45"),
        ("account", "follow_share_7d", 0.625, "share of its acts that are follows, last 7 days: 62.5 %"),
        ("account", "follow_share_7d", 1.0, "share of its acts that are follows, last 7 days: 100 %"),
        ("account", "gap_mean_s_7d", 2971.8, "mean pause between acts of a day, last 7 days: 2,971.8 seconds"),
        (
            "account",
            "likes_growth_7d",
            -1.0,
            "likes against the weekly mean of the three weeks before, last 7 days: -1 doublings",
        ),
        ("account", "bio_has_link", 1.0, "whether its bio holds a link: yes"),
        (
            "account",
            "burst_share_7d",
            None,
            "share of acts that are the tenth or later within 60 s, last 7 days: unknown",
        ),
        ("account", "ring_score", 0.9999, "its ring is judged abusive with chance over 0.99"),
        ("video", "engaging_ring_score", 1.0, "a ring that acts on it is judged abusive with chance over 0.99"),
        (
            "account",
            "neighbour_mean_age_days",
            2.5,
            "accounts it acts together with, on average: days since sign-up: 2.5",
        ),
        ("ring", "ring_age_days", 3.0, "median age of the members' accounts: 3 days"),
        ("ring", "ring_size", 12.0, "it has 12 members"),
        ("video", "owner_age_days", 2.0, "uploader: days since sign-up: 2"),
        ("video", "a_column_without_a_definition", 2.0, "a column without a definition: 2"),
    ],
)
def test_a_reason_says_what_was_measured_of_whom_and_in_which_unit(entity_type, feature, value, words):
    assert in_words(entity_type, feature, value) == words


def test_every_feature_has_words_without_brackets():
    for kind, table in (("account", accounts), ("video", videos)):
        for feature in table.FEATURES:
            for name, _ in feature.columns():
                said = in_words(kind, name, 0.5)
                assert name not in OURS and not said.startswith(name.replace("_", " ")) and "(" not in said


def reason(feature, contribution):
    return {"feature": feature, "value": 1.0, "contribution": contribution}


def test_what_hardly_speaks_is_left_out_where_something_does():
    strong, weak = reason("link_count", 2.0), reason("bio_length", 0.3)
    assert "its bio" not in sentence("account", [weak, strong])
    assert "its bio" in sentence("account", [weak, reason("likes_28d", -3.0)])
    assert sentence("account", [reason("(base rate)", 9.0), reason("likes_28d", -3.0)]) == ""
