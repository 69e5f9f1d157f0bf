"""A small scored day, made by hand: a base row of each frame, and only what differs."""

from dataclasses import replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from conf import load_policies
from lake.schemas import ACCOUNT_SCORES, REVIEW_QUEUE, RING_MEMBERS, RING_SCORES, RINGS, VIDEO_SCORES, Table
from review.queue import Day
from review.tables import AUDITED_ACCOUNTS, QUEUED_VIDEOS, small_frame
from tests import builders
from tests.builders import at

AS_OF = date(2026, 3, 1)
POLICIES = load_policies()
REASONS = [
    {"feature": feature, "value": value, "contribution": contribution}
    for feature, value, contribution in (("comments_28d", 812.0, 2.0), ("age_days", 3.0, 0.5), ("likes_28d", 0.0, -0.2))
]

BASE: dict[str, dict[str, Any]] = {
    "account_scores": {"policy": "spam_ring", "score": 0.01, "reasons": [], "model_version": "m"},
    "video_scores": {"policy": "artificial_engagement", "score": 0.01, "reasons": [], "model_version": "m"},
    "ring_scores": {"policy": "spam_ring", "score": 0.9, "reasons": [], "model_version": "m"},
    "audit_draws": {"policy": "spam_ring", "stratum": 0, "inclusion_probability": 0.1, "views": 10, "score": 0.1},
    "rings": {"policy": "spam_ring", "size": 10, "score": 0.9, "evidence": "10 accounts wrote the same comment."},
    "ring_members": {"strength": 1.0},
    "account_features": {"views_7d": 10, "reach_7d": 5, "events_28d": 40, "age_days": 100.0},
    "video_features": {"account_id": 1, "reach_7d": 50},
    "review_queue": {
        "as_of": date(2026, 2, 28),
        "queue": "spam",
        "policy": "spam_ring",
        "entity_type": "account",
        "score": 0.9,
        "reach": 5,
        "priority": 4.5,
        "selection": "risk",
        "inclusion_probability": 1.0,
        "reasons": [],
        "evidence": "",
        "opened_at": at("2026-02-28 00:00"),
        "due_at": at("2026-03-02 00:00"),
    },
}


def rows(spark: SparkSession, table: Table, *given: dict[str, Any]) -> DataFrame:
    full = [{"as_of": AS_OF, **BASE[table.name], **row} for row in given]
    return small_frame(spark, [tuple(row.get(name) for name in table.columns) for row in full], table.types)


def scores(spark, *given):
    return rows(spark, ACCOUNT_SCORES, *given)


def queued(spark, *given):
    return rows(spark, REVIEW_QUEUE, *given)


def a_day(spark: SparkSession, **frames: DataFrame) -> Day:
    """A day with nothing in it but the frames that are given."""
    empty = Day(
        account_scores=rows(spark, ACCOUNT_SCORES),
        video_scores=rows(spark, VIDEO_SCORES),
        ring_scores=rows(spark, RING_SCORES),
        rings=rows(spark, RINGS),
        ring_members=rows(spark, RING_MEMBERS),
        account_features=rows(spark, AUDITED_ACCOUNTS),
        video_features=rows(spark, QUEUED_VIDEOS),
        accounts=builders.accounts(spark),
        decisions=builders.decisions(spark),
        earlier=rows(spark, REVIEW_QUEUE),
    )
    return replace(empty, **frames)


def policies(**review: Any):
    """The default policies with other settings of the review."""
    return POLICIES.model_copy(update={"review": POLICIES.review.model_copy(update=review)})
