"""What a lake says about its people, videos and habits, as numpy arrays that crowds are drawn from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lake.schemas import VERBS

MILLISECOND, SECOND, MINUTE, HOUR, DAY = 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
"""In microseconds, as all times here."""
VIEW, LIKE, COMMENT, SHARE, FOLLOW, REPORT = range(len(VERBS))
NOBODY = -1
"""Stands for a missing account, video, device, address or country."""
QUIET_DAY = 0.05
"""A day with a smaller part of the median day's events is not in the window: broken rows lie far off."""
TEXTS_READ = 40_000
SHORT_TEXT = 14
"""Letters up to which a comment is one that anybody writes."""
HOURS = 24
SMOOTHING = np.array([0.25, 0.5, 0.25])
CLOCK = pa.timestamp("us", tz="UTC")


@dataclass
class Platform:
    """Accounts, videos and events by number, not by id.

    Events are in the order of account, then time; `first_event[a]` to `first_event[a + 1]` are those of account `a`.
    Devices and addresses are numbers into `devices` and `addresses`.
    """

    account_id: np.ndarray
    created: np.ndarray
    country: np.ndarray
    honest: np.ndarray
    signup_device: np.ndarray
    signup_address: np.ndarray
    bios: np.ndarray
    countries: list[str]
    video_id: np.ndarray
    author: np.ndarray
    uploaded: np.ndarray
    duration_ms: np.ndarray
    sound: np.ndarray
    tags: list[str]
    tag_of: np.ndarray
    tagged: np.ndarray
    event_account: np.ndarray
    event_ts: np.ndarray
    event_verb: np.ndarray
    event_video: np.ndarray
    event_device: np.ndarray
    event_address: np.ndarray
    devices: list[str]
    addresses: list[str]
    short_texts: np.ndarray
    words: np.ndarray
    handles: np.ndarray
    event_ids: np.ndarray
    start: int
    end: int

    @cached_property
    def first_event(self) -> np.ndarray:
        return np.searchsorted(self.event_account, np.arange(len(self.account_id) + 1))

    @cached_property
    def activity(self) -> np.ndarray:
        """Events of each account."""
        return np.diff(self.first_event).astype(float)

    @cached_property
    def views(self) -> np.ndarray:
        """Views of each video."""
        seen = self.event_video[(self.event_verb == VIEW) & (self.event_video >= 0)]
        return np.bincount(seen, minlength=len(self.video_id))

    @cached_property
    def stream(self) -> tuple[np.ndarray, np.ndarray]:
        """Times and videos of all views in the order of time: what people were watching at each moment."""
        watched = np.flatnonzero((self.event_verb == VIEW) & (self.event_video >= 0))
        watched = watched[np.argsort(self.event_ts[watched], kind="stable")]
        return self.event_ts[watched], self.event_video[watched]

    @cached_property
    def hours(self) -> np.ndarray:
        """How much each country is about at each hour of the UTC day, its busiest hour being 1; all of them last."""
        where = np.append(self.country, NOBODY)[self.event_account]
        counts = np.zeros((len(self.countries) + 1, HOURS))
        np.add.at(counts, (where, self.event_ts // HOUR % HOURS), 1.0)
        counts[NOBODY] = counts.sum(axis=0)
        counts += 0.01 * counts[NOBODY] + 0.1
        around = np.concatenate([counts[:, -1:], counts, counts[:, :1]], axis=1)
        smooth = sum(weight * around[:, shift : shift + HOURS] for shift, weight in enumerate(SMOOTHING))
        return smooth / smooth.max(axis=1, keepdims=True)

    def engaged_with(self, videos: np.ndarray) -> np.ndarray:
        """How often each account did anything on these videos."""
        wanted = np.zeros(len(self.video_id) + 1, bool)
        wanted[videos] = True
        return np.bincount(self.event_account[wanted[self.event_video]], minlength=len(self.account_id)).astype(float)

    def of_tag(self, tag: int) -> np.ndarray:
        """The videos that bear a tag."""
        return self.tagged[self.tag_of == tag]


def read_platform(accounts: pa.Table, videos: pa.Table, events: pa.Table, abusive: Iterable[int]) -> Platform:
    """Number the accounts, videos and events of a lake; rows that break the contract count for nothing.

    `abusive` are the ids of accounts that may not take part.
    """
    who = _once(accounts, "account_id", "created_at")
    what = _once(videos, "video_id", "created_at")
    acts = _usable(events)
    start, end = _window(acts)
    account_id, video_id = who["account_id"].to_numpy(), what["video_id"].to_numpy()
    country, countries = _numbered(who["country"])
    devices, (event_device, signup_device) = _together(acts["device_id"], who["signup_device_id"])
    addresses, (event_address, signup_address) = _together(acts["ip_id"], who["signup_ip_id"])
    event_account = numbers_of(acts["account_id"].to_numpy(), account_id)
    event_ts = _micros(acts["ts"])
    kept = np.flatnonzero((event_account >= 0) & (event_ts >= start) & (event_ts < end))
    kept = kept[np.lexsort((event_ts[kept], event_account[kept]))]
    event_video = numbers_of(pc.fill_null(acts["video_id"], NOBODY).to_numpy(), video_id)
    tags, tag_of, tagged = _tags(what["hashtags"])
    short_texts, words = _texts(acts["text"])
    return Platform(
        account_id=account_id,
        created=_micros(who["created_at"]),
        country=country,
        honest=~np.isin(account_id, np.fromiter(abusive, np.int64)),
        signup_device=signup_device,
        signup_address=signup_address,
        bios=who["bio"].to_pandas().fillna("").to_numpy(),
        countries=countries,
        video_id=video_id,
        author=numbers_of(pc.fill_null(what["account_id"], NOBODY).to_numpy(), account_id),
        uploaded=_micros(what["created_at"]),
        duration_ms=np.clip(pc.fill_null(what["duration_ms"], 15_000).to_numpy(), 1_000, 600_000),
        sound=pc.fill_null(what["sound_id"], NOBODY).to_numpy(),
        tags=tags,
        tag_of=tag_of,
        tagged=tagged,
        event_account=event_account[kept],
        event_ts=event_ts[kept],
        event_verb=pc.index_in(acts["verb"], pa.array(VERBS)).to_numpy()[kept].astype(np.int8),
        event_video=event_video[kept],
        event_device=event_device[kept],
        event_address=event_address[kept],
        devices=devices,
        addresses=addresses,
        short_texts=short_texts,
        words=words,
        handles=who["handle"].to_pandas().fillna("").to_numpy(),
        event_ids=np.sort(acts["event_id"].to_numpy()),
        start=start,
        end=end,
    )


def numbers_of(ids: np.ndarray, sorted_ids: np.ndarray) -> np.ndarray:
    """The place of each id among sorted ones, NOBODY where it is not there."""
    if not len(sorted_ids):
        return np.full(len(ids), NOBODY)
    place = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    return np.where(sorted_ids[place] == ids, place, NOBODY)


def _micros(times: pa.ChunkedArray) -> np.ndarray:
    return times.cast(CLOCK).cast(pa.int64()).to_numpy()


def _once(rows: pa.Table, key: str, time: str) -> pa.Table:
    """The rows with a key and a time, one for each key, in the order of keys."""
    rows = rows.filter(pc.and_(pc.is_valid(rows[key]), pc.is_valid(rows[time])))
    ids = rows[key].to_numpy()
    _, first = np.unique(ids, return_index=True)
    return rows.take(pa.array(first)).combine_chunks()


def _usable(events: pa.Table) -> pa.Table:
    """Events with an id, a time, an account and a verb of the contract."""
    there = pc.is_in(events["verb"], pa.array(VERBS))
    for name in ("event_id", "ts", "account_id"):
        there = pc.and_(there, pc.is_valid(events[name]))
    return events.filter(there)


def _window(acts: pa.Table) -> tuple[int, int]:
    """The first moment of the first day with a fair part of the usual events, and that after the last such day."""
    days, counts = np.unique(_micros(acts["ts"]) // DAY, return_counts=True)
    if not len(days):
        return 0, 0
    usual = days[counts >= QUIET_DAY * np.median(counts)]
    return int(usual[0]) * DAY, int(usual[-1] + 1) * DAY


def _numbered(texts: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    different = pc.unique(texts.drop_null()).sort()
    return pc.fill_null(pc.index_in(texts, different), NOBODY).to_numpy().astype(np.int64), different.to_pylist()


def _together(*columns: pa.ChunkedArray) -> tuple[list[str], list[np.ndarray]]:
    """Numbers for the strings of several columns, the same string the same number."""
    columns = tuple(column.cast(pa.string()) for column in columns)
    different = pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))
    different = different.drop_null()
    return different.to_pylist(), [
        pc.fill_null(pc.index_in(column, different), NOBODY).to_numpy().astype(np.int64) for column in columns
    ]


def _tags(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The tags by number, then the tag and the video of each use of one."""
    lists = column.combine_chunks()
    flat, video = pc.list_flatten(lists), pc.list_parent_indices(lists)
    number, tags = _numbered(pa.chunked_array([flat.cast(pa.string())]))
    return tags, number, video.to_numpy()


def _texts(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Short comments, and words of all: a sample in which what is frequent there is frequent, too."""
    texts = column.drop_null()
    step = max(1, len(texts) // TEXTS_READ)
    read = pd.Series(texts.take(pa.array(np.arange(0, len(texts), step))).to_pylist(), dtype=object)
    short = read[read.str.len() <= SHORT_TEXT].to_numpy()
    words = read.str.split().explode().dropna().to_numpy() if len(read) else np.array([], object)
    return (short if len(short) else np.array(["😂"], object)), (words if len(words) else np.array(["nice"], object))
