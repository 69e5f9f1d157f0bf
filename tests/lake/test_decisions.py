"""Which of several decisions counts."""

from datetime import UTC, datetime

from lake.decisions import current_verdicts
from tests.builders import decisions

NOON, ONE = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC)


def verdicts(spark, rows, *key):
    """The current verdict by entity or, with a key, by that."""
    found = current_verdicts(decisions(spark, *rows), *([list(key)] if key else []))
    return {row[key[0] if key else "entity_id"]: row.verdict for row in found.collect()}


def test_the_latest_decision_counts(spark):
    rows = [
        {"decision_id": 2, "entity_id": 7, "verdict": "violating", "decided_at": NOON},
        {"decision_id": 1, "entity_id": 7, "verdict": "benign", "decided_at": ONE},
    ]
    assert verdicts(spark, rows) == {7: "benign"}


def test_of_equal_moments_the_larger_id_counts(spark):
    rows = [
        {"decision_id": 2, "entity_id": 7, "verdict": "violating", "decided_at": NOON},
        {"decision_id": 1, "entity_id": 7, "verdict": "benign", "decided_at": NOON},
    ]
    assert verdicts(spark, rows) == {7: "violating"}


def test_a_policy_has_a_verdict_of_its_own(spark):
    rows = [
        {"decision_id": 1, "entity_id": 7, "policy": "spam_ring", "verdict": "violating", "decided_at": NOON},
        {"decision_id": 2, "entity_id": 7, "policy": "bot_network", "verdict": "benign", "decided_at": ONE},
    ]
    assert current_verdicts(decisions(spark, *rows)).count() == 2


def test_a_case_has_the_verdict_of_its_latest_answer(spark):
    rows = [
        {"decision_id": 1, "entity_id": 7, "case_id": "a", "verdict": "violating", "decided_at": NOON},
        {"decision_id": 2, "entity_id": 7, "case_id": "b", "verdict": "benign", "decided_at": ONE},
    ]
    assert verdicts(spark, rows, "case_id") == {"a": "violating", "b": "benign"}
