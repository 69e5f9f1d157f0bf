"""Each rule on a row that breaks it and nothing else; what honest data leave out breaks none."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, VIDEOS
from tests.builders import at, frame
from validation.rules import RULES, broken, reasons, usable

FOLLOW = {"account_id": 1, "verb": "follow", "target_account_id": 2}
VIEW = {"account_id": 1, "video_id": 5}
COMMENT = {**VIEW, "verb": "comment", "text": "nice"}
DAY = 24 * 60 * 60 * 1000
VERBS = "view, like, comment, share, follow, report"

CASES = {
    ACCOUNTS: [
        ({"country": None, "handle": None, "bio": None, "is_verified": None}, []),
        ({"account_id": None}, ["account_id is null"]),
        ({"created_at": None}, ["created_at is null"]),
        ({"created_at": at("1970-01-01 00:00")}, ["created_at is before 2000-01-01"]),
        ({"created_at": at("2000-01-01 00:00")}, []),
        ({"country": "de"}, ["country is not two capital letters"]),
        ({"country": "DEU"}, ["country is not two capital letters"]),
        ({"country": ""}, ["country is not two capital letters"]),
    ],
    VIDEOS: [
        ({"caption": None, "hashtags": None, "sound_id": None, "duration_ms": None, "frame_hash": None}, []),
        ({"frame_hash": bytes(32), "duration_ms": DAY}, []),
        ({"frame_hash": bytes(31)}, ["frame_hash is not 32 bytes long"]),
        ({"frame_hash": b""}, ["frame_hash is not 32 bytes long"]),
        ({"video_id": None, "account_id": None}, ["video_id is null", "account_id is null"]),
        ({"created_at": None}, ["created_at is null"]),
        ({"created_at": at("1999-12-31 23:59")}, ["created_at is before 2000-01-01"]),
        ({"duration_ms": -1}, ["duration_ms is negative"]),
        ({"duration_ms": DAY + 1}, ["duration_ms is longer than a day"]),
    ],
    EVENTS: [
        (VIEW, []),
        (FOLLOW, []),
        (COMMENT, []),
        ({**COMMENT, "text": ""}, []),
        ({**VIEW, "verb": "report"}, []),
        ({**VIEW, "watch_ms": 0, "device_id": None, "ip_id": None}, []),
        ({**VIEW, "ts": at("2026-02-28 23:59"), "event_date": date(2026, 2, 28)}, []),
        ({**VIEW, "ts": at("2026-03-01 00:00"), "event_date": date(2026, 2, 28)}, ["event_date is not the date of ts"]),
        ({**VIEW, "event_id": None}, ["event_id is null"]),
        ({**VIEW, "account_id": None}, ["account_id is null"]),
        ({**VIEW, "ts": None, "event_date": date(2026, 2, 28)}, ["ts is null"]),
        ({**VIEW, "event_date": None}, ["event_date is null"]),
        ({**VIEW, "ts": at("1970-01-01 00:00")}, ["ts is before 2000-01-01"]),
        ({**VIEW, "verb": None}, ["verb is null"]),
        ({**VIEW, "verb": "View"}, [f"verb is none of {VERBS}"]),
        ({"account_id": 1, "verb": "like"}, ["video_id is null for a verb other than follow"]),
        ({**FOLLOW, "video_id": 5}, ["video_id is given for follow"]),
        ({**FOLLOW, "target_account_id": None}, ["target_account_id is null for follow"]),
        ({**VIEW, "target_account_id": 2}, ["target_account_id is given for a verb other than follow"]),
        ({**COMMENT, "text": None}, ["text is null for comment"]),
        ({**VIEW, "text": "nice"}, ["text is given for a verb other than comment"]),
        ({**VIEW, "watch_ms": None}, ["watch_ms is null for view"]),
        ({**COMMENT, "watch_ms": 1}, ["watch_ms is given for a verb other than view"]),
        ({**VIEW, "watch_ms": -1}, ["watch_ms is negative"]),
        ({**VIEW, "watch_ms": DAY + 1}, ["watch_ms is longer than a day"]),
    ],
    DECISIONS: [
        ({"entity_id": 1, "case_id": None, "reviewer_id": None}, []),
        ({"entity_id": 1, "decision_id": None}, ["decision_id is null"]),
        ({"entity_id": None}, ["entity_id is null"]),
        ({"entity_id": 1, "entity_type": "handle"}, ["entity_type is none of account, video, ring"]),
        ({"entity_id": 1, "entity_type": None}, ["entity_type is null"]),
        (
            {"entity_id": 1, "policy": "spam"},
            ["policy is none of spam_ring, bot_network, artificial_engagement, coordinated_reupload"],
        ),
        ({"entity_id": 1, "policy": None}, ["policy is null"]),
        ({"entity_id": 1, "verdict": "guilty"}, ["verdict is none of violating, benign, unsure"]),
        ({"entity_id": 1, "verdict": None}, ["verdict is null"]),
        ({"entity_id": 1, "source": "mail"}, ["source is none of queue, random_audit, user_report, appeal"]),
        ({"entity_id": 1, "source": None}, ["source is null"]),
        ({"entity_id": 1, "decided_at": None}, ["decided_at is null"]),
        ({"entity_id": 1, "decided_at": at("1970-01-01 00:00")}, ["decided_at is before 2000-01-01"]),
    ],
}


@pytest.mark.parametrize("table", CASES, ids=lambda table: table.name)
def test_each_row_breaks_exactly_the_rules_beside_it(spark, table):
    delivered = frame(spark, table, [row for row, _ in CASES[table]]).coalesce(1)
    found = [row.reasons for row in delivered.select(reasons(table).alias("reasons")).collect()]
    assert found == [expected for _, expected in CASES[table]]


@pytest.mark.parametrize("table", CASES, ids=lambda table: table.name)
def test_every_rule_has_a_case(table):
    shown = {message for _, expected in CASES[table] for message in expected}
    assert shown == {rule.message for rule in RULES[table.name]}


anything = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from([None, 1]),
        "ts": st.sampled_from([None, at("1970-01-01 00:00"), at("2026-02-28 12:00")]),
        "verb": st.sampled_from([None, "view", "follow", "comment", "like", "dance"]),
        "video_id": st.sampled_from([None, 5]),
        "target_account_id": st.sampled_from([None, 2]),
        "text": st.sampled_from([None, "", "nice"]),
        "watch_ms": st.sampled_from([None, -1, 0, 5_000, DAY + 1]),
    }
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(anything, min_size=20, max_size=60))
def test_usable_and_quarantined_rows_are_what_was_delivered(spark, rows):
    delivered = frame(spark, EVENTS, rows)
    kept = usable(delivered, EVENTS).select("event_id", F.lit(0).alias("reasons"))
    apart = broken(delivered, EVENTS).select("event_id", F.size("reasons").alias("reasons"))
    told = delivered.select("event_id", F.size(reasons(EVENTS)).alias("reasons"))
    found = sorted(tuple(row) for row in kept.unionAll(apart).collect())
    assert found == sorted(tuple(row) for row in told.collect())
