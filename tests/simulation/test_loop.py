"""What a loop measures of a day, and its picture."""

from datetime import date

import pytest

from lake.schemas import POLICIES
from simulation.loop import cases_of, caught, draw, reach_of
from tests.builders import at

DAY = date(2026, 3, 1)
PEOPLE = "account_id bigint, violating boolean, policy string, style string"
MEMBERS = "ring_id bigint, account_id bigint"


def test_who_is_caught_was_found_violating_alone_or_with_a_ring(spark):
    decisions = [
        ("account", 1, "violating"),
        ("account", 2, "benign"),
        ("ring", 7, "violating"),
        ("ring", 8, "unsure"),
        ("video", 5, "violating"),
    ]
    members = [(7, 3), (7, 1), (8, 4)]
    found = caught(
        spark.createDataFrame(decisions, "entity_type string, entity_id bigint, verdict string"),
        spark.createDataFrame(members, MEMBERS),
    )
    assert sorted(row.account_id for row in found.collect()) == [1, 3]


def test_recall_and_views_of_the_active(spark):
    people = [
        (1, True, "spam_ring", "loud"),
        (2, True, "spam_ring", "evading"),
        (3, True, "bot_network", "evading"),
        (4, False, None, None),
        (9, True, "spam_ring", "loud"),  # not active
    ]
    features = [(1, 10), (2, 20), (3, 0), (4, 70), (5, 0)]
    row = reach_of(
        spark.createDataFrame(features, "account_id bigint, views_7d bigint"),
        spark.createDataFrame(people, PEOPLE),
        spark.createDataFrame([(1,), (4,)], "account_id bigint"),
    ).first()
    assert row.asDict() == {
        "recall": pytest.approx(1 / 3),
        "recall_loud": 1.0,
        "recall_evading": 0.0,
        "abusive_views": 0.3,
        "free_views": 0.2,
    }


def test_the_risk_cases_of_a_day(spark):
    today, before = at("2026-03-01 00:00"), at("2026-02-28 00:00")
    queue = [
        ("account", 1, "spam_ring", "risk", today, 0.5),
        ("account", 1, "bot_network", "risk", today, 0.9),  # it breaks the other policy
        ("ring", 7, "spam_ring", "risk", today, 0.4),
        ("account", 2, "spam_ring", "risk", before, 0.9),
        ("account", 2, "spam_ring", "audit", today, 0.9),
    ]
    people = [(1, True, "spam_ring", "loud"), (2, True, "spam_ring", "loud"), (3, False, None, None)]
    row = cases_of(
        spark.createDataFrame(
            queue,
            "entity_type string, entity_id bigint, policy string, selection string, opened_at timestamp, score double",
        ),
        spark.createDataFrame([(7, 1), (7, 2), (7, 3)], MEMBERS),
        spark.createDataFrame(people, PEOPLE),
        spark.createDataFrame([], "video_id bigint, violating boolean, policy string"),
        DAY,
    ).first()
    assert (row.cases, row.right, row.flagged, row.flagged_right) == (3, 2, 2, 1)


def test_a_day_is_enough_for_a_picture(tmp_path):
    shares = ("recall", "recall_loud", "recall_evading", "abusive_views", "free_views")
    day = {"day": DAY, **dict.fromkeys(("cases", "right", "flagged", "flagged_right"), 0), **dict.fromkeys(shares)}
    estimate = {"day": DAY, "estimate": 0.01, "ci_low": 0.0, "ci_high": 0.02, "truth": 0.01}
    draw([day], [{**estimate, "policy": policy} for policy in POLICIES], tmp_path / "loop.png")
    assert (tmp_path / "loop.png").read_bytes().startswith(b"\x89PNG")
