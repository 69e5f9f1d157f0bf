"""What the decisions since say of the queue's cases."""

from datetime import date

import numpy as np
import pytest

from conf import load_limits
from jobs import evaluate
from jobs.job import Context, run_step
from lake.runs import Run
from lake.schemas import ACCOUNT_SCORES, AUDIT_DRAWS, DECISIONS, QUALITY, REVIEW_QUEUE, RING_SCORES, VIDEO_SCORES
from lake.store import Provenance
from review.design_based import NOTHING_KNOWN, Estimate
from review.quality import opened, quality, ratio_interval, recall, scored_by
from tests.builders import at, decisions
from tests.review.worlds import AS_OF, POLICIES, queued, rows

OPENED = date(2026, 2, 20)


def case(number: int, **what):
    """A case about the account of that number, opened on 20 February and due two days later."""
    return {
        "as_of": OPENED,
        "case_id": f"c{number}",
        "entity_id": number,
        "opened_at": at(f"{OPENED}"),
        "due_at": at("2026-02-22"),
        **what,
    }


def verdict(number: int, said: str, day: str = "2026-02-21", **what):
    return {"entity_id": number, "case_id": f"c{number}", "verdict": said, "decided_at": at(day), **what}


def draws(spark, *given):
    return rows(spark, AUDIT_DRAWS, *({"as_of": OPENED, **row} for row in given))


def measured(spark, cases, decided, drawn=()):
    """Measures by (policy, selection, model, measure)."""
    scored = scored_by(
        account=rows(spark, ACCOUNT_SCORES, {"as_of": OPENED, "account_id": 1}),
        video=rows(spark, VIDEO_SCORES, {"as_of": OPENED, "video_id": 1, "model_version": "v"}),
        ring=rows(spark, RING_SCORES, {"as_of": OPENED, "ring_id": 1, "model_version": "r"}),
    )
    known = opened(queued(spark, *cases), AS_OF, POLICIES.quality.case_days)
    found = quality(known, scored, draws(spark, *drawn), decisions(spark, *decided), AS_OF, POLICIES)
    return {(row.policy, row.selection, row.model_version, row.measure): row for row in found.collect()}


def test_each_case_counts_where_it_says_something(spark):
    found = measured(
        spark,
        [
            case(1),
            case(2),
            case(3),
            case(4),
            case(5, due_at=at("2026-03-02")),
            case(6, selection="audit"),
            case(7, entity_type="ring"),
        ],
        [
            verdict(1, "violating"),
            verdict(1, "benign", "2026-02-25", source="appeal", reviewer_id="r9", case_id=None),
            verdict(2, "violating"),
            verdict(2, "benign", "2026-02-23", reviewer_id="r2", case_id=None),
            verdict(2, "violating", "2026-02-24", reviewer_id="r3"),
            verdict(3, "violating", "2026-02-23"),
            verdict(3, "violating", "2026-02-24", reviewer_id="r2"),
            verdict(4, "unsure"),
            verdict(6, "benign"),
            verdict(7, "violating", entity_type="ring"),
            verdict(3, "benign", "2026-02-19"),  # before the case was opened
        ],
    )
    shares = {key[1:]: (row.estimate, row.cases) for key, row in found.items()}
    assert shares == {
        ("risk", "m", "precision"): (2 / 3, 3),
        ("risk", "m", "agreement"): (1 / 2, 2),
        ("risk", "m", "overturned"): (1.0, 1),
        ("risk", "m", "overdue"): (1 / 4, 4),
        ("audit", "m", "precision"): (0.0, 1),
        ("audit", "m", "overdue"): (0.0, 1),
        ("risk", "r", "precision"): (1.0, 1),
        ("risk", "r", "overdue"): (0.0, 1),
    }
    assert all(row.ci_low <= row.estimate <= row.ci_high for row in found.values())


def test_a_case_carried_over_counts_once_and_one_without_an_answer_is_overdue(spark):
    found = measured(spark, [case(1), case(1, as_of=date(2026, 2, 21))], [])
    assert {key[3]: (row.estimate, row.cases) for key, row in found.items()} == {"overdue": (1.0, 1)}


def test_cases_of_another_time_say_nothing(spark):
    old, today = date(2026, 1, 20), AS_OF
    cases = [
        case(1, as_of=old, opened_at=at(f"{old}")),
        case(2, as_of=today, opened_at=at(f"{today}"), due_at=at("2026-03-03")),
    ]
    assert measured(spark, cases, [verdict(1, "violating"), verdict(2, "violating")]) == {}


def test_recall_is_what_audits_found_above_the_threshold_of_all_that_they_found(spark):
    drawn = [
        *({"account_id": number, "score": 0.9, "inclusion_probability": 1.0} for number in range(1, 41)),
        *({"account_id": number, "score": 0.2, "inclusion_probability": 0.1} for number in range(41, 141)),
        {"account_id": 141, "score": 0.2, "inclusion_probability": 0.1},  # nobody has answered
    ]
    decided = [
        {"entity_id": number, "verdict": "violating" if number <= 50 else "benign", "decided_at": at("2026-02-21")}
        for number in range(1, 141)
    ]
    row = measured(spark, [], decided, drawn)["spam_ring", "risk", "m", "recall"]
    assert row.cases == 140
    # 40 found and 10 x 10 missed, a little fewer as some verdicts are slips
    assert 40 / 140 < row.estimate < 0.45
    assert row.ci_low < 40 / 140 < row.ci_high


def test_recall_needs_audits_on_both_sides_of_the_threshold():
    one = np.ones(5)
    assert recall(flagged=one, verdicts=one, weights=one, errors=None) == NOTHING_KNOWN
    assert recall(flagged=np.array([1.0, 0.0]), verdicts=np.zeros(2), weights=np.ones(2), errors=None) == NOTHING_KNOWN


@pytest.mark.parametrize(("prevalence", "caught"), [(0.02, 0.8), (0.02, 0.3), (0.005, 0.5)])
def test_the_interval_of_recall_covers_it(prevalence, caught):
    """Audits of a population in which those above the threshold are drawn more often, with errorless verdicts."""
    generator = np.random.default_rng(11)
    size, times = 20_000, 300
    violating = generator.random(size) < prevalence
    flagged = (violating & (generator.random(size) < caught)) | (generator.random(size) < 0.002)
    probability = np.where(flagged, 0.4, 0.05)
    true = (violating & flagged).sum() / violating.sum()
    inside = 0
    for _ in range(times):
        drawn = generator.random(size) < probability
        found = recall(
            flagged[drawn].astype(float), violating[drawn].astype(float), 1 / probability[drawn], errors=None
        )
        inside += found.low <= true <= found.high
    assert 0.92 <= inside / times <= 0.995


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Estimate(10, 10, 10), Estimate(5, 5, 5), (2, 2)),
        (Estimate(0, 0, 4), Estimate(8, 8, 8), (0, 0.5)),
        (Estimate(3, 1, 6), Estimate(2, 0, 9), (0.226, np.inf)),
    ],
)
def test_the_interval_of_a_ratio(one, other, expected):
    assert ratio_interval(one, other) == pytest.approx(expected, abs=0.001)


@pytest.mark.whole
def test_the_job_measures_a_queue_and_says_so_when_there_is_none(spark, lake):
    decisions(spark, verdict(1, "violating")).write.format("delta").save(lake.path(DECISIONS))
    running = Context(lake, AS_OF, Run("evaluate", AS_OF, {}), {}, POLICIES, load_limits())
    assert "nothing yet" in run_step(evaluate.JOB, running)["measured"]

    me = Provenance("test", "1")
    lake.publish(REVIEW_QUEUE, queued(spark, case(1)), OPENED, me)
    lake.publish(ACCOUNT_SCORES, rows(spark, ACCOUNT_SCORES, {"as_of": OPENED, "account_id": 1}), OPENED, me)
    facts = run_step(evaluate.JOB, running)
    assert facts["spam_ring, risk, precision (m)"].startswith("100.0% (")
    assert {row.measure for row in lake.day(QUALITY, AS_OF).collect()} == {"precision", "overdue"}
