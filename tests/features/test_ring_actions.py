"""The actions that rings are measured by: each once for each ring of its account, and what was written or uploaded."""

from datetime import date

import pytest

from features.rings.actions import made_by, ring_actions, with_lone_uploads
from tests.builders import at, events, videos

pytestmark = pytest.mark.whole

START = at("2026-02-05 10:00")
MADE = "account_id bigint, video_id bigint, ts timestamp, kind string, object bigint"


def test_who_was_first_with_a_work_made_it_alone(spark):
    """Video 1 is copied as 2, in a near-equal frame and the same caption; nobody else made 3; 4 is from long ago."""
    hour = at("2026-02-20 10:00")
    works = spark.createDataFrame(
        [(1, 10, "frame", True, hour, 7), (2, 11, "frame", False, hour, 7), (2, 11, "caption", False, hour, 8)],
        "video_id bigint, account_id bigint, kind string, is_first boolean, ts timestamp, object bigint",
    )
    wrote = spark.createDataFrame(
        [(12, 3, hour, "text", 77)], "account_id bigint, video_id bigint, ts timestamp, kind string, template bigint"
    )
    days = {1: "2026-02-20", 2: "2026-02-20", 3: "2026-02-21", 4: "2025-02-21"}
    films = videos(spark, *({"video_id": n, "account_id": 9 + n, "created_at": at(day)} for n, day in days.items()))
    made = made_by(wrote, works)
    shared = {(12, "text", 77), (11, "upload", 7), (11, "upload", 8)}
    assert {(row.account_id, row.kind, row.object) for row in made.collect()} == shared
    rows = with_lone_uploads(made, films, date(2026, 1, 1)).collect()
    assert {(row.account_id, row.kind, row.object) for row in rows} == shared | {(10, "upload", 1), (12, "upload", 3)}


def test_what_an_account_of_two_rings_does_is_done_by_both(spark):
    like = {"verb": "like", "video_id": 50, "ts": START}
    rows = events(spark, {"account_id": 1, **like}, {"account_id": 2, **like})
    members = spark.createDataFrame([(10, 1), (11, 1)], "ring_id bigint, account_id bigint")
    objects = spark.createDataFrame([(10, "like", 50)], "ring_id bigint, verb string, object_id bigint")
    none, films = spark.createDataFrame([], MADE), videos(spark)
    acts = ring_actions(rows.unionByName(rows), none, members, objects, films, START.date()).collect()
    assert {(row.event_id, row.account_id, row.ring_id) for row in acts} == {(1, 1, 10), (1, 1, 11), (2, 2, None)}
    assert len(acts) == 3
