"""Ten features of accounts of a simulated platform, worked out from their events as a person with a list would."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import log2

import pytest
from pyspark.sql import Row

from features import accounts
from lake.schemas import EVENTS, VIDEOS
from lake.store import Lake, deduplicated
from tests.builders import at
from tests.end_to_end.playing import play

pytestmark = pytest.mark.whole

DAY = date(2026, 3, 1)
HALF_AN_HOUR, TWO_SECONDS = timedelta(minutes=30), timedelta(seconds=2)


def by_hand(month: Sequence[Row], lengths: dict[int, int]) -> dict[str, float | None]:
    """The features of one account from its events of 28 days, oldest first; `lengths` of videos are in milliseconds."""
    days = [[event for event in month if event.event_date == day] for day in sorted({e.event_date for e in month})]
    week = [event for event in month if event.event_date >= DAY - timedelta(days=7)]
    pauses = [later.ts - earlier.ts for day in days for earlier, later in pairwise(day)]
    hours = Counter(event.ts.hour for event in month)
    likes = [(day, event) for day in days for event in day if event.verb == "like"]
    unseen = [
        event
        for day, event in likes
        if not any(e.verb == "view" and e.video_id == event.video_id and e.ts <= event.ts for e in day)
    ]
    watched = [min(1, e.watch_ms / lengths[e.video_id]) for e in month if e.verb == "view" and e.video_id in lengths]
    longest = timedelta()
    for day in days:
        began = day[0].ts
        for earlier, later in pairwise(day):
            if later.ts - earlier.ts > HALF_AN_HOUR:
                began = later.ts
            longest = max(longest, later.ts - began)
    return {
        "events_28d": len(month),
        "likes_7d": sum(event.verb == "like" for event in week),
        "comment_share_28d": sum(event.verb == "comment" for event in month) / len(month),
        "active_days_28d": len(days),
        "busiest_day_share_28d": max(map(len, days)) / len(month),
        "hour_entropy_28d": -sum(n / len(month) * log2(n / len(month)) for n in hours.values()),
        "short_gap_share_28d": sum(pause < TWO_SECONDS for pause in pauses) / len(pauses) if pauses else None,
        "longest_session_s_28d": longest.total_seconds(),
        "unseen_like_share_28d": len(unseen) / len(likes) if likes else None,
        "watched_share_28d": sum(watched) / len(watched) if watched else None,
    }


@pytest.fixture(scope="module")
def simulated(spark, tmp_path_factory) -> Lake:
    folder = tmp_path_factory.mktemp("by-hand") / "lake"
    play(spark, folder, "simulate", accounts=300, days=28, until=at(str(DAY)))
    play(spark, folder, "features", DAY)
    return Lake(spark, str(folder))


def test_ten_features_of_every_account(simulated):
    events = deduplicated(simulated.source(EVENTS, DAY, 28), EVENTS.key).orderBy("ts", "event_id").collect()
    lengths = {row.video_id: row.duration_ms for row in simulated.read(VIDEOS).collect()}
    found = simulated.day(accounts.TABLE, DAY).collect()
    assert {row.account_id for row in found} == {event.account_id for event in events}
    for row in found:
        expected = by_hand([event for event in events if event.account_id == row.account_id], lengths)
        assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-6), row.account_id
