"""Reviewers before the suite came: partial, late, drawn to what is loud, sometimes wrong; and random audits."""

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from lake.schemas import DECISIONS, POLICIES, VERDICTS
from simulation.acts import REPORT
from simulation.keys import ids
from simulation.settings import MS_PER_DAY, MS_PER_HOUR
from simulation.truth import SCHEMES
from simulation.world import World

REVIEWERS = 24
AUDITED_SHARE = 0.015
"""Share of the active accounts that a random audit looks at over the lake's days."""
NEVER_REVIEWED = ("brigade",)
ERROR, UNSURE = 0.035, 0.05
REVIEWED_LOUD, REVIEWED_EVADING, REVIEWED_HONEST = 0.22, 0.035, 0.006
"""Chance that an account comes before a reviewer other than by an audit."""

REVIEWED_VIDEOS_LOUD, REVIEWED_VIDEOS_EVADING, REVIEWED_VIDEOS_HONEST = 0.25, 0.06, 0.004

Batch = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Columns of decisions: kind of entity, entity, policy, verdict, when, source."""


def verdicts(rng: np.random.Generator, violating: np.ndarray) -> np.ndarray:
    """What reviewers say when the truth is known: mostly it, a few percent wrong, some unsure."""
    right = np.where(violating, VERDICTS[0], VERDICTS[1])
    wrong = np.where(violating, VERDICTS[1], VERDICTS[0])
    draw = rng.random(len(violating))
    error = np.where(violating, ERROR, ERROR / 3)  # an honest account is less often taken for an abuser
    return np.where(draw < UNSURE, VERDICTS[2], np.where(draw < UNSURE + error, wrong, right))


def office_hours(rng: np.random.Generator, ms: np.ndarray) -> np.ndarray:
    """The same day, 7 to 19 UTC."""
    return ms // MS_PER_DAY * MS_PER_DAY + ((7 + 12 * rng.random(len(ms))) * MS_PER_HOUR).astype(np.int64)


def decide(world: World) -> pa.RecordBatch:
    """Rows of `decisions`, in the order of time, none at or after the end of the lake."""
    settings, people = world.settings, world.people
    rng = settings.rng("reviewers")
    policy_of, style_of, since = np.full(people.size, -1), np.zeros(people.size), np.full(people.size, settings.start)
    reviewable = np.ones(people.size, bool)
    for group in world.groups:
        if group.violating:
            policy_of[group.members] = POLICIES.index(SCHEMES[group.scheme])
            style_of[group.members] = 1 if group.style == "loud" else 2
            since[group.members] = group.from_ms
            reviewable[group.members] = group.scheme not in NEVER_REVIEWED
            if group.style == "evading" and rng.random() < 0.5:
                reviewable[group.members] = False  # half of the evading rings nobody has ever come across
    rows: list[Batch] = []
    rows += queue_decisions(world, rng, policy_of, style_of, since, reviewable)
    rows += video_decisions(world, rng)
    rows += audits(world, rng, policy_of, reviewable)
    kind, entity, policy, verdict, when, source = (np.concatenate([part[i] for part in rows]) for i in range(6))
    again = (rng.random(len(when)) < 0.03) & (source != "random_audit")
    appeal = again & (verdict == "violating") & (rng.random(len(when)) < 0.6)
    late = office_hours(rng, when + ((1 + rng.exponential(4, len(when))) * MS_PER_DAY).astype(np.int64))
    fresh = verdicts(rng, verdict == "violating")
    kind, entity, policy = (np.concatenate([column, column[again]]) for column in (kind, entity, policy))
    verdict = np.concatenate([verdict, fresh[again]])
    when = np.concatenate([when, late[again]])
    source = np.concatenate([source, np.where(appeal, "appeal", source)[again]])
    keep = np.flatnonzero((when < settings.end) & (when >= settings.start - 90 * MS_PER_DAY))
    keep = keep[np.lexsort((policy[keep], entity[keep], when[keep]))]
    return pa.record_batch(
        [
            pa.array(ids(settings.seed, "decision", np.arange(len(keep)))),
            pa.array(kind[keep], pa.string()),
            pa.array(entity[keep], pa.int64()),
            pa.array(policy[keep], pa.string()),
            pa.array(verdict[keep], pa.string()),
            pa.array(when[keep] * 1000, pa.timestamp("us", tz="UTC")),
            pa.array([f"reviewer-{number:02d}" for number in rng.integers(1, REVIEWERS + 1, len(keep))], pa.string()),
            pa.array(source[keep], pa.string()),
            pa.nulls(len(keep), pa.string()),
        ],
        names=DECISIONS.columns,
    )


def batch(
    kind: str, entity: np.ndarray, policy: np.ndarray, verdict: np.ndarray, when: np.ndarray, source: ArrayLike
) -> Batch:
    return (
        np.full(len(entity), kind, object),
        entity,
        policy.astype(object),
        verdict.astype(object),
        when,
        np.broadcast_to(np.asarray(source, object), len(entity)),
    )


def queue_decisions(
    world: World,
    rng: np.random.Generator,
    policy_of: np.ndarray,
    style_of: np.ndarray,
    since: np.ndarray,
    reviewable: np.ndarray,
) -> list[Batch]:
    """Accounts that were flagged or reported: loud ones first, active and reported ones more than others."""
    settings, people = world.settings, world.people
    chance = np.select([style_of == 1, style_of == 2], [REVIEWED_LOUD, REVIEWED_EVADING], REVIEWED_HONEST)
    chance = chance * settings.reviews
    acted = np.bincount(world.acts.account, minlength=people.size)
    bias = (
        0.4 + np.minimum(2.0, acted / max(1.0, acted[policy_of >= 0].mean() if (policy_of >= 0).any() else 1.0))
    ).clip(max=1.8)
    reporters = np.bincount(world.acts.account[world.acts.verb == REPORT], minlength=people.size)
    bias = np.where((policy_of < 0) & (reporters > 3), 3.0, bias)
    chosen = np.flatnonzero(reviewable & (rng.random(people.size) < chance * bias))
    flagged = np.maximum(np.maximum(since[chosen], people.from_ms[chosen]), settings.review_start)
    spread = np.maximum(1, settings.end - flagged)
    when = office_hours(rng, flagged + ((0.1 + 0.9 * rng.random(len(chosen))) * spread).astype(np.int64) + MS_PER_DAY)
    suspicion = rng.choice(len(POLICIES), size=len(chosen))
    policy = np.array(POLICIES)[np.where(policy_of[chosen] >= 0, policy_of[chosen], suspicion)]
    said = verdicts(rng, policy_of[chosen] >= 0)
    source = np.where(rng.random(len(chosen)) < 0.65, "queue", "user_report")
    return [batch("account", people.account_id[chosen], policy, said, when, source)]


def video_decisions(world: World, rng: np.random.Generator) -> list[Batch]:
    """Videos that were flagged: some of those bought for or copied, and honest ones that do well."""
    settings, films = world.settings, world.films
    style = {group.number: group.style for group in world.groups if group.violating}
    bad = {}
    for marked, policy, ring in world.marked:
        if policy is not None:
            bad[marked] = (policy, style[ring])
    video = np.array(sorted(bad), np.int64)
    loud = np.array([bad[number][1] == "loud" for number in video.tolist()], np.bool_)
    policies = np.array([bad[number][0] for number in video.tolist()], np.object_)
    chosen = rng.random(len(video)) < settings.reviews * np.where(loud, REVIEWED_VIDEOS_LOUD, REVIEWED_VIDEOS_EVADING)
    clean = np.setdiff1d(np.flatnonzero(films.created_ms > settings.start - 20 * MS_PER_DAY), video)
    weight = films.pull[clean] + 1
    count = min(len(clean), max(4, round(REVIEWED_VIDEOS_HONEST * settings.reviews * films.size))) if films.size else 0
    honest = rng.choice(clean, size=count, replace=False, p=weight / weight.sum()) if count else clean[:0]
    entity = np.concatenate([video[chosen], honest])
    judged = np.concatenate(
        [
            policies[chosen],
            rng.choice(np.array(["artificial_engagement", "coordinated_reupload"], object), size=len(honest)),
        ]
    )
    said = verdicts(rng, np.arange(len(entity)) < chosen.sum())
    begin = np.maximum(films.created_ms[entity], settings.review_start) if len(entity) else np.array([], np.int64)
    when = office_hours(rng, begin + ((1.5 + rng.exponential(6, len(entity))) * MS_PER_DAY).astype(np.int64))
    source = np.where(rng.random(len(entity)) < 0.7, "queue", "user_report")
    return [batch("video", films.video_id[entity] if len(entity) else entity, judged, said, when, source)]


def audits(world: World, rng: np.random.Generator, policy_of: np.ndarray, reviewable: np.ndarray) -> list[Batch]:
    """Accounts drawn at random among the active, each judged on every policy."""
    settings, people = world.settings, world.people
    active = np.flatnonzero((people.to_ms > people.from_ms) & (people.sessions * settings.days > 0.5))
    drawn = active[rng.random(len(active)) < AUDITED_SHARE * settings.reviews]
    begin = np.maximum(people.from_ms[drawn], settings.review_start + MS_PER_DAY)
    when = office_hours(rng, begin + (rng.random(len(drawn)) * (settings.end - begin)).astype(np.int64))
    parts = []
    for number, policy in enumerate(POLICIES):
        said = verdicts(rng, policy_of[drawn] == number)
        parts.append(
            batch(
                "account",
                people.account_id[drawn],
                np.full(len(drawn), policy),
                said,
                when + 1000 * number,
                "random_audit",
            )
        )
    return parts
