"""From audits and decisions to one estimate per policy."""

from datetime import date

from lake.schemas import AUDIT_DRAWS, AUDIT_FRAMES, RING_MEMBERS, RINGS
from review.cases import case_id
from review.history import second_review_id
from review.prevalence import prevalence
from review.tables import AUDITED_ACCOUNTS, small_frame
from tests.builders import at, decisions
from tests.review.worlds import AS_OF, POLICIES, rows

DRAWN = date(2026, 2, 20)


def draws(spark, *given):
    return rows(spark, AUDIT_DRAWS, *({"as_of": DRAWN, **row} for row in given))


def estimates(spark, given_decisions, given_draws, frames=()):
    frame = prevalence(
        rows(spark, AUDITED_ACCOUNTS, *({"account_id": number} for number in range(1, 201))),
        rows(spark, RINGS),
        rows(spark, RING_MEMBERS),
        given_decisions,
        given_draws,
        small_frame(spark, frames, AUDIT_FRAMES.types),
        AS_OF,
        POLICIES,
    )
    return {row.policy: row for row in frame.collect()}


def test_no_audit_no_estimate(spark):
    for row in estimates(spark, decisions(spark), draws(spark)).values():
        assert (row.estimate, row.ci_low, row.ci_high, row.reviewed, row.method) == (None, 0.0, 1.0, 0, "none")


def test_a_second_review_that_clears_an_account_counts(spark):
    case = case_id(DRAWN, "spam_ring", "account", 1)
    again = spark.createDataFrame([(case,)], "case_id string").select(second_review_id("case_id")).first()[0]
    audited = [
        {"entity_id": n, "case_id": f"c-{n}", "verdict": "benign", "decided_at": at("2026-02-21")} for n in range(2, 40)
    ]
    said = [
        {"entity_id": 1, "case_id": case, "verdict": "violating", "decided_at": at("2026-02-21")},
        {"entity_id": 1, "case_id": again, "verdict": "benign", "decided_at": at("2026-02-22"), "reviewer_id": "r2"},
    ]
    drawn = draws(
        spark, {"account_id": 1, "case_id": case}, *({"account_id": n, "case_id": f"c-{n}"} for n in range(2, 40))
    )
    frames = [(DRAWN, "spam_ring", 0, 50, 500, 0.0, 5.0)]
    taken_back = estimates(spark, decisions(spark, *said, *audited), drawn, frames)["spam_ring"]
    said[1]["verdict"] = "violating"
    confirmed = estimates(spark, decisions(spark, *said, *audited), drawn, frames)["spam_ring"]
    assert 3 * taken_back.design_estimate < confirmed.design_estimate
    assert taken_back.uncorrected_estimate == confirmed.uncorrected_estimate > taken_back.estimate
    assert (taken_back.twice_decided, taken_back.reviewed) == (0, 39)


def test_draws_are_answered_by_what_stood_by_their_case_or_by_what_came_since(spark):
    found = estimates(
        spark,
        decisions(
            spark,
            {
                "entity_id": 2,
                "case_id": "c2",
                "verdict": "benign",
                "source": "random_audit",
                "decided_at": at("2026-02-21"),
            },
            {"entity_id": 3, "verdict": "benign", "source": "user_report", "decided_at": at("2026-02-25")},
            {"entity_id": 4, "verdict": "violating", "source": "user_report", "decided_at": at("2026-02-10")},
            {
                "entity_id": 5,
                "case_id": "c5",
                "verdict": "unsure",
                "source": "random_audit",
                "decided_at": at("2026-02-21"),
            },
            {"entity_id": 6, "verdict": "benign", "reviewer_id": "r2", "decided_at": at("2026-02-20")},
            {"entity_id": 6, "verdict": "benign", "reviewer_id": "r3", "decided_at": at("2026-02-21")},
            *(
                {
                    "entity_id": 100 + number,
                    "verdict": "benign",
                    "source": "random_audit",
                    "case_id": f"of another queue, {number}" if number % 2 else None,
                }
                for number in range(20)
            ),
        ),
        draws(
            spark,
            {"account_id": 1, "known_verdict": "violating"},
            {"account_id": 2, "case_id": "c2"},
            {"account_id": 3, "case_id": "c3"},
            {"account_id": 4, "case_id": "c4"},
            {"account_id": 5, "case_id": "c5"},
        ),
        frames=[(DRAWN, "spam_ring", 0, 50, 500, 50.0, 5.0)],
    )
    spam = found["spam_ring"]
    assert (spam.reviewed, spam.unanswered, spam.twice_decided) == (3 + 20, 2, 1)
    assert spam.method == "posterior"
    assert 0 <= spam.ci_low <= spam.estimate <= spam.ci_high <= 1
    assert spam.ci_high > 0.02
    assert 0 < spam.error_rate < 0.03
    assert spam.false_positives < 0.02 < spam.false_negatives
    assert found["bot_network"].estimate is None
