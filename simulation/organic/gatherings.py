"""Crowds of many who do not know one another and meet on few videos: events, tags, prizes, anger."""

import numpy as np

from simulation.organic import sayings
from simulation.organic.draws import Range, Rng, delays, each, moments, part, some, takers
from simulation.organic.platform import DAY, HOUR, MINUTE, SECOND
from simulation.organic.stage import Stage

MOST_OF_ALL = 0.1
"""No crowd of strangers is a larger part of all accounts."""
FINAL_PEOPLE, FINAL_VIDEOS, FINAL_HOURS = (40, 2_000), (2, 7), (1.5, 5)
FINAL_KEEN, FINAL_SHOUTS, FINAL_TALK = (0.3, 0.95), (1, 4), (0.2, 0.9)
NEWS_PEOPLE, NEWS_VIDEOS, NEWS_HOURS, NEWS_KEEN = (40, 1_500), (2, 9), (0.5, 30), (0.15, 0.8)
PROTEST_PEOPLE, PROTEST_DAYS, PROTEST_VIDEOS = (30, 600), (1.5, 8), (15, 250)
PROTEST_POSTS, PROTEST_SLOGANS, PROTEST_UPLOADS = (1, 25), (1, 4), (0, 12)
GIVEAWAY_PEOPLE, GIVEAWAY_HOURS = (30, 1_500), (2, 60)
OUTRAGE_PEOPLE, OUTRAGE_VIDEOS, OUTRAGE_HOURS = (60, 900), (1, 3), (2, 40)
KNOWN_CREATOR_VIEWS = 300
"""Passers-by of a video that is known beyond its crowd, at most."""


def strangers(stage: Stage, rng: Rng, within: Range) -> np.ndarray:
    """People of one country mostly, as many as a crowd of that range has on a platform of this size."""
    size = min(some(rng, within), max(int(MOST_OF_ALL * len(stage.honest)), 8))
    return stage.people(rng, size, stage.at_home_in(a_country(stage, rng)))


def a_country(stage: Stage, rng: Rng) -> int:
    """The country of some account, or none when that is not known."""
    return int(stage.platform.country[rng.choice(stage.honest)])


def final(stage: Stage, rng: Rng) -> None:
    """A night of sports: everybody watches the same few videos within hours and shouts the same short things."""
    people = strangers(stage, rng, FINAL_PEOPLE)
    channels = stage.creators(rng, int(rng.integers(1, 4)))
    night = stage.days(rng, 1, 1)[0] // DAY * DAY + stage.evening(int(stage.platform.country[people[0]]), rng)
    length = int(part(rng, FINAL_HOURS) * HOUR)
    shown = moments(rng, night, night + length, some(rng, FINAL_VIDEOS))
    videos = stage.upload(
        rng, rng.choice(channels, len(shown)), shown, tags=[f"final{sayings.name(rng, 2)}"], member=False
    )
    member, which = takers(rng, each(rng, FINAL_KEEN, len(people)), len(videos))
    ts = shown[which] + delays(rng, length * part(rng, (0.05, 0.6)), len(which)) + 2 * SECOND
    talk = part(rng, FINAL_TALK)
    for round_ in range(some(rng, FINAL_SHOUTS)):
        again = rng.random(len(which)) < (1.0 if round_ == 0 else 0.4)
        who, video = people[member[again]], videos[which[again]]
        stage.visit(
            rng,
            who,
            video,
            ts[again] + round_ * delays(rng, 20 * MINUTE, again.sum()),
            like=0.5,
            comment=talk,
            share=0.08,
            words=lambda count: sayings.of(rng, sayings.GOALS, count, favour=0.7),
        )
    stage.pass_by(rng, videos, KNOWN_CREATOR_VIEWS)


def breaking_news(stage: Stage, rng: Rng) -> None:
    """Something happened: within hours many look at the few videos about it, and pass them on."""
    people = strangers(stage, rng, NEWS_PEOPLE)
    first = stage.days(rng, 2, 2)[0]
    hours = part(rng, NEWS_HOURS)
    shown = moments(rng, first, first + int(0.4 * hours * HOUR), some(rng, NEWS_VIDEOS))
    videos = stage.upload(
        rng, stage.creators(rng, len(shown))[: len(shown)], shown, tags=["breaking", sayings.name(rng)], member=False
    )
    member, which = takers(rng, each(rng, NEWS_KEEN, len(people)), len(videos))
    ts = stage.when_awake(rng, people[member], shown[which] + delays(rng, hours * HOUR, len(which)) + SECOND)
    stage.visit(
        rng,
        people[member],
        videos[which],
        ts,
        like=part(rng, (0.1, 0.4)),
        comment=part(rng, (0.1, 0.5)),
        share=part(rng, (0.05, 0.4)),
        words=lambda count: sayings.of(rng, sayings.NEWS, count, favour=0.5),
    )
    stage.pass_by(rng, videos, KNOWN_CREATOR_VIEWS)


def protest_tag(stage: Stage, rng: Rng) -> None:
    """A cause: for days people write the same slogan and hashtag under many videos, and some upload with it."""
    people = strangers(stage, rng, PROTEST_PEOPLE)
    cause = sayings.name(rng)
    slogans = tuple(
        text.format(cause) for text in rng.choice(sayings.SLOGANS, some(rng, PROTEST_SLOGANS), replace=False)
    )
    first, last = stage.days(rng, *PROTEST_DAYS)
    videos = stage.watched_at(rng, moments(rng, first, last, some(rng, PROTEST_VIDEOS)), within=24)
    uploaders = rng.choice(people, rng.integers(*PROTEST_UPLOADS))
    own = stage.upload(rng, uploaders, moments(rng, first, last, len(uploaders)), tags=[cause, f"{cause}now"])
    videos = np.concatenate([videos[videos >= 0], own])
    if not len(videos):
        return
    posts = np.maximum(rng.poisson(some(rng, PROTEST_POSTS) * rng.beta(1, 3, len(people)) * 2), 1)
    who = np.repeat(people, posts)
    ts = stage.own_hours(rng, who, first + (rng.beta(1.3, 2, len(who)) * (last - first)).astype(np.int64))
    video = rng.choice(videos, len(who))
    stage.visit(
        rng,
        who,
        video,
        np.maximum(ts, stage.uploaded[video] + MINUTE),
        like=part(rng, (0.1, 0.6)),
        comment=0.97,
        share=0.1,
        words=lambda count: sayings.of(rng, slogans, count, favour=0.8),
    )
    stage.pass_by(rng, own, 60)


def giveaway(stage: Stage, rng: Rng) -> None:
    """A creator gives something away: who wants it follows and writes the same comment under one video."""
    host = stage.creators(rng, 1)
    people = strangers(stage, rng, GIVEAWAY_PEOPLE)
    people = people[people != host[0]]
    first, hours = stage.days(rng, 2, 2)[0], part(rng, GIVEAWAY_HOURS)
    prize = stage.upload(rng, host, np.array([first]), tags=["giveaway"], member=False)
    phrase = str(rng.choice(sayings.ENTRIES)).format(sayings.name(rng, 2))
    ts = stage.when_awake(rng, people, first + delays(rng, hours * HOUR, len(people)) + SECOND)
    stage.visit(
        rng,
        people,
        np.repeat(prize, len(people)),
        ts,
        like=part(rng, (0.4, 0.95)),
        comment=1.0,
        share=0.15,
        words=lambda count: np.full(count, phrase, object),
    )
    joins = rng.random(len(people)) < part(rng, (0.5, 1.0))
    stage.follow(rng, people[joins], host[0], ts[joins] + delays(rng, 25 * SECOND, joins.sum()) + SECOND)
    stage.pass_by(rng, prize, KNOWN_CREATOR_VIEWS)


def outrage(stage: Stage, rng: Rng) -> None:
    """A shocking video: hundreds who do not know one another report it within days, and say why below it."""
    culprit = stage.creators(rng, 1)
    people = strangers(stage, rng, OUTRAGE_PEOPLE)
    people = people[people != culprit[0]]
    first, hours = stage.days(rng, 2, 2)[0], part(rng, OUTRAGE_HOURS)
    shown = moments(rng, first, first + int(0.3 * hours * HOUR), some(rng, OUTRAGE_VIDEOS))
    videos = stage.upload(rng, np.repeat(culprit, len(shown)), shown, member=False)
    member, which = takers(rng, each(rng, (0.5, 1.0), len(people)), len(videos))
    ts = stage.when_awake(rng, people[member], shown[which] + delays(rng, hours * HOUR, len(which)) + SECOND)
    stage.visit(
        rng,
        people[member],
        videos[which],
        ts,
        report=part(rng, (0.6, 0.95)),
        comment=part(rng, (0.2, 0.7)),
        share=0.05,
        words=lambda count: sayings.of(rng, sayings.ANGER, count, favour=0.5),
        attention=(1.5, 1.5),
    )
    stage.pass_by(rng, videos, KNOWN_CREATOR_VIEWS)
