"""Reasons as a reviewer reads them."""

import pytest

from features import accounts, videos
from wording.reasons import OURS, as_figures, in_words, row_of_ring, sentence


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


def test_a_reason_in_figures():
    assert as_figures({"feature": "comments_28d", "value": 812.0, "contribution": 2.04}) == "comments_28d 812 (+2.0)"


@pytest.mark.parametrize(
    ("feature", "value", "contribution", "texts"),
    [
        ("age_days", 3.0, -1.25, ("3.00", "-1.25", "median age of the members' accounts")),
        ("top_creator", 2.0**60, 0.5, ("1152921504606846976", "+0.50", "the creator behind most acts on targets")),
        ("size", 1_204.0, 0.5, ("1,204.00", "+0.50", "number of members")),
        (
            "(base rate)",
            None,
            -2.0,
            ("", "-2.00", "share of such groups that are abusive, before anything is known of this one"),
        ),
        ("of_an_older_day", None, 0.1, ("", "+0.10", "")),
    ],
)
def test_a_reason_of_a_ring_is_a_row_of_its_page(feature, value, contribution, texts):
    row = row_of_ring({"feature": feature, "value": value, "contribution": contribution})
    assert row == dict(zip(("feature", "value", "contribution", "meaning"), (feature, *texts), strict=True))
