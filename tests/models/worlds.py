"""A small made-up lake with published features and decisions, for training and scoring."""

from datetime import date, timedelta
from itertools import combinations

import numpy as np
from pyspark.sql import DataFrame

from conf import Limits, load_limits, load_policies
from jobs.job import Context
from lake.runs import Run
from lake.schemas import (
    ACCOUNT_FEATURES,
    ACCOUNT_LINKS,
    ACCOUNTS,
    DECISIONS,
    DOUBLE,
    EVENTS,
    RING_MEMBERS,
    RINGS,
    VIDEO_FEATURES,
    column,
)
from lake.store import Lake, Provenance
from tests.builders import accounts, at, decisions, events

DAY = date(2026, 3, 1)
SNAPSHOTS = (date(2026, 2, 8), date(2026, 2, 15), date(2026, 2, 22), DAY)
ME = Provenance("test", "1")
PEOPLE, RINGED, RING_SIZE = 600, 120, 6
FEATURES = ACCOUNT_FEATURES.extended(
    [column(name, DOUBLE, name) for name in ("age_days", "events_28d", "noise_7d", "likes_28d")]
)
OF_RINGS = RINGS.extended([column(name, DOUBLE, name) for name in ("age_days", "coverage")])
VIDEOS = VIDEO_FEATURES.extended([column(name, DOUBLE, name) for name in ("age_days", "views_28d", "reach_28d")])


def small_limits(**training: object) -> Limits:
    """The project's limits, with a short search, and made for a few dozen violating decisions on ten such rings."""
    limits = load_limits()
    short = {"trials": 2, "folds": 3, "background_rows": 500, "prior_decisions": 30, "min_per_class": 8}
    changed = limits.training.model_copy(update={**short, **training})
    return limits.model_copy(update={"training": changed})


def context(lake: Lake, as_of: date = DAY, limits: Limits | None = None) -> Context:
    return Context(lake, as_of, Run("test", as_of, {}), {}, load_policies(), limits or small_limits())


def abusive(account: int) -> bool:
    """The first accounts are in rings of six, all of one policy; every other ring is honest."""
    return account <= RINGED and (account - 1) // RING_SIZE % 2 == 0


def account_table(lake: Lake, day: date) -> DataFrame:
    """Abusers are young, like a lot, and hide in noise; some honest ones look alike."""
    rows = []
    for account in range(1, PEOPLE + 1):
        dice = np.random.default_rng([account, day.toordinal()])
        young = abusive(account) and account % 5 != 0
        rows.append(
            (
                day,
                account,
                float(dice.exponential(15 if young else 400)),
                float(dice.poisson(60)),
                float(dice.normal()) if account % 7 else None,
                float(dice.poisson(30 if abusive(account) else 12)),
            )
        )
    return lake.spark.createDataFrame(rows, FEATURES.types)


def publish_snapshot(lake: Lake, day: date) -> None:
    """Features, links and rings of one day."""
    spark = lake.spark
    lake.publish(FEATURES, account_table(lake, day), day, ME)
    rings, members, links = [], [], []
    for ring in range(RINGED // RING_SIZE):
        first = ring * RING_SIZE + 1
        score = 0.9 if abusive(first) else 0.3
        rings.append((day, 1000 + ring, "spam_ring", RING_SIZE, score, "six accounts", [], 9.0 + ring, score / 2))
        members += [(day, 1000 + ring, first + place, 1.0 - place / 10) for place in range(RING_SIZE)]
        surprise = 12.0 if abusive(first) else 7.0
        everyone = range(first, first + RING_SIZE)
        links += [(day, *pair, ["like"], 5, surprise) for pair in combinations(everyone, 2)]
    lake.publish(OF_RINGS, spark.createDataFrame(rings, OF_RINGS.types), day, ME)
    lake.publish(RING_MEMBERS, spark.createDataFrame(members, RING_MEMBERS.types), day, ME)
    lake.publish(ACCOUNT_LINKS, spark.createDataFrame(links, ACCOUNT_LINKS.types), day, ME)
    videos = [(day, 5000 + video, video, 10.0, 100.0 + video, 50.0) for video in range(1, 41)]
    lake.publish(VIDEOS, spark.createDataFrame(videos, VIDEOS.types), day, ME)


def decision_rows() -> list[dict]:
    """Audits of every third account, flags of abusers and of busy honest ones, over three weeks; a few verdicts are
    wrong.
    """
    rows = []
    for account in range(1, PEOPLE + 1):
        dice = np.random.default_rng([account, 99])
        audited = account % 3 == 0
        if not audited and dice.random() > (0.8 if abusive(account) else 0.15):
            continue
        truth = abusive(account) != (dice.random() < 0.03)
        rows.append(
            {
                "entity_id": account,
                "verdict": "violating" if truth else "benign",
                "source": "random_audit" if audited else "queue",
                "decided_at": at("2026-02-09 12:00") + timedelta(hours=float(dice.uniform(0, 20 * 24 - 14))),
            }
        )
    return rows


def make_lake(lake: Lake) -> None:
    """The whole lake: four snapshots, decisions on spam_ring alone, and likes of ring members on the first videos."""
    for day in SNAPSHOTS:
        publish_snapshot(lake, day)
    people = accounts(lake.spark, *({"account_id": account} for account in range(1, PEOPLE + 1)))
    people.write.format("delta").save(lake.path(ACCOUNTS))
    rows = decisions(lake.spark, *decision_rows())
    rows.write.format("delta").save(lake.path(DECISIONS))
    likes = [
        {"ts": at("2026-02-27 10:00"), "account_id": account, "verb": "like", "video_id": 5001 + account // 10}
        for account in range(1, 25)
    ]
    acts = events(lake.spark, *likes)
    acts.write.format("delta").partitionBy("event_date").save(lake.path(EVENTS))
