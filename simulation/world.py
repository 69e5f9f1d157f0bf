"""A whole world as a plan: small enough for the driver and for each task, large enough to make every event from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulation import crowds, rings
from simulation.acts import FOLLOW, Acts, Diary
from simulation.films import Films, Follows, film, follow
from simulation.people import LANGUAGES, People, settle
from simulation.rings import Group, Plan
from simulation.settings import MS_PER_DAY, Settings

EVENTS_PER_SESSION = 7.2
"""Mean number of events of a session of everyday life, as measured."""


@dataclass
class World:
    """Everything that the tasks need: people, films, follows, groups and planned acts, and the knobs."""

    settings: Settings
    people: People
    films: Films
    follows: Follows
    groups: list[Group]
    acts: Acts
    act_edges: np.ndarray
    marked: list[tuple[int, str | None, int]]
    customers: np.ndarray
    film_order: np.ndarray
    film_keys: np.ndarray

    @cached_property
    def language(self) -> np.ndarray:
        return LANGUAGES[self.people.country]

    def acts_of(self, day: int) -> Acts:
        return self.acts.where(slice(self.act_edges[day], self.act_edges[day + 1]))


def plan_world(settings: Settings) -> World:
    """Decide who there is and what is agreed upon; pure, and the same for the same settings."""
    people = settle(settings)
    ring_groups = rings.gather(settings, people)
    plan = Plan(settings, people, film(settings, people), Diary(people))
    follows = follow(settings, people)
    if plan.films.size:
        rings.go_to_work(plan, ring_groups)
        crowds.meet(plan, follows, first_number=len(ring_groups) and max(group.number for group in ring_groups) + 1)
    welcome(plan, follows)
    acts = plan.diary.sorted(plan.films.created_ms, settings.start, settings.end)
    scale_life(settings, people, acts.size)
    days = settings.start + np.arange(settings.days + 1) * MS_PER_DAY
    order = np.lexsort((plan.films.created_ms, plan.films.creator))
    return World(
        settings=settings,
        people=people,
        films=plan.films,
        follows=follows,
        groups=plan.groups,
        acts=acts,
        act_edges=np.searchsorted(acts.ts, days),
        marked=plan.marked,
        customers=np.array(sorted(plan.customers), np.int64),
        film_order=order,
        film_keys=film_key(settings, plan.films.creator[order], plan.films.created_ms[order]),
    )


def film_key(settings: Settings, creator: np.ndarray, ms: np.ndarray) -> np.ndarray:
    """A number that ascends with creator, then time."""
    return creator.astype(np.int64) * (1 << 36) + (ms - settings.start + (1 << 34))


def welcome(plan: Plan, follows: Follows) -> None:
    """Accounts that join within the lake's days follow those they know in their first days."""
    settings, people = plan.settings, plan.people
    new = np.flatnonzero(people.created_ms >= settings.start - MS_PER_DAY)
    rng = settings.rng("welcome")
    who = np.repeat(new, follows.offset[new + 1] - follows.offset[new])
    if len(who):
        target = np.concatenate([follows.of(account) for account in new.tolist()])
        delay = (
            rng.exponential(1.5 * MS_PER_DAY, len(who)) * (rng.random(len(who)) < 0.7)
            + rng.random(len(who)) * 3_600_000
        )
        plan.diary.write(who, FOLLOW, people.created_ms[who] + delay.astype(np.int64) + 60_000, target=target)


def scale_life(settings: Settings, people: People, planned: int) -> None:
    """Turn relative activity into sessions a day, so that life and planned acts add up to the events asked for."""
    span_days = np.maximum(0, people.to_ms - people.from_ms) / MS_PER_DAY
    wanted = max(settings.target_events - planned, settings.target_events // 4)
    people.sessions *= wanted / EVENTS_PER_SESSION / max((people.sessions * span_days).sum(), 1e-9)
