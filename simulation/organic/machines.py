"""Crowds that are made by machines alone: an address of thousands, a client with a bug."""

import numpy as np

from simulation.organic.draws import Rng, each, part, some
from simulation.organic.gatherings import a_country
from simulation.organic.platform import LIKE, MILLISECOND, SECOND, VIEW
from simulation.organic.stage import Stage

CARRIER_SHARE, CARRIER_DAYS, CARRIER_VIEWS = (0.02, 0.25), (3, 42), (0.2, 3)
CARRIER_PEOPLE = (200, 8_000)
BUG_USERS, BUG_DAYS, BUG_COPIES, BUG_SECONDS = (20, 400), (3, 30), (1, 4), (0.8, 12)


def carrier_address(stage: Stage, rng: Rng) -> None:
    """A carrier puts all it serves behind one address: thousands who watch what everybody watches, from there."""
    size = min(some(rng, CARRIER_PEOPLE), int(part(rng, CARRIER_SHARE) * len(stage.honest)) + 2)
    people = stage.people(rng, size, stage.at_home_in(a_country(stage, rng)))
    first, last = stage.days(rng, *CARRIER_DAYS)
    address = np.repeat(stage.new_addresses(rng, 1), len(people))
    stage.live(rng, people, each(rng, CARRIER_VIEWS, len(people)), first, last, address=address)


def buggy_client(stage: Stage, rng: Rng) -> None:
    """A version of the app sends each view several times, seconds apart, or a like as soon as a video is opened."""
    old = stage.platform
    users = stage.people(rng, some(rng, BUG_USERS))
    first, last = stage.days(rng, *BUG_DAYS)
    views = np.flatnonzero(
        np.isin(old.event_account, users)
        & (old.event_verb == VIEW)
        & (old.event_video >= 0)
        & (old.event_ts >= first)
        & (old.event_ts < last)
    )
    likes = rng.random() < 0.4
    copies = (
        np.ones(len(views), np.int64) if likes else rng.integers(BUG_COPIES[0], some(rng, BUG_COPIES) + 1, len(views))
    )
    source = np.repeat(views, copies)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies) + 1
    gap = part(rng, BUG_SECONDS) * each(rng, (0.7, 1.3), len(source)) * SECOND
    late = rng.integers(150, 900, len(source)) * MILLISECOND if likes else (nth * gap).astype(np.int64)
    watched = {} if likes else {"watch_ms": np.maximum(gap / MILLISECOND, 300).astype(np.int64)}
    stage.write(
        old.event_account[source],
        LIKE if likes else VIEW,
        old.event_ts[source] + late,
        video=old.event_video[source],
        device=old.event_device[source],
        address=old.event_address[source],
        **watched,
    )
