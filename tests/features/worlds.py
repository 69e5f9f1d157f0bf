"""Made-up months for the features: small, but with every irregularity that a lake of a platform has."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from tests.builders import Row, at

AS_OF = date(2026, 3, 3)
"""The 28 days before it cross the end of February."""
MIDNIGHT = at("2026-03-03 00:00")
EMPTY_DAY = date(2026, 2, 20)
LATE_DAYS = [date(2026, 2, 25), date(2026, 3, 1)]

ACCOUNTS, UNKNOWN_ACCOUNTS, VIDEOS, UNKNOWN_VIDEOS, CREATORS = 36, 3, 60, 3, 12
"""Events name accounts and videos that the tables do not hold: their ids come after the known ones."""
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEMPERS = (
    (*6 * (0 * SECOND, 0.4 * SECOND, 1.5 * SECOND, 3 * SECOND), 20 * MINUTE, 20 * HOUR),
    (3 * SECOND, 9 * SECOND, MINUTE, HOUR, 3 * DAY),
    (50 * MINUTE, 55 * MINUTE, 3 * HOUR),
)
"""Pauses between the acts of an account, of which it takes one after the other at random."""
VERBS = {"view": 8, "like": 4, "comment": 4, "share": 1, "follow": 3, "report": 2}
TEXTS = (
    "",
    "nice",
    "Free coins on my page, come and see",
    "FREE c\u043eins on my page, come and see!!",
    "free coins on my page, come \u200band see",
    "see https://example.com/coins or www.example.net",
    "ask @coin_queen, telegram: coins4u",
    "call +49 170 1234567 for free coins today",
    "\U0001f525\U0001f525\U0001f525",
    "so good \U0001f60d, I watched this one three times in a row",
    "очень смешно, спасибо за это видео",
    "είναι πολύ ωραίο",
)
CAPTIONS = (
    None,
    "",
    "my cat",
    "The best giveaway of the year, do not miss it!",
    "the best GIVEAWAY of the year - do not miss it",
    "Лучший розыгрыш года, не пропусти",
)
FRAMES = (None, bytes(32), bytes(31) + b"\x01", bytes(31) + b"\x02", b"\xff" * 32)
HANDLES = ("", None, "lena", "lena_2", "lena.77", "Promo_shop-12", "promoshop99", "abc1")
BIOS = ("", None, "just me", "Shop: https://Coins.example.com/a now", "coins.example.com/a", "mail me @ home")


@dataclass
class World:
    """Rows of the source tables; the events as often as they are delivered, those that come late apart."""

    accounts: list[Row]
    videos: list[Row]
    decisions: list[Row]
    early: list[Row]
    late: list[Row]

    @property
    def events(self) -> list[Row]:
        return self.early + self.late


def made_up(seed: int) -> World:
    """A month of three dozen accounts, some born later than their first events, as are some videos; other seeds, other
    months.
    """
    draw = Random(seed)
    events = [event for account_id in range(1, ACCOUNTS + UNKNOWN_ACCOUNTS + 1) for event in _acts(draw, account_id)]
    for event_id, event in enumerate(events, start=1):
        event["event_id"] = event_id
    delivered = events + draw.sample(events, len(events) // 15)
    come_late = [row["ts"].date() in LATE_DAYS and draw.random() < 0.4 for row in delivered]
    return World(
        [_account(draw, account_id, _of(events, account_id=account_id)) for account_id in range(1, ACCOUNTS + 1)],
        [_video(draw, video_id, _of(events, video_id=video_id, verb="view")) for video_id in range(1, VIDEOS + 1)],
        [_decision(draw, decision_id) for decision_id in range(1, 61)],
        [row for row, late in zip(delivered, come_late, strict=True) if not late],
        [row for row, late in zip(delivered, come_late, strict=True) if late],
    )


def _of(events: list[Row], **what: object) -> datetime:
    """The moment of the first event of this kind, a day of the month when there is none."""
    moments = [event["ts"] for event in events if what.items() <= event.items()]
    return min(moments, default=MIDNIGHT - 9 * DAY)


def _moment(draw: Random, least_days: int, most_days: int) -> datetime:
    return (
        MIDNIGHT - draw.randrange(least_days, most_days) * DAY + timedelta(microseconds=draw.randrange(86_400 * 10**6))
    )


def _account(draw: Random, account_id: int, first_act: datetime) -> Row:
    born_before = draw.choice([-30 * HOUR, -5 * MINUTE, 6 * HOUR, 4 * DAY, 30 * DAY, 400 * DAY])
    return {
        "account_id": account_id,
        "created_at": draw.choice([first_act - born_before, at("2026-02-10 12:00") + account_id * MINUTE]),
        "country": draw.choice(["DE", "FR", None]),
        "handle": draw.choice(HANDLES),
        "bio": draw.choice(BIOS),
        "is_verified": draw.choice([True, False, None]),
        "signup_device_id": draw.choice(["d1", "d2", f"own-{account_id}", None]),
        "signup_ip_id": draw.choice(["ip1", "ip2", f"own-{account_id}", None]),
    }


def _video(draw: Random, video_id: int, first_view: datetime) -> Row:
    uploaded_before = draw.choice([-30 * HOUR, -5 * MINUTE, 9 * MINUTE, HOUR, 5 * HOUR, 30 * DAY, 85 * DAY, 100 * DAY])
    return {
        "video_id": video_id,
        "account_id": draw.randrange(1, CREATORS + 1),
        "created_at": draw.choice([first_view - uploaded_before, MIDNIGHT - draw.choice([-1, 0, 1, 7, 28, 29]) * DAY]),
        "caption": draw.choice(CAPTIONS),
        "hashtags": draw.choice([None, [], ["a"], ["a", "b"]]),
        "sound_id": draw.choice([None, 1, 2, 100 + video_id]),
        "duration_ms": draw.choice([None, 0, 7_000, 10_000, 15_000]),
        "frame_hash": draw.choice([*FRAMES, bytes([video_id]) * 32]),
    }


def _decision(draw: Random, decision_id: int) -> Row:
    kind, entities = draw.choice([("account", CREATORS), ("video", VIDEOS), ("ring", 5)])
    return {
        "decision_id": decision_id,
        "entity_type": kind,
        "entity_id": draw.randrange(1, entities + 1),
        "policy": draw.choice(["spam_ring", "artificial_engagement"]),
        "verdict": draw.choice(["violating", "benign", "unsure"]),
        "decided_at": draw.choice([MIDNIGHT - 3 * DAY, _moment(draw, -1, 20)]),
    }


def _acts(draw: Random, account_id: int) -> list[Row]:
    """What one account does, from a first moment on; also after as_of, when it comes to that."""
    moment, pauses, texts = _moment(draw, 1, draw.choice([9, 34])), draw.choice(TEMPERS), draw.sample(TEXTS, 4)
    texts.append(f"somebody called {chr(ord('a') + account_id % 26)} was here")
    old_phones = [f"old-{account_id}", f"home-{account_id // 4}", None]
    new_phones = [f"new-{account_id}", *draw.sample([*old_phones, "shared"], 2)]
    ips = draw.sample([f"own-{account_id}", f"home-{account_id // 3}", "cafe", "train", None], 2)
    acts, video_id, rows = draw.choice([3, 9, 40, 90]), 1, []
    for number in range(acts):
        moment += draw.choice(pauses) + timedelta(microseconds=draw.choice([0, 0, 370]))
        if moment.date() != EMPTY_DAY:
            phones = old_phones if number < acts / 2 else new_phones
            rows.append({**_act(draw, texts, video_id), "ts": moment, "account_id": account_id})
            rows[-1] |= {"device_id": draw.choice(phones), "ip_id": draw.choice(ips)}
            video_id = rows[-1]["video_id"] or video_id
    return rows


def _act(draw: Random, texts: list[str], video_before: int) -> Row:
    verb = draw.choices(list(VERBS), list(VERBS.values()))[0]
    unknown = draw.random() < 0.05
    last_video = VIDEOS + UNKNOWN_VIDEOS if unknown else draw.choice([3, VIDEOS // 2])
    video_id = draw.choice([video_before, draw.randrange(1, last_video + 1)])
    last_account = ACCOUNTS + UNKNOWN_ACCOUNTS if unknown else ACCOUNTS
    return {
        "verb": verb,
        "video_id": None if verb == "follow" else video_id,
        "target_account_id": draw.randrange(1, last_account + 1) if verb == "follow" else None,
        "text": draw.choice(texts) if verb == "comment" else None,
        "watch_ms": draw.choice([0, 500, 5_000, 9_600, 12_000]) if verb == "view" else None,
    }
