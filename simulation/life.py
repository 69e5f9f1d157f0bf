"""The events of one day: everyday life of a block of accounts, and the acts that were planned for the day."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from lake.schemas import VERBS
from simulation.acts import COMMENT, EVERYDAY, FOLLOW, LIKE, NOTHING, REPORT, SHARE, SPAM, VIEW, Acts
from simulation.films import Feed
from simulation.keys import ids, keyed, pseudonyms
from simulation.people import INTEREST_SHARES, INTERESTS_EACH, TOPICS
from simulation.settings import MS_PER_DAY
from simulation.words import SpamBook, comment
from simulation.world import World, film_key

BLOCK = 4_096
"""Accounts whose day is made at once. A part of every draw: another size is another world."""
CAFE_EVERY, CAFE_DEVICES = 8, 5
"""Every eighth place is a cafe or a school room with a few devices for all who come."""
ID_SPACE = 1 << 24
"""Event numbers set aside for a block of a day; ids stay apart whatever the size of the blocks' days."""

ARROW_EVENTS = pa.schema(
    [
        ("event_id", pa.int64()),
        ("ts", pa.timestamp("us", tz="UTC")),
        ("account_id", pa.int64()),
        ("verb", pa.string()),
        ("video_id", pa.int64()),
        ("target_account_id", pa.int64()),
        ("text", pa.string()),
        ("watch_ms", pa.int64()),
        ("device_id", pa.string()),
        ("ip_id", pa.string()),
        ("event_date", pa.date32()),
    ]
)


@dataclass
class Stay:
    """From which device and address an account acts."""

    device: np.ndarray
    address: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Stay":
        return Stay(self.device[chosen], self.address[chosen])


def where_from(world: World, rng: np.random.Generator, who: np.ndarray, ts: np.ndarray) -> Stay:
    """At home, behind a carrier's address, or at school, work or a cafe; on the first or the second device."""
    people, seed = world.people, world.settings.seed
    count = len(who)
    renewed = ts >= people.new_device_ms[who]
    device = np.where(
        renewed & (people.second_device[who] == people.device[who]), keyed(seed, "new device", who), people.device[who]
    )
    device = np.where(rng.random(count) < people.second_share[who], people.second_device[who], device)
    lease = (ts // MS_PER_DAY + (people.home[who] % np.uint64(24)).astype(np.int64)) // 24
    home = keyed(seed, "lease", people.home[who], lease)
    pool = people.carrier[who] % 10_000
    carrier = keyed(seed, "carrier", people.carrier[who], (rng.random(count) * pool).astype(np.int64))
    place = keyed(seed, "place", np.maximum(people.place[who], 0))
    elsewhere = keyed(seed, "elsewhere", people.country[who].astype(np.int64), rng.integers(0, 40, count))
    draw = rng.random(count)
    address = np.where(draw < people.home_share[who], home, carrier)
    out = rng.random(count)
    address = np.where((out < 0.3) & (people.place[who] >= 0) & (draw >= people.home_share[who]), place, address)
    address = np.where(out > 0.985, elsewhere, address)
    in_cafe = (address == place) & (people.place[who] % CAFE_EVERY == 0)
    cafe_device = keyed(seed, "cafe device", np.maximum(people.place[who], 0), rng.integers(0, CAFE_DEVICES, count))
    device = np.where(in_cafe & (rng.random(count) < 0.8), cafe_device, device)
    device = np.where(rng.random(count) < 0.006, 0, device)
    return Stay(device.astype(np.uint64), np.where(rng.random(count) < 0.008, 0, address).astype(np.uint64))


class Scene:
    """A world with what is worth keeping from block to block: the feed of the day, the templates of spam rings."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.books: dict[int, SpamBook] = {}
        self.spammers = {group.number: group for group in world.groups if group.scheme == "spam"}
        self.feed_day = NOTHING

    @cached_property
    def by_account_id(self) -> np.ndarray:
        return np.argsort(self.world.people.account_id)

    @cached_property
    def by_video_id(self) -> np.ndarray:
        return np.argsort(self.world.films.video_id)

    def feed(self, day: int) -> Feed:
        if self.feed_day != day:
            self.todays, self.feed_day = Feed(self.world.films, self.world.settings.start + day * MS_PER_DAY), day
        return self.todays

    def book(self, number: int) -> SpamBook | None:
        group = self.spammers.get(number)
        if group is None:
            return None
        if number not in self.books:
            self.books[number] = SpamBook(self.world.settings.seed, number, group.language, group.style == "evading")
        return self.books[number]


def everyday(scene: Scene, day: int, block: int) -> pa.RecordBatch:
    """The everyday life of a block of accounts on a day: sessions of views, and what the views lead to."""
    world = scene.world
    settings, people, films = world.settings, world.people, world.films
    rng = settings.rng("life", day, block)
    start = settings.start + day * MS_PER_DAY
    members = np.arange(block * BLOCK, min((block + 1) * BLOCK, people.size))
    weekday = (1.15, 1.0, 0.95, 0.95, 0.95, 1.0, 1.2)[(start // MS_PER_DAY + 3 + 1) % 7]
    alive = (people.from_ms[members] < start + MS_PER_DAY) & (people.to_ms[members] > start)
    mood = rng.gamma(0.7, 1 / 0.7, len(members))
    who = np.repeat(members, rng.poisson(people.sessions[members] * weekday * mood * alive))
    begin = start + people.time_of_day(rng, who)
    stay = where_from(world, rng, who, begin)
    length = 1 + rng.lognormal(1.3, 0.85, len(who)).astype(np.int64).clip(max=150)
    session = np.repeat(np.arange(len(who)), length)
    first = np.concatenate([[0], np.cumsum(length)])[:-1]
    viewer = who[session]
    video = choose(scene, rng, day, viewer, begin[session])
    duration = np.where(video >= 0, films.duration_ms[np.maximum(video, 0)], 8_000)
    taste = rng.random(len(video))
    watched = np.select(
        [taste < 0.38, taste < 0.72, taste < 0.93],
        [
            rng.gamma(2.0, 900, len(video)),
            duration * rng.beta(1.4, 1.6, len(video)),
            duration * rng.normal(1.0, 0.02, len(video)),
        ],
        duration * (1 + rng.exponential(0.8, len(video))),
    )
    watched = np.clip(watched, 250, np.minimum(10 * duration, 3_600_000)).astype(np.int64)
    pause = rng.lognormal(6.6, 0.9, len(video)).astype(np.int64)
    spent = np.cumsum(watched + pause)
    before = np.concatenate([[0], spent])[:-1]
    ts = begin[session] + before - before[first][session] if len(session) else np.array([], np.int64)
    keep = (video >= 0) & (ts < start + MS_PER_DAY) & (ts >= people.from_ms[viewer]) & (ts < people.to_ms[viewer])
    keep &= films.created_ms[np.maximum(video, 0)] < ts if films.size else False
    viewer, video, watched, ts, session = viewer[keep], video[keep], watched[keep], ts[keep], session[keep]
    # What is liked on a profile page or on a bad line has no view in the log.
    logged = rng.random(len(viewer)) > people.unlogged[viewer]
    parts = [Acts(*columns(viewer, VIEW, video, NOTHING, ts, watched, EVERYDAY, NOTHING)).where(logged)]
    where = [session[logged]]
    liking = (0.35 + 1.3 * np.minimum(1, watched / films.duration_ms[video])) if films.size else np.array([])
    chances = {
        LIKE: people.likes[viewer] * liking,
        COMMENT: people.comments[viewer] * liking,
        SHARE: np.full(len(viewer), 0.014),
        REPORT: people.reports[viewer],
        FOLLOW: np.full(len(viewer), 0.012),
    }
    for verb, chance in chances.items():
        does = rng.random(len(viewer)) < chance
        count = int(does.sum())
        takes = rng.lognormal(6.6 if verb == LIKE else 8.3, 0.8, count)
        then = ts[does] + (rng.beta(2, 2, count) * watched[does] + takes).astype(np.int64) + 400
        target = films.creator[video[does]] if films.size else np.array([], np.int64)
        on = (video[does], NOTHING) if verb != FOLLOW else (NOTHING, target)
        part = Acts(*columns(viewer[does], verb, *on, then, NOTHING, EVERYDAY, NOTHING))
        inside = (then < start + MS_PER_DAY) & (then < people.to_ms[viewer[does]]) & (target != viewer[does])
        parts.append(part.where(inside))
        where.append(session[does][inside])
    acts = Acts(*[np.concatenate([getattr(part, name) for part in parts]) for name in Acts.TYPES])
    return to_arrow(scene, rng, acts, stay[np.concatenate(where)], (day * (1 << 20) + block + 1) * ID_SPACE)


def columns(*values: ArrayLike) -> list[np.ndarray]:
    """Columns of acts, as long as the longest."""
    wide = np.broadcast_arrays(*values)
    return [column.astype(kind) for column, kind in zip(wide, Acts.TYPES.values(), strict=True)]


def choose(scene: Scene, rng: np.random.Generator, day: int, viewer: np.ndarray, ts: np.ndarray) -> np.ndarray:
    """What is watched: the newest of those one follows, one's topics, or what everybody watches."""
    world, feed = scene.world, scene.feed(day)
    people = world.people
    source = rng.random(len(viewer))
    topic = people.interests[viewer, rng.choice(INTERESTS_EACH, size=len(viewer), p=INTEREST_SHARES)]
    pool = people.market[viewer].astype(np.int64) * TOPICS + topic
    if world.settings.interests == 0:
        return feed(rng, np.full(len(viewer), NOTHING), ts)
    video = feed(rng, np.where(source < 0.14, NOTHING, pool), ts)
    count = world.follows.offset[viewer + 1] - world.follows.offset[viewer]
    following = np.flatnonzero((source > 0.74) & (count > 0))
    if not len(following):
        return video
    v = viewer[following]
    creator = world.follows.followed[world.follows.offset[v] + (rng.random(len(v)) * count[following]).astype(np.int64)]
    position = np.searchsorted(world.film_keys, film_key(world.settings, creator, ts[following])) - rng.geometric(
        0.6, len(v)
    )
    latest = world.film_order[np.maximum(position, 0)]
    right = (position >= 0) & (world.films.creator[latest] == creator)
    video[following[right]] = latest[right]
    return video


def planned(scene: Scene, day: int) -> pa.RecordBatch:
    """The acts of groups on a day, from where their members usually are."""
    world = scene.world
    rng = world.settings.rng("planned", day)
    acts = world.acts_of(day)
    # Within a quarter of an hour one is on the same device and at the same address.
    visit = np.unique(
        np.stack([acts.account.astype(np.int64), acts.ts // 900_000], axis=1), axis=0, return_inverse=True
    )
    first, which = visit[0], visit[1].ravel()
    stay = where_from(world, rng, first[:, 0], first[:, 1] * 900_000)
    return to_arrow(scene, rng, acts, stay[which], day * (1 << 20) * ID_SPACE)


def to_arrow(scene: Scene, rng: np.random.Generator, acts: Acts, stay: Stay, number: int) -> pa.RecordBatch:
    """Acts as rows of `events`, in the order of time."""
    world = scene.world
    order = np.lexsort((acts.verb, acts.account, acts.ts))
    acts, stay = acts.where(order), stay[order]
    seed = world.settings.seed
    on_video = acts.verb != FOLLOW
    texts = texts_of(scene, rng, acts)
    return pa.record_batch(
        [
            pa.array(ids(seed, "event", number + np.arange(acts.size, dtype=np.int64))),
            pa.array(acts.ts * 1000, pa.timestamp("us", tz="UTC")),
            pa.array(world.people.account_id[acts.account]),
            pa.array(VERBS, pa.string()).take(pa.array(acts.verb)),
            pa.array(
                world.films.video_id[np.where(on_video, acts.video, 0)] if world.films.size else acts.ts, mask=~on_video
            ),
            pa.array(world.people.account_id[np.where(on_video, 0, acts.target)], mask=on_video),
            texts,
            pa.array(acts.watch_ms.astype(np.int64), mask=acts.verb != VIEW),
            pseudonyms(stay.device, "d"),
            pseudonyms(stay.address, "a"),
            pa.array((acts.ts // MS_PER_DAY).astype(np.int32), pa.int32()).cast(pa.date32()),
        ],
        schema=ARROW_EVENTS,
    )


def texts_of(scene: Scene, rng: np.random.Generator, acts: Acts) -> pa.Array:
    """The comments, null where an act is none."""
    said = np.flatnonzero(acts.verb == COMMENT)
    language = scene.world.language[acts.account[said]]
    texts = [
        comment(rng, int(kind), str(tongue), scene.book(int(book)) if kind == SPAM else None)
        for kind, tongue, book in zip(acts.words[said], language, acts.book[said], strict=True)
    ]
    position = np.zeros(acts.size, np.int64)
    position[said] = np.arange(len(said))
    return pa.array(texts, pa.string()).take(pa.array(position, mask=acts.verb != COMMENT))
