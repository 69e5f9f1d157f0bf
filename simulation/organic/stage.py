"""The stage of honest crowds: it collects what people do, upload and sign up for, in the ways of their platform."""

import string
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from simulation.organic.platform import (
    COMMENT,
    DAY,
    FOLLOW,
    HOUR,
    LIKE,
    NOBODY,
    REPORT,
    SECOND,
    SHARE,
    VIEW,
    Platform,
)

Rng = np.random.Generator
Words = Callable[[int], np.ndarray]
ACT_TYPES = {
    "crowd": np.int64,
    "account": np.int64,
    "verb": np.int8,
    "video": np.int64,
    "target": np.int64,
    "ts": np.int64,
    "watch_ms": np.int64,
    "device": np.int64,
    "address": np.int64,
    "text": object,
}
LIKES_OF_PASSERS_BY, COMMENTS_OF_PASSERS_BY = 0.12, 0.02
ATTENTION = (1.6, 1.2)
"""Beta distribution of the share of a video that is watched."""
WAKING_TRIES = 6
FRAME_BYTES = 32


@dataclass
class NewVideos:
    """Uploads, an entry each; `crowd` is that of its uploader, NOBODY of one that only the catalogue needs."""

    crowd: list[int] = field(default_factory=list)
    caption: list[str] = field(default_factory=list)
    hashtags: list[list[str]] = field(default_factory=list)
    sound: list[int] = field(default_factory=list)
    frame: list[bytes] = field(default_factory=list)


class Stage:
    """The platform and what crowds add to it. Numbers of new accounts and videos go on where the platform's end."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.crowd, self.patience = NOBODY, 1.0
        self.created, self.country = platform.created, platform.country
        self.uploaded, self.author, self.duration_ms = platform.uploaded, platform.author, platform.duration_ms
        self.home_device, self.home_address = platform.signup_device, platform.signup_address
        self.devices, self.addresses = list(platform.devices), list(platform.addresses)
        self.videos = NewVideos()
        self.handles: list[str] = []
        self.bios: dict[int, str] = {}
        self.bio_crowds: list[tuple[int, int]] = []
        self.acts: list[dict[str, np.ndarray]] = []
        self.honest = np.flatnonzero(platform.honest)
        self.fed = np.zeros(len(platform.account_id), bool)
        self.start, self.end = platform.start, platform.end

    # who

    def people(self, rng: Rng, size: int, weights: np.ndarray | None = None, before: int | None = None) -> np.ndarray:
        """Draw honest accounts of the platform that signed up before a moment, the active ones more often.

        `weights` is a weight for each account of the platform; fewer come where not so many have one.
        """
        likely = np.sqrt(self.platform.activity + 0.1) if weights is None else np.asarray(weights, float)
        before = self.start if before is None else before
        fits = self.platform.honest & (self.platform.created < before) & (likely > 0)
        pool = np.flatnonzero(fits)
        size = min(size, len(pool))
        if size == 0:
            return np.array([], np.int64)
        keys = np.log(likely[pool]) + rng.gumbel(size=len(pool))
        return np.sort(pool[np.argpartition(-keys, size - 1)[:size]])

    def at_home_in(self, country: int) -> np.ndarray:
        """Weights that prefer the people of a country."""
        own = (self.platform.country == country) if country >= 0 else np.ones(len(self.platform.country), bool)
        return np.sqrt(self.platform.activity + 0.1) * (own + 0.02)

    def creators(self, rng: Rng, size: int, country: int | None = None) -> np.ndarray:
        """Draw honest accounts that have uploaded something, or else any."""
        uploads = np.bincount(self.platform.author[self.platform.author >= 0], minlength=len(self.platform.account_id))
        weights = np.sqrt(uploads) + 1e-9
        if country is not None and country >= 0:
            weights = weights * (0.02 + (self.platform.country == country))
        return rng.permutation(self.people(rng, size, weights))

    def sign_up(
        self, rng: Rng, created: np.ndarray, country: int, device: np.ndarray | None, address: np.ndarray | None
    ) -> np.ndarray:
        """Add accounts, on machines of their own where none are given."""
        count, first = len(created), len(self.created)
        device = self.new_devices(rng, count) if device is None else device
        address = self.new_addresses(rng, count) if address is None else address
        self.created = np.concatenate([self.created, created // 1000 * 1000])
        self.country = np.concatenate([self.country, np.full(count, country)])
        self.home_device = np.concatenate([self.home_device, device])
        self.home_address = np.concatenate([self.home_address, address])
        names = self.platform.handles[rng.integers(0, len(self.platform.handles), count)]
        self.handles += [
            str(name).rstrip(string.digits) + str(number)
            for name, number in zip(names, rng.integers(1, 10**4, count), strict=True)
        ]
        return np.arange(first, first + count)

    def new_devices(self, rng: Rng, count: int) -> np.ndarray:
        return _more(rng, self.devices, count, "d")

    def new_addresses(self, rng: Rng, count: int) -> np.ndarray:
        return _more(rng, self.addresses, count, "a")

    def machines(self, rng: Rng, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Device and address of each act: those of an event of the account, of its sign-up where it has none."""
        size = len(self.platform.account_id)
        old = np.minimum(who, size - 1)
        first, count = (
            self.platform.first_event[old],
            np.where(who < size, self.platform.first_event[old + 1] - self.platform.first_event[old], 0),
        )
        device, address = self.home_device[who], self.home_address[who]
        some = count > 0
        pick = first[some] + (rng.random(some.sum()) * count[some]).astype(np.int64)
        device[some], address[some] = self.platform.event_device[pick], self.platform.event_address[pick]
        return device, address

    # when

    def days(self, rng: Rng, low: float, high: float) -> tuple[int, int]:
        """A stretch of so many days within the window, as far as it holds them."""
        span = min(rng.uniform(low, high) * DAY, float(self.end - self.start))
        first = self.start + int(rng.random() * (self.end - self.start - span))
        return first, first + int(span)

    def awake(self, rng: Rng, who: np.ndarray, ts: np.ndarray) -> np.ndarray:
        """Whether each account is about at that time, by the hours of its country."""
        hours = self.platform.hours[self.country[who], ts // HOUR % 24]
        return rng.random(len(who)) < hours

    def when_awake(self, rng: Rng, who: np.ndarray, ts: np.ndarray) -> np.ndarray:
        """Put off what falls into the hours at which an account is not about, by some hours at a time."""
        ts = ts.copy()
        for _ in range(WAKING_TRIES):
            asleep = ~self.awake(rng, who, ts)
            ts[asleep] += (rng.exponential(2.5, asleep.sum()) * HOUR).astype(np.int64)
        return ts

    def own_hours(self, rng: Rng, who: np.ndarray, ts: np.ndarray) -> np.ndarray:
        """The same days, at an hour at which each account is likely to be about."""
        shares = np.cumsum(self.platform.hours, axis=1)
        drawn = rng.random(len(who)) * shares[self.country[who], -1]
        hour = (shares[self.country[who]] < drawn[:, None]).sum(axis=1)
        return ts // DAY * DAY + hour * HOUR + (rng.random(len(who)) * HOUR).astype(np.int64)

    def evening(self, country: int, rng: Rng) -> int:
        """An hour of the UTC day at which a country is busy, in microseconds."""
        hours = self.platform.hours[country] ** 4
        return int((rng.choice(24, p=hours / hours.sum()) + rng.random()) * HOUR)

    # what

    def upload(
        self,
        rng: Rng,
        author: np.ndarray,
        ts: np.ndarray,
        *,
        tags: list[str] | None = None,
        captions: np.ndarray | None = None,
        sound: np.ndarray | None = None,
        frame: np.ndarray | None = None,
        duration_ms: np.ndarray | None = None,
        member: bool = True,
    ) -> np.ndarray:
        """Add videos: with own pictures, lengths, sounds and captions where none are given."""
        count, first, old = len(author), len(self.uploaded), self.platform
        like = rng.integers(0, max(len(old.video_id), 1), count)
        if duration_ms is None:
            duration_ms = old.duration_ms[like] if len(old.video_id) else np.full(count, 15_000)
        if sound is None:
            sound = np.where(
                rng.random(count) < 0.7, old.sound[like] if len(old.video_id) else NOBODY, new_ids(rng, count)
            )
        self.author = np.concatenate([self.author, author])
        self.uploaded = np.concatenate([self.uploaded, ts // 1000 * 1000])
        self.duration_ms = np.concatenate([self.duration_ms, duration_ms])
        videos = self.videos
        videos.crowd += [self.crowd if member else NOBODY] * count
        videos.sound += sound.tolist()
        videos.frame += [row.tobytes() for row in (new_frames(rng, count) if frame is None else frame)]
        videos.caption += (self.remarks(rng, count) if captions is None else captions).tolist()
        every = [] if tags is None else tags
        videos.hashtags += [every + old_tags for old_tags in self._some_tags(rng, count, 0 if tags else 3)]
        return np.arange(first, first + count)

    def _some_tags(self, rng: Rng, count: int, most: int) -> list[list[str]]:
        old = self.platform
        if not len(old.tag_of):
            return [[] for _ in range(count)]
        return [
            sorted({old.tags[tag] for tag in old.tag_of[rng.integers(0, len(old.tag_of), some)].tolist() if tag >= 0})
            for some in rng.integers(0, most + 1, count).tolist()
        ]

    def watched_at(self, rng: Rng, ts: np.ndarray, within: float = 6.0) -> np.ndarray:
        """A video that somebody was watching at most so many hours before each time; NOBODY where nobody was."""
        times, videos = self.platform.stream
        if not len(times):
            return np.full(len(ts), NOBODY)
        last, first = np.searchsorted(times, ts), np.searchsorted(times, ts - int(within * HOUR))
        pick = first + (rng.random(len(ts)) * (last - first)).astype(np.int64)
        return np.where(last > first, videos[np.minimum(pick, len(videos) - 1)], NOBODY)

    def remarks(self, rng: Rng, count: int) -> np.ndarray:
        """Comments of the kind that everybody writes here: short ones of others, or a few of the usual words."""
        old = self.platform
        texts = old.short_texts[rng.integers(0, len(old.short_texts), count)].astype(object)
        own = np.flatnonzero(rng.random(count) < 0.65)
        sizes = rng.integers(2, 10, len(own))
        drawn = old.words[rng.integers(0, len(old.words), sizes.sum())]
        for place, words in zip(own.tolist(), np.split(drawn, np.cumsum(sizes)[:-1]), strict=True) if len(own) else ():
            texts[place] = " ".join(words)
        return texts

    # acts

    def write(self, account: ArrayLike, verb: ArrayLike, ts: ArrayLike, **more: ArrayLike) -> None:
        """Collect acts; what is not given is missing in their rows."""
        given = {"crowd": self.crowd, "account": account, "verb": verb, "ts": ts, **more}
        missing = dict.fromkeys(ACT_TYPES, NOBODY) | {"text": np.array(None, object)}
        columns = [np.asarray(given.get(name, missing[name])) for name in ACT_TYPES]
        page = dict(zip(ACT_TYPES, np.broadcast_arrays(*columns), strict=True))
        if page["ts"].size:
            self.acts.append({name: np.array(page[name], kind) for name, kind in ACT_TYPES.items()})

    def visit(
        self,
        rng: Rng,
        who: np.ndarray,
        video: np.ndarray,
        ts: np.ndarray,
        *,
        like: float = 0.0,
        comment: float = 0.0,
        share: float = 0.0,
        report: float = 0.0,
        words: Words | None = None,
        attention: tuple[float, float] = ATTENTION,
        device: np.ndarray | None = None,
        address: np.ndarray | None = None,
    ) -> None:
        """Each of `who` watches a video from `ts` on and then does each thing with its chance, on one device."""
        there = video >= 0
        if not there.all():
            who, video, ts = who[there], video[there], ts[there]
            device, address = (None if each is None else each[there] for each in (device, address))
        count = len(who)
        own_device, own_address = self.machines(rng, who)
        at = {
            "device": own_device if device is None else device,
            "address": own_address if address is None else address,
        }
        of_video = np.minimum(rng.beta(*attention, count) * self.patience, 1)
        watched = np.maximum(of_video * self.duration_ms[video], 300).astype(np.int64)
        self.write(who, VIEW, ts, video=video, watch_ms=watched, **at)
        for verb, chance in ((LIKE, like), (COMMENT, comment), (SHARE, share), (REPORT, report)):
            does = np.flatnonzero(rng.random(count) < chance)
            if not len(does):
                continue
            takes = (
                watched[does] * rng.beta(2, 2, len(does)) * 1_000
                + rng.lognormal(0.8 if verb == LIKE else 2.1, 0.8, len(does)) * SECOND
            )
            text = {"text": (words or (lambda number: self.remarks(rng, number)))(len(does))} if verb == COMMENT else {}
            here = {name: values[does] for name, values in at.items()}
            self.write(who[does], verb, ts[does] + takes.astype(np.int64), video=video[does], **text, **here)

    def comment(
        self,
        who: np.ndarray,
        video: np.ndarray,
        ts: np.ndarray,
        text: np.ndarray,
        device: np.ndarray,
        address: np.ndarray,
    ) -> None:
        """Each of `who` writes a text of their own below a video, such as one of their own."""
        self.write(who, COMMENT, ts, video=video, text=text, device=device, address=address)

    def add_to_bio(self, account: int, text: str) -> None:
        """Let an account of the platform say more on its profile."""
        bio = self.bios.get(account, str(self.platform.bios[account]))
        self.bios[account] = f"{bio} {text}".strip()
        self.bio_crowds.append((account, self.crowd))

    def follow(self, rng: Rng, who: np.ndarray, whom: ArrayLike, ts: np.ndarray) -> None:
        """Each of `who` follows somebody."""
        device, address = self.machines(rng, who)
        self.write(who, FOLLOW, ts, target=whom, device=device, address=address)

    def pass_by(self, rng: Rng, videos: np.ndarray, most: float) -> None:
        """Let others come upon videos over some days: few upon most, up to about `most` upon some; in no crowd."""
        number = np.minimum(rng.pareto(1.1, len(videos)) * most * 0.1, most).astype(np.int64)
        video = np.repeat(videos, number)
        if not len(video):
            return
        crowd, self.crowd = self.crowd, NOBODY
        likely = np.cumsum(np.where(self.platform.honest, self.platform.activity + 0.05, 0))
        who = np.searchsorted(likely, rng.random(len(video)) * likely[-1], side="right")
        soon = self.uploaded[video] + (rng.exponential(1.2, len(video)) * DAY).astype(np.int64) + SECOND
        some_day = self.start + (rng.random(len(video)) * (self.end - self.start)).astype(np.int64)
        ts = np.where(self.uploaded[video] < self.start, some_day, soon)
        ts = self.when_awake(rng, who, ts)
        self.visit(rng, who, video, ts, like=LIKES_OF_PASSERS_BY, comment=COMMENTS_OF_PASSERS_BY, share=0.01)
        self.crowd = crowd

    def live(
        self,
        rng: Rng,
        who: np.ndarray,
        per_day: np.ndarray,
        first: int,
        last: int,
        device: np.ndarray | None = None,
        address: np.ndarray | None = None,
    ) -> None:
        """Let accounts watch and like what everybody watches, each so many videos a day, and on its device if told."""
        number = rng.poisson(per_day * max(last - first, 0) / DAY)
        every = np.repeat(np.arange(len(who)), number)
        account = who[every]
        ts = self.own_hours(rng, account, first + (rng.random(len(account)) * (last - first)).astype(np.int64))
        video = self.watched_at(rng, ts)
        self.visit(
            rng,
            account,
            video,
            ts,
            like=LIKES_OF_PASSERS_BY,
            comment=COMMENTS_OF_PASSERS_BY,
            share=0.01,
            device=None if device is None else device[every],
            address=None if address is None else address[every],
        )


def _more(rng: Rng, names: list[str], count: int, prefix: str) -> np.ndarray:
    """Add names like those that are there; gives their numbers."""
    first = len(names)
    prefix = names[0][:1] if names else prefix
    names += [f"{prefix}{value:016x}" for value in new_ids(rng, count).tolist()]
    return np.arange(first, first + count)


def new_ids(rng: Rng, count: int) -> np.ndarray:
    """Positive BIGINTs that tell nothing."""
    return rng.integers(1 << 40, (1 << 63) - 1, count)


def new_frames(rng: Rng, count: int) -> np.ndarray:
    """Hashes of pictures that nobody else has."""
    return rng.integers(0, 256, (count, FRAME_BYTES), dtype=np.uint8)


def near(rng: Rng, frames: np.ndarray, most_bits: int) -> np.ndarray:
    """The same pictures cut and compressed anew: each hash with up to so many bits flipped."""
    frames = frames.copy()
    flips = rng.integers(0, most_bits + 1, len(frames))
    row = np.repeat(np.arange(len(frames)), flips)
    bit = rng.integers(0, FRAME_BYTES * 8, len(row))
    np.bitwise_xor.at(frames, (row, bit // 8), (1 << (bit % 8)).astype(np.uint8))
    return frames
