"""What is uploaded: who made it and when, how well it does, its sound and its frame; and who follows whom."""

from dataclasses import dataclass, replace

import numpy as np

from simulation.keys import ids, keyed
from simulation.people import MARKET_COUNT, TOPICS, People
from simulation.settings import MS_PER_DAY, MS_PER_HOUR, Settings

BACK_DAYS = 60
"""Uploads reach this far back before the first day of events."""
VIDEOS_PER_ACCOUNT = 2.0
NO_SOUND = -1
FRAME_BITS = 256


@dataclass
class Films:
    """One entry per video, at its number."""

    video_id: np.ndarray
    creator: np.ndarray
    created_ms: np.ndarray
    pull: np.ndarray
    topic: np.ndarray
    market: np.ndarray
    duration_ms: np.ndarray
    sound: np.ndarray
    frame: np.ndarray
    frame_known: np.ndarray
    copy_of: np.ndarray
    meme: np.ndarray

    @property
    def size(self) -> int:
        return len(self.video_id)

    @property
    def pool(self) -> np.ndarray:
        """The for-you pool that each video is in: its market and topic."""
        return self.market.astype(np.int64) * TOPICS + self.topic


POOLS = MARKET_COUNT * TOPICS


def film(settings: Settings, people: People) -> Films:
    """The uploads of the honest life of all accounts: a few creators upload most, memes re-use sounds and frames."""
    rng, seed = settings.rng("films"), settings.seed
    creators = np.flatnonzero(people.is_creator)
    mean = settings.accounts * VIDEOS_PER_ACCOUNT / max(1, len(creators))
    uploads = rng.poisson((mean * rng.lognormal(-0.6, 1.1, len(creators))).clip(max=150))
    creator = np.repeat(creators, uploads)
    n = len(creator)
    created = upload_times(settings, rng, people, creator)
    order = np.lexsort((created, creator))
    creator, created = creator[order], created[order]
    number = np.arange(n)
    own_topic = people.interests[creator, np.where(rng.random(n) < 0.8, 0, 1)]
    sounds = max(20, n // 15)
    trending = (rng.zipf(1.5, n) - 1).clip(max=sounds - 1)
    sound = np.where(rng.random(n) < 0.55, trending, sounds + number)
    films = Films(
        video_id=ids(seed, "video", number),
        creator=creator,
        created_ms=created,
        pull=people.fame[creator] * rng.lognormal(0, 1.2, n),
        topic=own_topic.astype(np.int8),
        market=people.market[creator].astype(np.int8),
        duration_ms=(rng.lognormal(9.9, 0.65, n).clip(3_000, 600_000)).astype(np.int64),
        sound=np.where(rng.random(n) < 0.04, NO_SOUND, sound),
        frame=frames(keyed(seed, "frame", number)),
        frame_known=rng.random(n) > 0.02,
        copy_of=np.full(n, -1),
        meme=np.full(n, -1),
    )
    if settings.crowds > 0 and n:
        make_memes(settings, rng, films)
    return films


def upload_times(settings: Settings, rng: np.random.Generator, people: People, creator: np.ndarray) -> np.ndarray:
    """Within the back catalogue and the lake, after sign-up, at the creator's hours."""
    begin = np.maximum(settings.start - BACK_DAYS * MS_PER_DAY, people.created_ms[creator] + 5 * 60_000)
    moment = begin + (rng.random(len(creator)) * (settings.end - begin)).astype(np.int64)
    moment = moment // MS_PER_DAY * MS_PER_DAY + people.time_of_day(rng, creator)
    spare = begin + (rng.random(len(creator)) * (settings.end - begin)).astype(np.int64)
    return np.where((moment > begin) & (moment < settings.end), moment, spare)


def frames(keys: np.ndarray) -> np.ndarray:
    """A random 256-bit hash for each key, as 32 bytes; half of its bits are set, as PDQ has it."""
    words = np.stack([keyed(0, f"word {word}", keys) for word in range(4)], axis=1)
    words ^= (words >> np.uint64(7)) & np.uint64(1)  # a pseudonym's lowest bit is always set, a hash's is not
    return words.view(np.uint8).reshape(-1, 32)


def flipped(rng: np.random.Generator, frame: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """The hashes with that many bits turned over in each: what cropping, a border or a filter do to PDQ."""
    places = rng.random((len(frame), FRAME_BITS)).argsort(axis=1).argsort(axis=1) < bits[:, None]
    return frame ^ np.packbits(places, axis=1)


def make_memes(settings: Settings, rng: np.random.Generator, films: Films) -> None:
    """Some videos become memes: others re-use their sound and a like frame. Some creators repost their own."""
    memes = round(settings.crowds * films.size / 400)
    order = np.argsort(films.created_ms, kind="stable")
    for meme in range(memes):
        first = int(rng.integers(0, films.size))
        takers = int(np.clip(rng.lognormal(2.2, 0.9), 3, 200))
        reach = order[first : first + 40 * takers]
        made = rng.choice(reach, size=min(takers, len(reach)), replace=False)
        films.sound[made] = films.sound[order[first]]
        films.meme[made] = meme
        alike = made[rng.random(len(made)) < 0.5]
        source = np.repeat(films.frame[order[first] : order[first] + 1], len(alike), axis=0)
        films.frame[alike] = flipped(rng, source, rng.integers(0, 44, len(alike)))
    reposts = np.flatnonzero((rng.random(films.size) < 0.012) & (np.arange(films.size) > 0))
    reposts = reposts[films.creator[reposts] == films.creator[reposts - 1]]
    films.frame[reposts] = flipped(rng, films.frame[reposts - 1], rng.integers(0, 20, len(reposts)))


def extended(films: Films, more: dict[str, np.ndarray], seed: int) -> Films:
    """The films with more at their end; ids go on."""
    count = len(more["creator"])
    numbers = np.arange(films.size, films.size + count)
    added = {
        "video_id": ids(seed, "video", numbers),
        "meme": np.full(count, -1),
        "frame_known": np.ones(count, bool),
        **more,
    }
    return replace(
        films,
        **{
            name: np.concatenate([getattr(films, name), added[name]]).astype(getattr(films, name).dtype)
            for name in vars(films)
        },
    )


@dataclass
class Follows:
    """Whom each account followed before the lake begins (or in its first hours, if it is new), as a CSR list."""

    offset: np.ndarray
    followed: np.ndarray

    def of(self, who: int) -> np.ndarray:
        return self.followed[self.offset[who] : self.offset[who + 1]]


def follow(settings: Settings, people: People) -> Follows:
    """Each account follows creators of its market and interests, famous ones more often."""
    rng = settings.rng("follows")
    count = rng.lognormal(2.2, 1.0, people.size).clip(0, 300).astype(np.int64)
    follower = np.repeat(np.arange(people.size), count)
    creators = np.flatnonzero(people.is_creator)
    if not len(creators):
        return Follows(np.zeros(people.size + 1, np.int64), np.array([], np.int64))
    pool = people.market[creators].astype(np.int64) * TOPICS + people.interests[creators, 0]
    order = np.lexsort((creators, pool))
    draw = PoolDraw(pool[order], people.fame[creators][order])
    topic = people.interests[follower, rng.choice(3, size=len(follower), p=[0.6, 0.3, 0.1])]
    anywhere = rng.random(len(follower)) < (0.2 if settings.interests > 0 else 1.0)
    wanted = people.market[follower].astype(np.int64) * TOPICS + topic
    chosen = draw(rng, np.where(anywhere, -1, wanted))
    followed = creators[order][chosen]
    keep = (followed != follower) & (chosen >= 0)
    follower, followed = follower[keep], followed[keep]
    pairs = np.unique(np.stack([follower, followed], axis=1), axis=0)
    offset = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 0], minlength=people.size))])
    return Follows(offset, pairs[:, 1].copy())


class PoolDraw:
    """Draws entries with chances in proportion to their weights, from one pool or (pool -1) from all."""

    def __init__(self, pool: np.ndarray, weight: np.ndarray) -> None:
        """`pool` ascends."""
        self.total = np.concatenate([[0.0], np.cumsum(weight, dtype=np.float64)])
        edges = np.searchsorted(pool, np.arange(POOLS + 1))
        self.low, self.high = self.total[edges[:-1]], self.total[edges[1:]]

    def __call__(self, rng: np.random.Generator, pool: np.ndarray) -> np.ndarray:
        """Positions in the entries' order; from all of them when the pool asked for is empty, -1 when all are."""
        everywhere = (pool < 0) | (self.high[pool] <= self.low[pool])
        low = np.where(everywhere, 0.0, self.low[pool])
        high = np.where(everywhere, self.total[-1], self.high[pool])
        point = low + rng.random(len(pool)) * (high - low)
        found = np.searchsorted(self.total, point, side="right") - 1
        return np.minimum(found, len(self.total) - 2)


class Feed:
    """What the for-you page shows on one day: fresh and popular videos first, old ones seldom."""

    def __init__(self, films: Films, day_start: int) -> None:
        alive = np.flatnonzero(films.created_ms < day_start + MS_PER_DAY)
        pool = films.pool[alive]
        order = np.argsort(pool, kind="stable")
        self.video = alive[order]
        age_days = (day_start + MS_PER_DAY - films.created_ms[self.video]) / MS_PER_DAY
        weight = films.pull[self.video] * (np.exp(-age_days / 2.0) + 0.02 * np.exp(-age_days / 25.0))
        self.all = PoolDraw(pool[order], weight)
        self.settled = PoolDraw(pool[order], np.where(films.created_ms[self.video] < day_start, weight, 0.0))
        self.created_ms = films.created_ms

    def __call__(self, rng: np.random.Generator, pool: np.ndarray, ts: np.ndarray) -> np.ndarray:
        """A video for each viewer's pool and time, -1 where there is none yet; nothing is seen before its upload."""
        if not len(self.video):
            return np.full(len(pool), -1)
        seen = self.video[self.all(rng, pool)]
        early = np.flatnonzero(self.created_ms[seen] + MS_PER_HOUR // 60 > ts)
        seen[early] = self.video[self.settled(rng, pool[early])]
        seen[self.created_ms[seen] > ts] = -1
        return seen
