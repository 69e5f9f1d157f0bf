"""Honest groups that act together: fans, friends, entrants of giveaways, people who report the same shocking video."""

import numpy as np

from simulation.acts import ENTRANT, FAN, FOLLOW, FRIEND, in_own_hours
from simulation.films import Follows
from simulation.people import INTERESTS_EACH, TOPICS
from simulation.rings import ABUSIVE_SHARE, Group, Plan
from simulation.settings import MS_PER_HOUR

CROWDS_PER_RING = 30
MEMBERS_PER_RING = 25
MEAN_ENTRANTS, MEAN_OUTRAGED = 500, 150
MIX = {"circle": 0.72, "fan_club": 0.2, "giveaway": 0.05, "outrage": 0.03}
"""Shares of the kinds of crowds that are planned here; homes, shared devices, places and memes come on top."""


def meet(plan: Plan, follows: Follows, first_number: int) -> None:
    """All honest crowds of the world, thirty for each abusive ring that a world of this size usually has."""
    settings = plan.settings
    rings = settings.accounts * ABUSIVE_SHARE / MEMBERS_PER_RING
    rng = settings.rng("crowds")
    idols = busy_creators(plan, follows)
    fans = np.argsort(follows.followed, kind="stable")
    fan_offset = np.concatenate([[0], np.cumsum(np.bincount(follows.followed, minlength=plan.people.size))])
    fan_of = np.searchsorted(follows.offset, fans, side="right") - 1
    number = first_number
    neighbours = together(plan.people.place), together(plan.people.country)
    for scheme, share in MIX.items():
        for _ in range(round(CROWDS_PER_RING * rings * settings.crowds * share)):
            group = Group(number, scheme, np.array([], np.int64))
            if scheme == "circle":
                circle(plan, rng, group, neighbours)
            elif len(idols):
                idol = int(rng.choice(idols))
                followers = fan_of[fan_offset[idol] : fan_offset[idol + 1]]
                {"fan_club": fan_club, "giveaway": giveaway, "outrage": outrage}[scheme](
                    plan, rng, group, idol, followers
                )
            if len(group.members) > 1:
                plan.groups.append(group)
                number += 1
    gather_by_life(plan, number)


def together(where: np.ndarray) -> list[np.ndarray]:
    """The accounts of each place or country, by its number."""
    order = np.argsort(where, kind="stable")
    return np.split(order, np.searchsorted(where[order], np.arange(where.max(initial=0) + 2)))[1:-1]


def busy_creators(plan: Plan, follows: Follows) -> np.ndarray:
    """Creators with followers who upload every few days."""
    recent = plan.films.created_ms >= plan.settings.start
    uploads = np.bincount(plan.films.creator[recent], minlength=plan.people.size)
    followers = np.bincount(follows.followed, minlength=plan.people.size)
    return np.flatnonzero((uploads >= 4) & (followers >= 12))


def own_videos(plan: Plan, creator: int) -> np.ndarray:
    own = plan.own_videos(creator)
    return own[plan.films.created_ms[own] >= plan.settings.start]


def about(
    plan: Plan, rng: np.random.Generator, who: np.ndarray, which: np.ndarray, ts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Those who are awake and in use at that time."""
    people = plan.people
    there = (rng.random(len(who)) < people.awake(who, ts)) & (ts >= people.from_ms[who]) & (ts < people.to_ms[who])
    return who[there], which[there], ts[there]


def fan_club(plan: Plan, rng: np.random.Generator, group: Group, idol: int, followers: np.ndarray) -> None:
    """Followers of an idol who are there within the hour of each new video, when awake."""
    size = int(min(np.clip(rng.lognormal(3.2, 0.9), 6, 200), len(followers)))
    group.members = np.sort(rng.choice(followers, size=size, replace=False))
    videos = own_videos(plan, idol)
    keen = rng.beta(3, 1.6, size)
    member, which = np.nonzero(rng.random((size, len(videos))) < keen[:, None])
    ts = plan.films.created_ms[videos][which] + rng.exponential(rng.uniform(8, 40) * 60_000, len(which)).astype(
        np.int64
    )
    who, which, ts = about(plan, rng, group.members[member], which, ts)
    video = videos[which]
    plan.diary.visit(
        rng,
        who,
        video,
        ts,
        plan.films.duration_ms[video],
        like=0.85,
        comment=0.35,
        share=0.12,
        attention=(4, 1),
        words=FAN,
    )


def circle(plan: Plan, rng: np.random.Generator, group: Group, neighbours: tuple[list, list]) -> None:
    """Friends with a chat: one sends a video, the others look at it within hours; they follow and like one another."""
    people, films, settings = plan.people, plan.films, plan.settings
    first = int(rng.integers(0, people.size))
    near = neighbours[0][people.place[first]] if people.place[first] >= 0 else np.array([], np.int64)
    if len(near) < 3 or rng.random() < 0.5:
        near = neighbours[1][people.country[first]]
    size = int(min(np.clip(rng.lognormal(1.5, 0.4), 3, 14), len(near)))
    if size < 3:
        return
    group.members = np.sort(rng.choice(near, size=size, replace=False, shuffle=False))
    span = settings.end - settings.start
    sent_at = settings.start + np.sort(rng.random(int(rng.integers(4, 28))) * span).astype(np.int64)
    sender = rng.choice(group.members, size=len(sent_at))
    sent_at = in_own_hours(rng, people, sender, sent_at)
    wanted = films.pool[rng.integers(0, films.size, len(sent_at))]
    mine = people.market[first] * TOPICS + people.interests[first, rng.integers(0, INTERESTS_EACH, len(sent_at))]
    video = video_in_pool(plan, rng, np.where(rng.random(len(sent_at)) < 0.8, mine, wanted), sent_at)
    good = video >= 0
    video, sent_at, sender = video[good], sent_at[good], sender[good]
    plan.diary.visit(rng, sender, video, sent_at, films.duration_ms[video], like=0.7, share=0.95, comment=0.05)
    member, which = np.nonzero(rng.random((size, len(video))) < rng.uniform(0.4, 0.85))
    others = group.members[member] != sender[which]
    who, which = group.members[member[others]], which[others]
    ts = sent_at[which] + rng.exponential(rng.uniform(0.3, 8) * MS_PER_HOUR, len(who)).astype(np.int64)
    who, which, ts = about(plan, rng, who, which, ts)
    seen = video[which]
    plan.diary.visit(rng, who, seen, ts, films.duration_ms[seen], like=0.5, comment=0.12, share=0.03, words=FRIEND)
    one, two = np.triu_indices(size, 1)
    new = rng.random(len(one)) < 0.25
    a, b = group.members[one[new]], group.members[two[new]]
    ts = in_own_hours(rng, people, a, settings.start + (rng.random(len(a)) * span).astype(np.int64))
    plan.diary.write(a, FOLLOW, ts, target=b)
    back = rng.random(len(a)) < 0.8
    plan.diary.write(
        b[back], FOLLOW, ts[back] + (rng.exponential(5, back.sum()) * MS_PER_HOUR).astype(np.int64), target=a[back]
    )


def video_in_pool(plan: Plan, rng: np.random.Generator, pools: np.ndarray, ts: np.ndarray) -> np.ndarray:
    """A video of each pool that was uploaded before that time, -1 where none is found; friends find small ones too."""
    films = plan.films
    by_pool, edges = plan.shelves
    low, high = edges[pools], edges[pools + 1]
    video = np.full(len(pools), -1)
    for _ in range(8):
        pick = low + (rng.random(len(pools)) * (high - low)).astype(np.int64)
        candidate = by_pool[np.minimum(pick, films.size - 1)]
        fits = (video < 0) & (high > low) & (films.created_ms[candidate] < ts)
        video[fits] = candidate[fits]
    return video


def giveaway(plan: Plan, rng: np.random.Generator, group: Group, idol: int, followers: np.ndarray) -> None:
    """A creator gives something away: within two days many follow, like and write the same comment."""
    videos = own_videos(plan, idol)
    prizes = rng.choice(videos, size=min(len(videos), int(rng.integers(1, 4))), replace=False)
    people = plan.people
    country = np.flatnonzero(people.market == people.market[idol])
    size = int(
        min(
            np.clip(rng.lognormal(np.log(min(people.size * 0.006, MEAN_ENTRANTS)), 0.8), 20, people.size * 0.08),
            len(country),
        )
    )
    pool = np.union1d(followers, rng.choice(country, size=min(len(country), 2 * size), replace=False))
    group.members = np.sort(rng.choice(pool, size=min(size, len(pool)), replace=False))
    member, which = np.nonzero(rng.random((len(group.members), len(prizes))) < 0.65)
    ts = plan.films.created_ms[prizes][which] + rng.exponential(14 * MS_PER_HOUR, len(which)).astype(np.int64)
    who, which, ts = about(plan, rng, group.members[member], which, ts)
    prize = prizes[which]
    duration = plan.films.duration_ms[prize]
    plan.diary.visit(rng, who, prize, ts, duration, like=0.9, comment=0.95, share=0.2, words=ENTRANT, book=group.number)
    once, where = np.unique(who, return_index=True)
    joins = rng.random(len(once)) < 0.7
    plan.diary.write(once[joins], FOLLOW, ts[where][joins] + rng.integers(2_000, 40_000, joins.sum()), target=idol)


def outrage(plan: Plan, rng: np.random.Generator, group: Group, idol: int, followers: np.ndarray) -> None:
    """A shocking video is reported by many who do not know one another, within two days."""
    videos = own_videos(plan, idol)
    video = rng.choice(videos, size=min(len(videos), int(rng.integers(1, 3))), replace=False)
    size = int(
        np.clip(rng.lognormal(np.log(min(plan.people.size * 0.003, MEAN_OUTRAGED)), 0.7), 12, plan.people.size * 0.03)
    )
    market = np.flatnonzero(plan.people.market == plan.people.market[idol])
    group.members = np.sort(rng.choice(market, size=min(size, len(market)), replace=False))
    member, which = np.nonzero(rng.random((len(group.members), len(video))) < 0.7)
    ts = plan.films.created_ms[video][which] + rng.exponential(16 * MS_PER_HOUR, len(which)).astype(np.int64)
    who, which, ts = about(plan, rng, group.members[member], which, ts)
    seen = video[which]
    plan.diary.visit(rng, who, seen, ts, plan.films.duration_ms[seen], report=0.85, comment=0.3, attention=(1.5, 1.5))


def gather_by_life(plan: Plan, number: int) -> None:
    """The groups that nobody planned: makers of a meme, a home, a shared device, a school or cafe."""
    people, films = plan.people, plan.films
    shared = np.where(people.household >= 0, people.second_device, 0)
    kinds = {
        "meme": (films.creator[films.meme >= 0], films.meme[films.meme >= 0]),
        "family": (np.flatnonzero(shared), shared[shared > 0].astype(np.int64)),
        "household": (np.flatnonzero(people.household >= 0), people.household[people.household >= 0]),
        "place": (np.flatnonzero(people.place >= 0), people.place[people.place >= 0]),
    }
    for scheme, (who, what) in kinds.items():
        order = np.argsort(what, kind="stable")
        edges = np.flatnonzero(np.diff(what[order])) + 1
        for members in np.split(who[order], edges):
            members = np.unique(members)
            if len(members) > 1:
                plan.groups.append(Group(number, scheme, members))
                number += 1
