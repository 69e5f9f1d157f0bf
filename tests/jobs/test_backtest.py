"""Past days replayed: as they were, and under another floor."""

from datetime import date

import pytest

from conf import load_limits
from jobs import backtest, queue
from jobs.job import Context, run_step
from lake.errors import MissingTable, UsageError
from lake.runs import Run
from lake.schemas import (
    ACCOUNT_SCORES,
    ACCOUNTS,
    DECISIONS,
    MODELS,
    REVIEW_QUEUE,
    RING_MEMBERS,
    RING_SCORES,
    RINGS,
    VIDEO_SCORES,
)
from lake.store import Lake, Provenance
from review.tables import AUDITED_ACCOUNTS, QUEUED_VIDEOS
from tests.builders import accounts, at, decisions
from tests.review.worlds import policies, rows

pytestmark = pytest.mark.whole

FIRST, SECOND = date(2026, 2, 20), date(2026, 2, 21)
SCORES = {1: 0.9, 2: 0.9, 3: 0.6, 4: 0.6, **dict.fromkeys(range(5, 40), 0.01)}
ME = Provenance("test", "1")
POLICIES = policies(audit_share=0.0, uncertain_share=0.0)


def context(lake: Lake, day: date | None, its_policies=POLICIES) -> Context:
    return Context(lake, day, Run("test", day, {}), {}, its_policies, load_limits())


@pytest.fixture(scope="module")
def lived(spark, tmp_path_factory) -> Lake:
    """A lake with the queues of two days; account 2 turns up on the second only."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("backtest") / "lake"))
    people = [{"account_id": number} for number in SCORES]
    accounts(spark, *people).write.format("delta").save(lake.path(ACCOUNTS))
    decided = decisions(
        spark,
        {"entity_id": 1, "verdict": "violating", "decided_at": at("2026-02-23")},
        {"entity_id": 3, "verdict": "violating", "decided_at": at("2026-02-23")},
        {"entity_id": 3, "verdict": "benign", "source": "appeal", "decided_at": at("2026-02-24")},
        {"entity_id": 4, "verdict": "unsure", "decided_at": at("2026-02-24")},
    )
    decided.write.format("delta").save(lake.path(DECISIONS))
    for day in (FIRST, SECOND):
        scored = [
            {"as_of": day, "account_id": number, "score": score}
            for number, score in SCORES.items()
            if number != 2 or day == SECOND
        ]
        lake.publish(ACCOUNT_SCORES, rows(spark, ACCOUNT_SCORES, *scored), day, ME)
        active = ({"as_of": day, **each} for each in people)
        lake.publish(AUDITED_ACCOUNTS, rows(spark, AUDITED_ACCOUNTS, *active), day, ME)
        for table in (VIDEO_SCORES, RING_SCORES, RINGS, RING_MEMBERS, QUEUED_VIDEOS):
            lake.publish(table, rows(spark, table), day, ME)
        run_step(queue.JOB, context(lake, day))
    return lake


def replayed(lake: Lake, its_policies=POLICIES, **options):
    told = {"first": at("2026-02-20"), "last": at("2026-02-21"), "model": None, "out": None, **options}
    return run_step(backtest.JOB, context(lake, None, its_policies), **told)


def test_under_the_same_policies_the_same_is_queued(lived):
    assert replayed(lived)["spam_ring"] == (
        "queued 4 → 4 (4 in both), caught 1 → 1, found benign 1 → 1, never judged 2 → 2"
    )


def test_a_day_whose_rings_were_never_scored_is_not_taken_for_one_without_rings(spark, lived):
    later = date(2026, 2, 22)
    lived.publish(RINGS, rows(spark, RINGS, {"as_of": later, "ring_id": 7}), later, ME)
    with pytest.raises(MissingTable, match="the rings of 2026-02-22 have no scores"):
        queue.inputs(context(lived, later), rows(spark, REVIEW_QUEUE))


def test_neither_is_a_day_whose_accounts_were_never_scored_for_one_with_no_account(spark, lived):
    later = date(2026, 2, 23)
    lived.publish(AUDITED_ACCOUNTS, rows(spark, AUDITED_ACCOUNTS, {"as_of": later, "account_id": 7}), later, ME)
    with pytest.raises(MissingTable, match="the accounts of 2026-02-23 have no scores"):
        queue.inputs(context(lived, later), rows(spark, REVIEW_QUEUE))


def test_another_floor_queues_others_and_nothing_live_changes(lived, tmp_path):
    spam = POLICIES.policies["spam_ring"].model_copy(update={"threshold": 0.8, "floor": 0.7})
    stricter = POLICIES.model_copy(update={"policies": {**POLICIES.policies, "spam_ring": spam}})
    before = lived.read(REVIEW_QUEUE).orderBy("as_of", "case_id").collect()
    assert replayed(lived, stricter, out=tmp_path / "cases.csv")["spam_ring"] == (
        "queued 4 → 2 (2 in both), caught 1 → 1, found benign 1 → 0, never judged 2 → 1"
    )
    assert lived.read(REVIEW_QUEUE).orderBy("as_of", "case_id").collect() == before
    assert (tmp_path / "cases.csv").read_text().splitlines() == [
        "policy,entity_type,entity_id,was,would,score,verdict",
        "spam_ring,account,1,2026-02-20,2026-02-20,0.9,violating",
        "spam_ring,account,2,2026-02-21,2026-02-21,0.9,",
        "spam_ring,account,3,2026-02-20,,,benign",
        "spam_ring,account,4,2026-02-20,,,",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": at("2026-02-19")}, "2026-02-19 has no account_scores"),
        ({"first": at("2026-02-22")}, "is after"),
        ({"model": "account-spam_ring-nobody"}, "no model account-spam_ring-nobody"),
    ],
)
def test_what_cannot_be_replayed_is_said(lived, options, message):
    lived.append(MODELS, lived.spark.createDataFrame([], MODELS.types), ME)
    with pytest.raises(UsageError, match=message):
        replayed(lived, **options)
