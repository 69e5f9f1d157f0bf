"""Audits that came out violating are asked once more: of a hundred honest accounts one is taken for an abuser."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from lake.schemas import ACCOUNT_SCORES
from review.history import second_review_id, second_reviews, without_second_reviews
from review.posterior import Audit, combined
from review.queue import review_queue
from review.wrong_verdicts import believed_errors
from tests.builders import at, decisions
from tests.review.worlds import AS_OF, POLICIES, a_day, policies, queued, rows

AUDIT = {"selection": "audit", "inclusion_probability": 0.01, "due_at": at("2026-03-01 12:00")}
SLIPS = 0.01
"""How often verdicts are wrong."""
ERRORS = believed_errors((SLIPS, 1_000), (SLIPS, 1_000))


def audits(spark):
    """Five audits of yesterday, and one case at risk."""
    ids = {number: f"spam_ring-account-20260228-{number:012d}" for number in range(1, 7)}
    cases = [{"case_id": ids[number], "entity_id": number, **(AUDIT if number < 6 else {})} for number in ids]
    answers = {1: "violating", 2: "benign", 3: "unsure", 6: "violating"}
    said = [
        {"case_id": ids[number], "entity_id": number, "verdict": verdict, "decided_at": at("2026-02-28 09:00")}
        for number, verdict in answers.items()
    ]
    return queued(spark, *cases), decisions(spark, *said)


def test_a_violating_audit_is_asked_once_more(spark):
    earlier, said = audits(spark)
    (look,) = second_reviews(earlier, said, AS_OF, POLICIES).collect()
    assert (look.entity_id, look.selection, look.inclusion_probability) == (1, "audit", 0.01)
    assert look.case_id.startswith("spam_ring-account-20260228-") and not look.case_id.endswith("000001")
    assert (look.opened_at, look.due_at) == (
        at("2026-03-01").replace(tzinfo=None),
        at("2026-03-02 12:00").replace(tzinfo=None),
    )


def test_neither_is_a_second_review_asked_again_nor_an_audit_twice(spark):
    earlier, said = audits(spark)
    again = second_reviews(earlier, said, AS_OF, POLICIES)
    known = earlier.unionByName(again.selectExpr("date '2026-03-01' AS as_of", "*").select(earlier.columns))
    answer = again.select("case_id").first().case_id
    confirmed = decisions(spark, {"case_id": answer, "entity_id": 1, "decided_at": at("2026-03-01 09:00")})
    for so_far in (said, said.unionByName(confirmed)):
        assert second_reviews(known, so_far, date(2026, 3, 2), POLICIES).count() == 0
    first = earlier.where("entity_id = 1").select(second_review_id("case_id").alias("case_id"))
    assert first.first().case_id == answer
    assert without_second_reviews(known, known).count() == earlier.count()


def test_second_reviews_are_in_the_queue_and_take_the_place_of_new_audits(spark):
    earlier, said = audits(spark)
    day = a_day(spark, earlier=earlier, decisions=said)
    queue = review_queue(day, AS_OF, policies())
    assert queue.opened == {"risk": 0, "uncertain": 0, "audit": 1}
    waiting = {(row.entity_id, row.opened_at.day) for row in queue.cases.collect()}
    assert waiting == {(1, 1), (4, 28), (5, 28)}


def test_second_reviews_take_no_more_than_the_capacity(spark):
    """Of five audits all or three came out violating; reviewers decide four cases a day; six accounts are at risk."""
    ids = [f"spam_ring-account-20260228-{number:012d}" for number in range(1, 6)]
    cases = [{"case_id": one, "entity_id": number, **AUDIT} for number, one in enumerate(ids, start=1)]
    said = [
        {"case_id": one, "entity_id": number, "decided_at": at("2026-02-28 09:00")}
        for number, one in enumerate(ids, start=1)
    ]
    risky = rows(spark, ACCOUNT_SCORES, *({"account_id": number, "score": 0.9} for number in range(11, 17)))
    spam = POLICIES.policies["spam_ring"]

    def opened(looked_at):
        allowed = POLICIES.model_copy(update={"policies": {"spam_ring": spam.model_copy(update={"capacity": 4})}})
        day = a_day(
            spark,
            earlier=queued(spark, *cases),
            decisions=decisions(spark, *said[:looked_at]),
            account_scores=risky,
        )
        return review_queue(day, AS_OF, allowed).opened

    assert opened(5) == {"risk": 0, "uncertain": 0, "audit": 4}
    assert opened(3) == {"risk": 1, "uncertain": 0, "audit": 3}


def sample(dice, accounts=2_000, violating=0.005, flagged=0.0):
    """First and second verdicts on accounts that scores say nothing of; one in a hundred verdicts is wrong.

    A part of the violating accounts was flagged before: nobody looks at them again.
    """
    truth = dice.random(accounts) < violating
    first, second = ((truth ^ (dice.random(accounts) < SLIPS)).astype(float) for _ in range(2))
    asked = ~(truth & (dice.random(accounts) < flagged))
    seconds = np.where(asked & (first == 1), second, np.nan)
    return one_stratum(first, asked, seconds)


def one_stratum(verdicts, asked, seconds):
    size = len(verdicts)
    return Audit(verdicts, asked, seconds, np.ones(size), np.zeros(size, np.int64), np.ones(1), np.zeros(1))


@pytest.mark.whole
def test_second_reviews_tell_abuse_from_wrong_verdicts():
    dice = np.random.default_rng(1)
    looked = [sample(dice) for _ in range(300)]
    once = [replace(one, seconds=np.full(len(one.verdicts), np.nan)) for one in looked]
    twice, single = ([combined([one], ERRORS, assisted=False) for one in many] for many in (looked, once))
    assert 0.93 <= np.mean([one.low <= 0.005 <= one.high for one in twice]) <= 0.98
    width = [np.mean([one.high - one.low for one in many]) for many in (twice, single)]
    assert width[0] < 0.6 * width[1]
    assert abs(np.mean([one.share for one in twice]) - 0.005) < 0.0003


@pytest.mark.whole
@pytest.mark.parametrize("flagged", [0.3, 0.8])
@pytest.mark.parametrize(("looked_at_again", "amiss"), [(True, 0.0005), (False, 0.003)])
def test_who_was_flagged_already_counts_in_full(flagged, looked_at_again, amiss):
    """Where nothing tells abuse from wrong verdicts, the less that is found is rather taken for these."""
    dice = np.random.default_rng(2)
    audits = [sample(dice, violating=0.01, flagged=flagged) for _ in range(300)]
    if not looked_at_again:
        audits = [replace(one, seconds=np.full(len(one.verdicts), np.nan)) for one in audits]
    estimates = [combined([one], ERRORS, assisted=False) for one in audits]
    assert np.mean([one.low <= 0.01 <= one.high for one in estimates]) >= 0.93
    assert abs(np.mean([one.share for one in estimates]) - 0.01) < amiss


def test_a_verdict_that_waits_for_its_second_review_counts_as_far_as_others_were_confirmed():
    verdicts, seconds = np.zeros(1_000), np.full(1_000, np.nan)
    verdicts[:20], seconds[:16] = 1.0, [1.0] * 4 + [0.0] * 12
    audit = one_stratum(verdicts, np.full(1_000, True), seconds)
    expected = (4 + 4 / 4) / 1_000
    assert abs(combined([audit], believed_errors((0.02, 25), (1e-4, 1e4)), assisted=False).share - expected) < 0.001
