"""The targets of rings, what members did to them, and on how many days."""

from datetime import timedelta

import pytest

from features.rings.actions import ring_actions, touched_by_members
from features.rings.links import holding_deeds, ring_objects, with_family
from features.rings.measures.other_activity import other_activity
from features.rings.measures.targets import actions_on_targets, days_of_targets, targets_of
from tests.builders import at, events, videos

pytestmark = pytest.mark.whole

START = at("2026-02-05 10:00")
MADE = "account_id bigint, video_id bigint, ts timestamp, kind string, object bigint"


def test_what_members_write_is_an_object_of_theirs_wherever_they_write_it(spark):
    """Two members write one text under videos of two creators, an outsider writes it too; a contact is no object."""
    wrote = [(1, 50), (1, 51), (2, 50), (3, 50)]
    comment = {"verb": "comment", "ts": START, "text": "buy this at once"}
    comments = events(spark, *({"account_id": account, "video_id": film, **comment} for account, film in wrote))
    written = [(account, film, START, "text", 77) for account, film in wrote] + [(1, 50, START, "contact", 77)]
    members = spark.createDataFrame([(10, 1), (10, 2)], "ring_id bigint, account_id bigint")
    objects = spark.createDataFrame([(10, "text", 77)], "ring_id bigint, verb string, object_id bigint")
    films = videos(spark, {"video_id": 50, "account_id": 90}, {"video_id": 51, "account_id": 91})
    acts = ring_actions(
        comments, spark.createDataFrame(written, MADE), members, objects, films, START.date()
    ).localCheckpoint()
    sizes = spark.createDataFrame([(10, 2)], "ring_id bigint, size bigint")
    touched = touched_by_members(acts)
    targets = targets_of(touched, objects, acts, films, sizes)
    assert [(row.verb, row.object_id, row.members, row.audience) for row in targets.collect()] == [("text", 77, 2, 3)]
    on_targets = {(row.account_id, row.creator) for row in actions_on_targets(touched, targets).collect()}
    assert on_targets == {(1, 90), (1, 91), (2, 90)}
    assert other_activity(touched, targets).first().inside_share == 1.0


def test_what_two_of_a_ring_have_in_common_beside_what_holds_it_is_no_target(spark):
    """Four upload the same works, and all pairs of another ring like a video; two of each also comment on one."""
    schema = "ring_id bigint, account_id bigint, other_account_id bigint, kind string, objects array<string>"
    pairs = [(a, b) for a in range(1, 5) for b in range(a + 1, 5)]
    rows = [(ring, a, b, kind, ["77"]) for ring, kind in ((10, "upload_frame"), (11, "like")) for a, b in pairs]
    rows += [(ring, 1, 2, "comment", ["50"]) for ring in (10, 11)]
    evidence = with_family(spark.createDataFrame(rows, schema))
    assert ring_objects(holding_deeds(evidence), videos(spark)).collect() == [(11, "like", 77)]


def test_the_effective_number_of_days_on_which_members_acted_on_targets(spark):
    on_targets = spark.createDataFrame(
        [(7, START), (7, START + timedelta(days=1)), (8, START), (8, START + timedelta(hours=1))],
        "ring_id bigint, first_ts timestamp",
    )
    days = {row.ring_id: row.target_days for row in days_of_targets(on_targets).collect()}
    assert days == {7: 2.0, 8: 1.0}
