"""Lakes on which engines might differ: made-up platforms of two generators, hostile rows, no rows, real shares."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lake.schemas import ACCOUNTS, DECISIONS, EVENTS, VIDEOS
from lake.store import Lake, Provenance
from tests.builders import accounts, decisions, events, videos
from tests.end_to_end.playing import SUITE, play

SHARED = SUITE.parent / "shared"
WORLDS = SHARED / "worlds" / "make_world.py"
SHARES = SHARED / "data" / "coortweet" / "russian_coord_tweets.parquet"
ME = Provenance("setup", "1.0")
HUGE = 2**63 - 1
TEXTS = (
    "chеap fоllowers аt sekаel.shop/89 ",
    "ＣＨＥＡＰ ｆｏｌｌｏｗｅｒｓ at sekael.shop/89",
    "cheap followers at sekael . shop / 89 !!!",
    "тот же самый текст, написанный дважды подряд",
    "שלום לכולם, קנו עוקבים כאן: sekael.shop/89",
    "👩‍👩‍👧‍👦👍🏽 " * 12,
    "İstanbul'da ucuz takipçi ıİ ßẞ ŉ ǆ",
    "a" * 5_000,
    " \t\n\u00a0\u2003\u200b ",
    "line\nbreak\r\nand \u2028 more",
    "",
)


@dataclass(frozen=True)
class Played:
    """A lake, the day for which it is run, and the jobs in their order."""

    name: str
    day: date
    steps: Sequence[tuple[str, date | None, dict[str, Any]]]


def make_lakes(spark: SparkSession, folder: Path) -> Iterator[Played]:
    """Write the source tables of each lake below `folder`.

    A day on Spark takes minutes however few its rows are. So kinds of rows share a lake where they can.
    """
    until = date(2026, 3, 1)
    yield usual(spark, folder / "usual", until)
    hostile(spark, Lake(spark, str(folder / "hostile")), until)
    yield Played("hostile", until, [("daily", until, {})])
    lake = Lake(spark, str(folder / "empty"))
    for table, rows in ((ACCOUNTS, accounts), (VIDEOS, videos), (EVENTS, events), (DECISIONS, decisions)):
        lake.replace(table, rows(spark), ME)
    yield Played("empty", until, [("daily", until, {}), ("evaluate", until, {}), ("drift", until, {})])
    if WORLDS.exists():
        yield other(folder / "other", date(2026, 10, 3))
    if SHARES.exists():
        play(spark, folder / "shares", "import_shares", file=str(SHARES))
        yield Played("shares", date(2021, 2, 20), [("daily", date(2021, 2, 20), {})])


def usual(spark: SparkSession, lake: Path, until: date) -> Played:
    """A platform with broken rows, loud abuse and abuse that hides, whose day before was played here: each engine goes
    on with what another has written, by a training, a day, and what measures them.
    """
    before = until - timedelta(days=1)
    moment = datetime.combine(until, datetime.min.time(), UTC)
    told = {"accounts": 500, "days": 28, "abuse": 5.0, "evading": 0.4, "dirty": 0.02, "seed": 10}
    # Far more decisions than usual: of so few accounts, models need nearly all that break a policy to be decided on.
    play(spark, lake, "simulate", until=moment, reviews=12.0, review_days=8, **told)
    play(spark, lake, "daily", before)
    # The models score the day before as well: drift looks at two days of a model.
    steps = [("train", before, {"snapshot_weeks": 1}), ("score", before, {})]
    return Played(lake.name, until, [*steps, *((job, until, {}) for job in ("daily", "evaluate", "drift"))])


def other(lake: Path, until: date) -> Played:
    """A platform of another generator."""
    made = lake.with_name("made")
    asked = "--seed 102 --accounts 400 --days 30 --evasion 0.4 --zero-day --dirty 0.004"
    subprocess.run([sys.executable, WORLDS, made, *asked.split()], check=True, capture_output=True)
    (made / "lake").rename(lake)
    return Played(lake.name, until, [("daily", until, {})])


def hostile(spark: SparkSession, lake: Lake, until: date) -> None:
    """Rows that keep the contract at its edges: look-alike letters, nulls, ids at both ends of BIGINT, nights in which
    clocks change, ends of months; each event twice, and the second time in other words where it can be.
    """
    moments = [
        datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC),
        datetime(2026, 2, 28, 0, 0, 0, 0, UTC),
        datetime(2026, 2, 1, 0, 0, 0, 1, UTC),
        datetime(2026, 1, 31, 23, 59, 59, 999_999, UTC),
        datetime(2026, 1, 5, 1, 30, 0, 0, UTC),
        datetime(2026, 2, 15, 6, 30, 0, 0, UTC),
    ]
    ids = [HUGE, HUGE - 1, -HUGE - 1, -HUGE, 0, -1, 1, 2, *range(100, 140)]
    people = [
        {
            "account_id": one,
            "created_at": [moments[number % 6] - timedelta(days=number), datetime(1999, 12, 31, tzinfo=UTC)][
                number == 7
            ],
            "handle": [None, "", "user_0001", "usеr_0002", "ユーザー０１", "İi̇"][number % 6],
            "bio": TEXTS[number % len(TEXTS)] if number % 3 else None,
            "country": [None, "DE", "XX"][number % 3],
            "signup_device_id": None if number % 4 else "one device",
            "signup_ip_id": "" if number % 2 else None,
        }
        for number, one in enumerate(ids)
    ]
    clips = [
        {
            "video_id": number - 3,
            "account_id": ids[number % len(ids)],
            "created_at": moments[number % 6] - timedelta(hours=number),
            "caption": TEXTS[number % len(TEXTS)],
            "hashtags": [None, [], ["a", "", "ä", "#A"], [None, "x"]][number % 4],
            "sound_id": None if number % 3 else HUGE,
            "duration_ms": [None, 0, 1, 86_400_000][number % 4],
            "frame_hash": None if number % 5 == 0 else bytes([number % 3] * 31 + [number % 7]),
        }
        for number in range(30)
    ]
    acts = []
    for number in range(1_500):
        verb = ("view", "like", "comment", "share", "follow", "report")[number % 6]
        one = {
            "event_id": number * 7 - 3_000,
            "ts": moments[number % 5] - timedelta(days=number % 20, seconds=number % 61),
            "account_id": ids[number * 5 % len(ids)],
            "verb": verb,
            "video_id": None if verb == "follow" else number * 3 % 30 - 3,
            "target_account_id": ids[number * 11 % len(ids)] if verb == "follow" else None,
            "text": TEXTS[number // 6 % (len(TEXTS) - 1)] if verb == "comment" else None,
            "watch_ms": [1, 0, 86_400_000][number % 3] if verb == "view" else None,
            "device_id": [None, "", "d1", f"d{number % 9}"][number % 4],
            "ip_id": [None, "i1"][number % 2],
        }
        acts += [one, {**one, "device_id": None}] if number % 10 == 0 else [one]
    said = [
        {
            "decision_id": number,
            "entity_id": ids[number % len(ids)],
            "verdict": verdict,
            "decided_at": moments[number % 3],
        }
        for number, verdict in enumerate(["violating", "benign", "unsure"] * 12)
    ]
    lake.replace(ACCOUNTS, accounts(spark, *people), ME)
    lake.replace(VIDEOS, videos(spark, *clips), ME)
    lake.replace(EVENTS, events(spark, *acts), ME)
    lake.replace(DECISIONS, decisions(spark, *said), ME)
