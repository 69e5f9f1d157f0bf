"""Abusive rings: who is in them, how they look, and what they do, loud or evading.

What they do follows what is publicly known of the trades: sold likes and follows come from the same accounts for
several customers, views are bought by the thousand, copies are cropped and filtered, spam is spun and disguised,
brigades report the same videos. A loud ring saves money: few devices and addresses, fresh accounts, everything at once.
An evading ring has aged or hijacked accounts that go on with their lives on their own devices, at human hours, and it
takes weeks. A varied ring has the accounts of one of them and ways of its own: its pace, its care and how much its
members have in common are drawn from all that lies between, and a good deal below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulation.acts import FOLLOW, NOTHING, REPORT, SPAM, VIEW, Diary, in_own_hours
from simulation.films import POOLS, Films, extended, flipped
from simulation.keys import keyed
from simulation.people import LANGUAGES, OFFSETS, People
from simulation.settings import MS_PER_DAY, MS_PER_HOUR, Settings
from simulation.truth import SCHEMES

ABUSIVE_SHARE = 0.03
"""Share of accounts in abusive rings at `abuse` 1."""
SMALLEST, LARGEST = 5, 300
CUSTOMERS_ASKED = 400
BELOW = 3
"""A varied ring may do this much less than any other."""

Range = tuple[float, float]


@dataclass
class Group:
    """A group of accounts: an abusive ring, or an honest crowd (no policy, no style)."""

    number: int
    scheme: str
    members: np.ndarray
    policy: str | None = None
    style: str | None = None
    varied: bool = False
    from_ms: int = 0
    to_ms: int = 0
    language: str = "en"

    @property
    def violating(self) -> bool:
        return self.policy is not None


@dataclass
class Plan:
    """What is being planned: rings add to the diary, to the films, and to the truth about videos."""

    settings: Settings
    people: People
    films: Films
    diary: Diary
    groups: list[Group] = field(default_factory=list)
    marked: list[tuple[int, str | None, int]] = field(default_factory=list)  # video, policy, group
    customers: set[int] = field(default_factory=set)
    copies: list[dict[str, np.ndarray]] = field(default_factory=list)

    @property
    def next_film(self) -> int:
        """The number that the next copy will have."""
        return self.films.size + sum(len(made["creator"]) for made in self.copies)

    @cached_property
    def by_creator(self) -> np.ndarray:
        """Where the videos of each creator begin: honest films are in the order of creator and time."""
        return np.searchsorted(self.films.creator, np.arange(self.people.size + 1))

    @cached_property
    def by_time(self) -> tuple[np.ndarray, np.ndarray]:
        """The honest videos in the order of upload, and when that was."""
        order = np.argsort(self.films.created_ms, kind="stable")
        return order, self.films.created_ms[order]

    @cached_property
    def creators(self) -> np.ndarray:
        return np.unique(self.films.creator)

    def own_videos(self, creator: int) -> np.ndarray:
        """The honest videos of a creator, oldest first."""
        return np.arange(self.by_creator[creator], self.by_creator[creator + 1])

    @cached_property
    def shelves(self) -> tuple[np.ndarray, np.ndarray]:
        """The videos in the order of their for-you pools, and where each pool begins; once all videos are there."""
        order = np.argsort(self.films.pool, kind="stable")
        return order, np.searchsorted(self.films.pool[order], np.arange(POOLS + 1))

    def mark(self, videos: np.ndarray, policy: str | None, group: Group) -> None:
        self.marked += [(int(video), policy, group.number) for video in np.unique(videos)]


def ring_sizes(settings: Settings, rng: np.random.Generator) -> list[int]:
    """Sizes of the abusive rings: most are small, a few have hundreds of members."""
    left = round(settings.accounts * ABUSIVE_SHARE * settings.abuse)
    largest = int(np.clip(settings.accounts // 40, SMALLEST, LARGEST))
    sizes = []
    while left >= SMALLEST:
        size = int(min(np.clip(rng.lognormal(2.9, 0.9), SMALLEST, largest), left))
        sizes.append(size)
        left -= size
    return sizes


def gather(settings: Settings, people: People) -> list[Group]:
    """The abusive rings and their members; the accounts of loud ones are made over to look like what they are."""
    rng = settings.rng("rings")
    sizes = ring_sizes(settings, rng)
    in_use = people.to_ms - people.from_ms > 0.6 * (settings.end - settings.start)
    aged = people.created_ms < settings.start - 45 * MS_PER_DAY
    lively = (people.sessions > 0.25) & (people.sessions < 8)
    hijackable = list(rng.permutation(np.flatnonzero(in_use & aged & lively)))
    taken = np.zeros(people.size, bool)
    schemes = list(SCHEMES)
    groups, debt = [], rng.random()
    for number, size in enumerate(sizes):
        scheme = schemes[number % len(schemes)]
        debt += settings.evading
        evading = debt >= 1 - 1e-9
        debt -= evading
        if evading and len(hijackable) < size:
            break
        if evading:
            members = np.array([hijackable.pop() for _ in range(size)])
        else:
            members = rng.choice(np.flatnonzero(~taken), size=size, replace=False)
        members = np.sort(members[~taken[members]])
        if len(members) < SMALLEST:
            continue
        taken[members] = True
        style = "evading" if evading else "loud"
        varied = settings.rng("ways", number).random() < settings.varied
        group = Group(number, scheme, members, SCHEMES[scheme], style, varied)
        begin_and_end(settings, rng, group)
        if not evading:
            make_over(settings, rng, people, group)
        group.language = LANGUAGES[np.bincount(people.country[members]).argmax()]
        groups.append(group)
    return groups


def begin_and_end(settings: Settings, rng: np.random.Generator, group: Group) -> None:
    """When the ring is at work within the lake."""
    span = settings.end - settings.start
    length = span * share_of(rng, group, (0.15, 0.6), (0.6, 1.0))
    group.from_ms = settings.start + round(rng.random() * (span - length))
    group.to_ms = group.from_ms + round(length)


def make_over(settings: Settings, rng: np.random.Generator, people: People, group: Group) -> None:
    """A loud ring's accounts: it saves on some of devices, addresses, age and names, seldom on all of them."""
    who, size = group.members, len(group.members)
    thrift = {name: rng.random() < 0.62 for name in ("devices", "addresses", "fresh", "names", "idle")}
    home_country = int(rng.choice(len(OFFSETS)))
    people.country[who] = np.where(rng.random(size) < 0.8, home_country, people.country[who])
    people.offset_h[who] = (OFFSETS[people.country[who]] + rng.normal(0, 0.8, size)).round(2)
    people.carrier[who] = rng.choice(people.carrier[people.country == home_country], size=size)
    people.household[who] = -1
    people.place[who] = -1
    people.second_device[who] = people.device[who]
    people.second_share[who] = 0
    people.verified[who] = False
    people.from_ms[who], people.to_ms[who] = settings.start, settings.end
    people.home[who] = keyed(settings.seed, "lone home", who)
    if thrift["devices"]:
        devices = max(1, round(size / rng.uniform(3, 12)))
        people.device[who] = keyed(settings.seed, "ring device", group.number, rng.integers(0, devices, size))
        people.second_device[who] = keyed(settings.seed, "ring device", group.number, rng.integers(0, devices, size))
        people.second_share[who] = 0.3
    if thrift["addresses"]:
        addresses = max(1, round(size / rng.uniform(4, 30)))
        people.home[who] = keyed(settings.seed, "ring home", group.number, rng.integers(0, addresses, size))
        people.home_share[who] = rng.beta(8, 2, size)
    if thrift["fresh"]:
        window = rng.uniform(0.5, 6) * MS_PER_DAY
        first = group.from_ms - rng.uniform(0.5, 20) * MS_PER_DAY - window
        people.created_ms[who] = (first + rng.random(size) * window).astype(np.int64)
    else:
        people.created_ms[who] = (settings.start - (20 + rng.exponential(250, size)) * MS_PER_DAY).astype(np.int64)
    people.from_ms[who] = np.maximum(settings.start, people.created_ms[who] + 30_000)
    if thrift["names"]:
        people.stem[who] = group.number
    people.link[who] = np.where(rng.random(size) < (0.3 if group.scheme == "spam" else 0.05), group.number, NOTHING)
    if thrift["idle"]:
        people.sessions[who] *= 0.3
        people.is_creator[who] &= rng.random(size) < 0.5


def share_of(rng: np.random.Generator, group: Group, loud: Range, evading: Range) -> float:
    """A number from the range of the ring's style, or from all ranges and below them when it is varied."""
    if group.varied:
        return float(rng.uniform(min(loud + evading) / BELOW, max(loud + evading)))
    return float(rng.uniform(*(loud if group.style == "loud" else evading)))


def count_of(rng: np.random.Generator, group: Group, loud: tuple[int, int], evading: tuple[int, int]) -> int:
    """A whole number in the same manner; ranges end before their second number."""
    if group.varied:
        return int(rng.integers(max(1, min(loud + evading) // BELOW), max(loud + evading)))
    return int(rng.integers(*(loud if group.style == "loud" else evading)))


def manners(rng: np.random.Generator, group: Group, loud: Mapping, evading: Mapping) -> Mapping:
    """How members go to a video, see `Diary.visit`; of a varied ring each chance is a `share_of`."""
    if not group.varied:
        return loud if group.style == "loud" else evading
    both = {name: (loud.get(name, 0.0), evading.get(name, 0.0)) for name in {**loud, **evading} if name != "attention"}
    chances = {name: share_of(rng, group, between, between) for name, between in both.items()}
    return {**chances, "attention": (1.4, rng.uniform(1.2, 6))}


def as_if_loud(rng: np.random.Generator, group: Group) -> bool:
    """Whether it takes no care in something; of a varied ring at random."""
    return bool(rng.random() < 0.5) if group.varied else group.style == "loud"


def moments(rng: np.random.Generator, plan: Plan, group: Group, who: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """When each of `who` acts on what the ring turns to at `begin`: within minutes, or over days at human hours."""
    if as_if_loud(rng, group):
        pace = rng.choice([3, 8, 20, 60], p=[0.3, 0.35, 0.25, 0.1]) * 60_000
        return (begin + rng.exponential(pace, len(who))).astype(np.int64)
    spread = rng.uniform(0.2 if group.varied else 3, 14) * MS_PER_DAY
    return in_own_hours(rng, plan.people, who, (begin + rng.random(len(who)) * spread).astype(np.int64))


def pairs(
    rng: np.random.Generator, members: np.ndarray, objects: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Who turns to which object: a share of the members to each; positions of members and of objects."""
    who, which = np.nonzero(rng.random((len(members), len(objects))) < share)
    return members[who], which


def turn_to(rng: np.random.Generator, plan: Plan, group: Group, videos: np.ndarray) -> np.ndarray:
    """When the ring turns to each video: soon after its upload, or when the customer pays, in its working time."""
    latest = np.maximum(plan.films.created_ms[videos], group.from_ms)
    return latest + (rng.exponential(0.08, len(videos)) * (group.to_ms - group.from_ms)).astype(np.int64)


def videos_of(plan: Plan, rng: np.random.Generator, creators: np.ndarray, until: int, most: int) -> np.ndarray:
    """Up to `most` of the latest videos of each creator."""
    chosen = []
    for creator in creators:
        own = plan.own_videos(int(creator))
        own = own[plan.films.created_ms[own] < until][-2 * most :]
        chosen.append(rng.choice(own, size=min(most, len(own)), replace=False))
    return np.sort(np.concatenate(chosen)) if chosen else np.array([], np.int64)


def customers(plan: Plan, rng: np.random.Generator, group: Group, count: int, famous: bool = False) -> np.ndarray:
    """Creators who are not in the ring, with recent videos; unknown ones buy, known ones are attacked."""
    asked = rng.permutation(plan.creators)[:CUSTOMERS_ASKED]
    fame = plan.people.fame[asked]
    asked = asked[np.argsort((fame <= 2) if famous else (fame >= 3), kind="stable")]
    found: list[int] = []
    for creator in asked[~np.isin(asked, group.members)].tolist():
        made = plan.films.created_ms[plan.own_videos(creator)]
        if ((made < group.to_ms) & (made > group.from_ms - 30 * MS_PER_DAY)).any():
            found.append(creator)
        if len(found) == count:
            break
    return np.array(found, np.int64)


def trending(plan: Plan, rng: np.random.Generator, group: Group, count: int) -> np.ndarray:
    """Videos that do well while the ring is at work."""
    order, created = plan.by_time
    low, high = np.searchsorted(created, [group.from_ms - 4 * MS_PER_DAY, group.to_ms])
    fresh = order[low:high]
    if not len(fresh):
        return fresh
    weight = plan.films.pull[fresh] + 1e-9
    return rng.choice(fresh, size=min(count, len(fresh)), replace=False, p=weight / weight.sum())


def spam(plan: Plan, rng: np.random.Generator, group: Group) -> None:
    """Comments of the same few templates under videos that are seen a lot."""
    targets = trending(plan, rng, group, count_of(rng, group, (8, 30), (25, 60)))
    who, which = pairs(rng, group.members, targets, share_of(rng, group, (0.3, 0.7), (0.2, 0.4)))
    ts = moments(rng, plan, group, who, turn_to(rng, plan, group, targets)[which])
    how = manners(rng, group, {"view": 0.5, "attention": (1.2, 6)}, {"view": 0.92, "like": 0.15})
    duration = plan.films.duration_ms[targets[which]]
    plan.diary.visit(rng, who, targets[which], ts, duration, comment=1.0, words=SPAM, book=group.number, **how)


def farm(plan: Plan, rng: np.random.Generator, group: Group) -> None:
    """Likes and follows for several customers; likes for whatever trends, as camouflage."""
    buyers = customers(plan, rng, group, count_of(rng, group, (3, 8), (3, 8)))
    plan.customers.update(map(int, buyers))
    bought = videos_of(plan, rng, buyers, group.to_ms, count_of(rng, group, (3, 8), (3, 8)))
    plan.mark(bought, group.policy, group)
    who, which = pairs(rng, group.members, bought, share_of(rng, group, (0.5, 0.9), (0.3, 0.6)))
    ts = moments(rng, plan, group, who, turn_to(rng, plan, group, bought)[which])
    loud = {"view": 0.45, "attention": (1.2, 5), "comment": 0.02, "like": 0.92}
    how = manners(rng, group, loud, {"view": 0.93, "comment": 0.04, "like": 0.92})
    plan.diary.visit(rng, who, bought[which], ts, plan.films.duration_ms[bought[which]], **how)
    who, which = pairs(rng, group.members, buyers, share_of(rng, group, (0.4, 0.9), (0.3, 0.6)))
    begin = group.from_ms + rng.random(len(buyers)) * (group.to_ms - group.from_ms) * 0.8
    ts = moments(rng, plan, group, who, begin[which])
    plan.diary.write(who, FOLLOW, ts, target=buyers[which])
    camouflage = trending(plan, rng, group, 60)
    who, which = pairs(rng, group.members, camouflage, share_of(rng, group, (0.02, 0.25), (0.02, 0.25)))
    ts = in_own_hours(
        rng, plan.people, who, (group.from_ms + rng.random(len(who)) * (group.to_ms - group.from_ms)).astype(int)
    )
    plan.diary.visit(rng, who, camouflage[which], ts, plan.films.duration_ms[camouflage[which]], like=0.6, view=0.8)


def view_bots(plan: Plan, rng: np.random.Generator, group: Group) -> None:
    """The same few videos again and again, each time for about as long as counts as a view."""
    buyers = customers(plan, rng, group, count_of(rng, group, (2, 6), (2, 6)))
    plan.customers.update(map(int, buyers))
    bought = videos_of(plan, rng, buyers, group.to_ms, count_of(rng, group, (3, 7), (3, 7)))
    plan.mark(bought, "artificial_engagement", group)
    who, which = pairs(rng, group.members, bought, share_of(rng, group, (0.5, 0.95), (0.35, 0.65)))
    times = 1 + rng.poisson(share_of(rng, group, (3, 9), (0.3, 1.2)), len(who))
    who, which = np.repeat(who, times), np.repeat(which, times)
    ts = moments(rng, plan, group, who, turn_to(rng, plan, group, bought)[which])
    if as_if_loud(rng, group):
        watch = rng.uniform(2_000, 6_000) * rng.lognormal(0, rng.uniform(0.03, 0.2), len(who))
    else:
        watch = plan.films.duration_ms[bought[which]] * rng.beta(1.3, 2.2, len(who))
    plan.diary.write(who, VIEW, ts, bought[which], watch_ms=np.maximum(watch, 500).astype(np.int64))


def reupload(plan: Plan, rng: np.random.Generator, group: Group) -> None:
    """Copies of videos that did well, with frames cropped or filtered; members help each other's copies along."""
    loud = as_if_loud(rng, group)
    sources = trending(plan, rng, group, count_of(rng, group, (4, 14), (4, 14)))
    if not len(sources):
        return
    who, which = pairs(rng, group.members, sources, share_of(rng, group, (0.35, 0.7), (0.2, 0.4)))
    origin = sources[which]
    begin = np.maximum(plan.films.created_ms[origin] + 3 * MS_PER_HOUR, group.from_ms)
    spread = share_of(rng, group, (0.5, 2), (4, 16))
    ts = in_own_hours(rng, plan.people, who, (begin + rng.random(len(who)) * spread * MS_PER_DAY).astype(np.int64))
    keep = (ts > np.maximum(plan.people.created_ms[who], plan.films.created_ms[origin]) + MS_PER_HOUR) & (
        ts < plan.settings.end - MS_PER_HOUR
    )
    who, origin, ts = who[keep], origin[keep], ts[keep]
    if not len(who):
        return
    bits = rng.integers(0, 14, len(who)) if loud else rng.integers(4, 41, len(who))
    trimmed = rng.uniform(0.9, 1.0, len(who)) if not loud else rng.uniform(0.985, 1.0, len(who))
    keeps_sound = rng.random(len(who)) < (0.85 if loud else 0.45)
    other_sound = plan.films.sound[rng.integers(0, plan.films.size, len(who))]
    made = {
        "creator": who,
        "created_ms": ts,
        "pull": plan.films.pull[origin] * rng.lognormal(-2.0, 0.8, len(who)),
        "topic": plan.films.topic[origin],
        "market": plan.films.market[origin],
        "duration_ms": (plan.films.duration_ms[origin] * trimmed).astype(np.int64),
        "sound": np.where(keeps_sound, plan.films.sound[origin], other_sound),
        "frame": flipped(rng, plan.films.frame[origin], bits),
        "copy_of": origin if loud else np.where(rng.random(len(who)) < 0.4, origin, NOTHING),
    }
    copies = np.arange(plan.next_film, plan.next_film + len(who))
    plan.copies.append(made)
    plan.mark(copies, group.policy, group)
    plan.mark(origin, None, group)
    helpers, which = pairs(rng, group.members, copies, min(0.5, share_of(rng, group, (4, 10), (4, 10)) / len(copies)))
    ts = moments(rng, plan, group, helpers, made["created_ms"][which] + 120_000)
    others = helpers != made["creator"][which]
    helpers, which, ts = helpers[others], which[others], ts[others]
    plan.diary.visit(rng, helpers, copies[which], ts, made["duration_ms"][which], like=0.7, comment=0.05, view=0.9)


def brigade(plan: Plan, rng: np.random.Generator, group: Group) -> None:
    """The same videos of a few creators reported by all."""
    victims = customers(plan, rng, group, count_of(rng, group, (2, 5), (4, 9)), famous=True)
    attacked = videos_of(plan, rng, victims, group.to_ms, count_of(rng, group, (2, 6), (2, 6)))
    plan.mark(attacked, None, group)
    who, which = pairs(rng, group.members, attacked, share_of(rng, group, (0.5, 0.9), (0.35, 0.6)))
    ts = moments(rng, plan, group, who, turn_to(rng, plan, group, attacked)[which])
    seen = rng.random(len(who)) < manners(rng, group, {"view": 0.4}, {"view": 0.9})["view"]
    watch = (plan.films.duration_ms[attacked[which]] * rng.beta(1.2, 3, len(who))).clip(min=400).astype(np.int64)
    plan.diary.write(who[seen], VIEW, ts[seen], attacked[which][seen], watch_ms=watch[seen])
    plan.diary.write(who, REPORT, ts + rng.integers(1_500, 25_000, len(who)), attacked[which])


WORK: dict[str, Callable[[Plan, np.random.Generator, Group], None]] = {
    "spam": spam,
    "farm": farm,
    "view_bots": view_bots,
    "reupload": reupload,
    "brigade": brigade,
}


def go_to_work(plan: Plan, groups: list[Group]) -> None:
    """All rings do what they are there for; those who copy add to the films, so the indexes are made before."""
    _ = plan.by_creator, plan.by_time, plan.creators
    for group in groups:
        WORK[group.scheme](plan, plan.settings.rng("ring at work", group.number), group)
        plan.groups.append(group)
    if plan.copies:
        together = {name: np.concatenate([made[name] for made in plan.copies]) for name in plan.copies[0]}
        plan.films, plan.copies = extended(plan.films, together, plan.settings.seed), []
