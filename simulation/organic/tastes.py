"""Crowds that nobody called together: people of one taste or town, and what a feed brings to them."""

import numpy as np

from simulation.organic import sayings
from simulation.organic.draws import Rng, delays, each, moments, part, some, takers
from simulation.organic.gatherings import a_country
from simulation.organic.platform import DAY, HOUR, MINUTE, SECOND
from simulation.organic.stage import Stage

FEED_PEOPLE, FEED_DAYS, FEED_CREATORS, FEED_VIDEOS_PER_DAY = (15, 80), (10, 60), (5, 50), (2, 14)
FEED_WATCHED, FEED_LAG_MINUTES = (0.1, 0.5), (4, 400)
FEED_LIKES, FEED_COMMENTS = (0.05, 0.5), (0.0, 0.06)
RATERS, CATALOGUE, CATALOGUE_CREATORS, RATERS_SEEN, RATERS_DAYS = (15, 150), (25, 200), (1, 8), (0.08, 0.5), (10, 60)
TOWN_PEOPLE, TOWN_CREATORS, TOWN_UPLOADS_PER_DAY, TOWN_SEEN = (25, 200), (2, 9), (0.1, 0.6), (0.08, 0.5)
TAG_VIDEOS = (4, 400)
"""Videos that a tag of a narrow taste bears."""
SMALL_VIEWS = 25
"""Views of a video of a small creator, at most, beside those of the crowd."""


def taste_feed(stage: Stage, rng: Rng) -> None:
    """A feed brings the same small creators' new videos to people of one taste, minutes to hours after the upload.

    Every day each watches a tenth to a half of what is brought, and likes some of it.
    """
    tag = a_taste(stage, rng)
    people = like_minded(stage, rng, some(rng, FEED_PEOPLE), tag, ~stage.fed)
    creators = small_creators(stage, rng, some(rng, FEED_CREATORS), tag)
    people = people[~np.isin(people, creators)]
    stage.fed[people] = True
    first, last = stage.days(rng, *FEED_DAYS)
    count = max(4, round((last - first) / DAY * part(rng, FEED_VIDEOS_PER_DAY)))
    author = creators[np.minimum(rng.geometric(2 / len(creators), count) - 1, len(creators) - 1)]
    shown = stage.own_hours(rng, author, moments(rng, first, last, count))
    videos = stage.upload(rng, author, shown, tags=tag_names(stage, tag), member=False)
    member, which = takers(rng, each(rng, FEED_WATCHED, len(people)), count)
    lag = part(rng, FEED_LAG_MINUTES) * MINUTE
    ts = shown[which] + delays(rng, lag * each(rng, (0.4, 1.6), count)[which], len(which)) + 10 * SECOND
    stage.visit(
        rng,
        people[member],
        videos[which],
        stage.when_awake(rng, people[member], ts),
        like=part(rng, FEED_LIKES),
        comment=part(rng, FEED_COMMENTS),
        share=0.02,
    )
    stage.pass_by(rng, videos, SMALL_VIEWS)


def film_raters(stage: Stage, rng: Rng) -> None:
    """People of one taste go through the same catalogue, each in evenings of their own, and say what they think."""
    tag = a_taste(stage, rng)
    people = like_minded(stage, rng, some(rng, RATERS), tag)
    creators = small_creators(stage, rng, some(rng, CATALOGUE_CREATORS), tag)
    people = people[~np.isin(people, creators)]
    count = some(rng, CATALOGUE)
    joined = int(stage.created[creators].max())
    shown = moments(rng, max(joined, stage.start - 90 * DAY), stage.start - HOUR, count)
    catalogue = stage.upload(rng, rng.choice(creators, count), shown, tags=tag_names(stage, tag), member=False)
    member, which = takers(rng, each(rng, RATERS_SEEN, len(people)), count)
    first, last = stage.days(rng, *RATERS_DAYS)
    evenings = first + (rng.random((len(people), some(rng, (3, 15)))) * (last - first)).astype(np.int64)
    ts = evenings[member, rng.integers(0, evenings.shape[1], len(member))]
    ts = stage.own_hours(rng, people[member], ts)
    stage.visit(rng, people[member], catalogue[which], ts, like=part(rng, (0.2, 0.8)), comment=part(rng, (0.05, 0.5)))
    stage.pass_by(rng, catalogue, SMALL_VIEWS)


def neighbourhood(stage: Stage, rng: Rng) -> None:
    """A town: its people like what the town's few small creators upload, some of them over the town's one address."""
    country = a_country(stage, rng)
    creators = stage.creators(rng, some(rng, TOWN_CREATORS), country)
    people = stage.people(rng, some(rng, TOWN_PEOPLE), stage.at_home_in(country))
    people = people[~np.isin(people, creators)]
    first, last = stage.days(rng, 14, 60)
    author = np.repeat(
        creators, np.maximum(rng.poisson(each(rng, TOWN_UPLOADS_PER_DAY, len(creators)) * (last - first) / DAY), 1)
    )
    shown = stage.own_hours(rng, author, moments(rng, first, last, len(author)))
    videos = stage.upload(rng, author, shown, tags=[sayings.name(rng)], member=False)
    member, which = takers(rng, each(rng, TOWN_SEEN, len(people)), len(videos))
    who = people[member]
    ts = stage.when_awake(rng, who, shown[which] + delays(rng, part(rng, (2, 40)) * HOUR, len(who)) + SECOND)
    address = stage.machines(rng, who)[1]
    out = rng.random(len(who)) < part(rng, (0, 0.4))
    address[out] = stage.new_addresses(rng, 1)
    stage.visit(
        rng, who, videos[which], ts, like=part(rng, (0.2, 0.7)), comment=part(rng, (0.02, 0.2)), address=address
    )
    member, which = takers(rng, each(rng, (0.1, 0.7), len(people)), len(creators))
    stage.follow(rng, people[member], creators[which], moments(rng, first, last, len(member)))
    stage.pass_by(rng, videos, SMALL_VIEWS)


def a_taste(stage: Stage, rng: Rng) -> int:
    """A tag that some videos bear but not too many, -1 where there is none."""
    uses = np.bincount(stage.platform.tag_of[stage.platform.tag_of >= 0], minlength=len(stage.platform.tags))
    fits = np.flatnonzero((uses >= TAG_VIDEOS[0]) & (uses <= TAG_VIDEOS[1]))
    return int(rng.choice(fits)) if len(fits) else -1


def tag_names(stage: Stage, tag: int) -> list[str] | None:
    return [stage.platform.tags[tag]] if tag >= 0 else None


def like_minded(stage: Stage, rng: Rng, size: int, tag: int, free: np.ndarray | None = None) -> np.ndarray:
    """Draw people, of those who are `free`, who act on videos with the tag more often than others.

    Where few do, others come, too.
    """
    if tag < 0:
        likely = stage.at_home_in(a_country(stage, rng))
    else:
        likely = stage.platform.engaged_with(stage.platform.of_tag(tag)) + 1e-6 * stage.platform.activity + 1e-9
    return stage.people(rng, size, likely if free is None else likely * free)


def small_creators(stage: Stage, rng: Rng, size: int, tag: int) -> np.ndarray:
    """Draw creators whose videos few watch, of the tag where it has any, the busiest first."""
    old = stage.platform
    known = np.flatnonzero(old.author >= 0)
    uploads = np.bincount(old.author[known], minlength=len(old.account_id))
    seen = np.bincount(old.author[known], weights=old.views[known], minlength=len(old.account_id))
    mean = seen / np.maximum(uploads, 1)
    usual = np.median(mean[uploads > 0]) if len(known) else 0
    fitting = old.author[old.of_tag(tag)]
    with_tag = np.bincount(fitting[fitting >= 0], minlength=len(old.account_id))
    weights = (mean <= usual) * (uploads * 0.01 + with_tag) + 1e-9
    return rng.permutation(stage.people(rng, size, weights))
