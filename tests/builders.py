"""Rows of the source tables for tests: a base row, and only what differs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, VIDEOS, Table

Row = dict[str, Any]


def at(text: str) -> datetime:
    """`at("2026-03-01 12:00")`: a UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BASE: dict[str, Row] = {
    "accounts": {"created_at": at("2025-06-01 09:00"), "country": "DE", "handle": "", "bio": "", "is_verified": False},
    "videos": {
        "account_id": 1,
        "created_at": at("2026-02-20 18:00"),
        "caption": "",
        "hashtags": [],
        "duration_ms": 15_000,
    },
    "events": {"ts": at("2026-02-28 12:00"), "verb": "view"},
    "decisions": {
        "entity_type": "account",
        "policy": "spam_ring",
        "verdict": "violating",
        "decided_at": at("2026-02-27 15:00"),
        "reviewer_id": "r1",
        "source": "queue",
    },
}


def frame(spark: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    """Rows of a source table: ids count up from 1 where none is given, event_date follows ts."""
    complete = []
    for number, row in enumerate(rows, start=1):
        full = {table.key[0]: number, **BASE[table.name], **row}
        if table is EVENTS:
            full.setdefault("event_date", full["ts"].date() if full["ts"] else None)
            if full["verb"] == "view":
                full.setdefault("watch_ms", 5_000)
        complete.append(tuple(full.get(name) for name in table.columns))
    return spark.createDataFrame(complete, table.types)


def accounts(spark: SparkSession, *rows: Row) -> DataFrame:
    return frame(spark, ACCOUNTS, rows)


def videos(spark: SparkSession, *rows: Row) -> DataFrame:
    return frame(spark, VIDEOS, rows)


def events(spark: SparkSession, *rows: Row) -> DataFrame:
    return frame(spark, EVENTS, rows)


def decisions(spark: SparkSession, *rows: Row) -> DataFrame:
    return frame(spark, DECISIONS, rows)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
