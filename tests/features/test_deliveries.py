"""An event that is delivered more than once counts once, and of copies that differ always the same one."""

import pytest

from features.activity import account_activity, acts
from tests.builders import accounts, at, events, videos

COPIES = {
    "device": ({"device_id": "d1"}, {"device_id": None}),
    "address": ({"ip_id": "i2"}, {"ip_id": "i1"}),
    "text": ({"text": "nice one"}, {"text": "call +49 170 1234567 for coins"}),
    "watched": ({"verb": "view", "text": None, "watch_ms": 9_000}, {"verb": "view", "text": None, "watch_ms": 10}),
    "verb": ({"verb": "comment"}, {"verb": "share", "text": None}),
}


@pytest.mark.parametrize("copies", COPIES.values(), ids=COPIES)
def test_of_copies_that_differ_one_is_kept_whichever_comes_first(spark, copies):
    event = {"event_id": 7, "account_id": 1, "verb": "comment", "video_id": 5, "text": "nice", "ts": at("2026-02-10")}
    people, clips = accounts(spark, {"account_id": 1}), videos(spark, {"video_id": 5, "account_id": 2})

    def counted(*delivered):
        rows = events(spark, *({**event, **copy} for copy in delivered))
        return [row.asDict(recursive=True) for row in account_activity(acts(rows, people, clips)).collect()]

    (first,), (other,) = counted(*copies), counted(*reversed(copies))
    assert first == other
    assert first["events"] == 1
