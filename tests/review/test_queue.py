"""A day's queue, from scores to cases, on a day with one of everything."""

from collections import Counter
from datetime import date, timedelta

import pytest

from lake.schemas import RING_MEMBERS, RING_SCORES, RINGS, VIDEO_SCORES
from review.history import cold_starts
from review.queue import review_queue
from review.tables import AUDITED_ACCOUNTS, QUEUED_VIDEOS
from tests.builders import accounts, at, decisions
from tests.review.worlds import AS_OF, POLICIES, REASONS, a_day, policies, queued, rows, scores

pytestmark = pytest.mark.whole

HONEST = range(1_000, 1_600)
MEMBERS = range(1, 11)
NO_DRAWS = policies(audit_share=0.0, uncertain_share=0.0, explore_share=0.0)


def naive(day):
    """A moment as Spark hands it back: UTC, and without saying so."""
    return at(day).replace(tzinfo=None)


def ring_cases_day(spark):
    alone = [
        {"account_id": number, "score": score}
        for number, score in {20: 0.8, 21: 0.9, 22: 0.9, 23: 0.9, 24: 0.9}.items()
    ]
    return a_day(
        spark,
        account_scores=scores(
            spark,
            *({"account_id": number, "score": 0.95, "ring_id": 77, "reasons": REASONS} for number in MEMBERS),
            *alone,
            {"account_id": 25, "score": 0.7, "reasons": REASONS},
            {"account_id": 31, "score": 0.9, "ring_id": 79},
            {"account_id": 1, "score": 0.9, "ring_id": 77, "policy": "bot_network"},
            *({"account_id": number, "score": 0.001} for number in HONEST),
        ),
        video_scores=rows(
            spark,
            VIDEO_SCORES,
            {"video_id": 500, "score": 0.9, "reasons": REASONS},
            *({"video_id": number, "score": 0.8, "ring_id": 77} for number in range(501, 506)),
        ),
        ring_scores=rows(
            spark,
            RING_SCORES,
            {"ring_id": 77, "reasons": REASONS},
            *({"ring_id": number} for number in (78, 79)),
            {"ring_id": 77, "policy": "bot_network", "score": 0.01},
        ),
        rings=rows(spark, RINGS, {"ring_id": 77}, {"ring_id": 78, "size": 15}, {"ring_id": 79, "size": 14}),
        ring_members=rows(
            spark,
            RING_MEMBERS,
            *({"ring_id": 77, "account_id": number} for number in MEMBERS),
            {"ring_id": 78, "account_id": 30},
            {"ring_id": 79, "account_id": 31},
        ),
        account_features=rows(
            spark, AUDITED_ACCOUNTS, *({"account_id": number} for number in (*MEMBERS, *range(20, 26), *HONEST))
        ),
        video_features=rows(
            spark, QUEUED_VIDEOS, *({"video_id": number, "account_id": 40} for number in range(500, 506))
        ),
        accounts=accounts(
            spark,
            *({"account_id": number, "country": "BR"} for number in (*MEMBERS[1:], 21, 24)),
            {"account_id": 1, "country": "FR"},
            {"account_id": 25, "country": None},
            {"account_id": 40, "country": "GB"},
        ),
        decisions=decisions(
            spark,
            {"entity_id": 20, "verdict": "benign", "decided_at": at("2026-02-20 08:00")},
            {"entity_id": 21, "verdict": "benign", "decided_at": at("2026-02-22 08:00"), "case_id": "c21"},
            {"entity_id": 23, "decided_at": at("2026-02-28 08:00"), "case_id": "c23"},
            {"entity_type": "ring", "entity_id": 78, "decided_at": at("2026-02-22 08:00"), "case_id": "c78"},
            {"entity_type": "ring", "entity_id": 79, "decided_at": at("2026-02-22 08:00"), "case_id": "c79"},
        ),
        earlier=queued(
            spark,
            *(
                {
                    "as_of": date(2026, 2, 21),
                    "opened_at": at("2026-02-21 00:00"),
                    "case_id": f"c{number}",
                    "entity_id": number,
                    "entity_type": "ring" if number > 70 else "account",
                    "score": 0.6 if number == 21 else 0.9,
                    "ring_size": 10,
                }
                for number in (21, 78, 79)
            ),
            {"case_id": "c22", "entity_id": 22, "selection": "uncertain", "inclusion_probability": 0.25},
            {"case_id": "c23", "entity_id": 23},
            {"case_id": "c24", "entity_id": 24, "opened_at": at("2026-02-14 00:00")},
        ),
    )


@pytest.fixture(scope="module")
def queue(spark):
    cases = review_queue(ring_cases_day(spark), AS_OF, NO_DRAWS).cases.collect()
    return {(row.policy, row.entity_type, row.entity_id): row for row in cases}


def test_who_is_in_the_queue(queue):
    spam = {key[1:] for key in queue if key[0] == "spam_ring"}
    assert spam == {
        ("ring", 77),
        ("ring", 78),  # decided when it had 10 members, now 15: ring 79 has 14 and is not asked again
        ("account", 21),  # its score rose by 0.3 since it was asked; that of account 20 is not known
        ("account", 22),  # still open; account 23 was answered
        ("account", 24),  # nobody answered within two weeks: asked anew
        ("account", 25),
    }


def test_a_ring_is_one_case_and_its_members_have_none(queue):
    ring = queue["spam_ring", "ring", 77]
    assert (ring.ring_id, ring.ring_size, ring.reach, ring.priority) == (77, 10, 50, pytest.approx(0.9 * 50))
    assert ring.evidence == "10 accounts wrote the same comment."
    assert ring.reasons[0].feature == "comments_28d"
    assert ("bot_network", "account", 1) in queue  # for another policy than its ring's, a member is judged by itself


def test_priority_is_expected_harm(queue):
    assert queue["bot_network", "account", 1].priority == pytest.approx(0.9 * 1.5 * 5)
    assert queue["artificial_engagement", "video", 500].priority == pytest.approx(0.9 * 1.0 * 50)


def test_one_ring_brings_few_videos(queue):
    assert sorted(key[2] for key in queue if key[1] == "video") == [500, 501, 502, 503]


def test_the_other_videos_of_a_ring_have_their_turn_when_the_first_ones_were_asked(spark):
    videos = rows(spark, VIDEO_SCORES, *({"video_id": n, "score": 0.9 - n / 100, "ring_id": 77} for n in range(1, 9)))
    asked = [{"policy": "artificial_engagement", "entity_type": "video", "entity_id": n} for n in (1, 2, 3)]
    judged = decisions(spark, *({**one, "verdict": "benign", "decided_at": at("2026-02-28 09:00")} for one in asked))
    queue = review_queue(a_day(spark, video_scores=videos, decisions=judged), AS_OF, policies())
    assert sorted(row.entity_id for row in queue.cases.collect()) == [4, 5, 6]


def test_open_cases_stay_as_they_were_opened(queue):
    kept = queue["spam_ring", "account", 22]
    assert (kept.case_id, kept.selection, kept.inclusion_probability) == ("c22", "uncertain", 0.25)
    assert (kept.as_of, kept.opened_at, kept.due_at) == (AS_OF, naive("2026-02-28"), naive("2026-03-02"))


@pytest.mark.parametrize(
    ("key", "hours"),
    [
        (("spam_ring", "account", 25), 48),
        (("spam_ring", "ring", 77), 24),  # one member is in France
        (("artificial_engagement", "video", 500), 36),  # its uploader is in Great Britain
        (("bot_network", "account", 1), 24),
    ],
)
def test_due_by_policy_and_country(queue, key, hours):
    assert queue[key].opened_at == naive("2026-03-01")
    assert queue[key].due_at - queue[key].opened_at == timedelta(hours=hours)


def test_evidence_says_why(queue):
    assert queue["spam_ring", "account", 25].evidence == (
        "Stands out: comments written, last 28 days: 812; days since sign-up: 3."
    )
    assert queue["bot_network", "account", 1].evidence == "In ring 77: 10 accounts wrote the same comment."
    assert queue["spam_ring", "account", 24].evidence.startswith("The model gives a chance of 90%")
    assert all(row.evidence for key, row in queue.items() if key[2] != 22)


def test_case_ids_read_well_and_never_repeat(queue):
    assert queue["spam_ring", "account", 25].case_id.startswith("spam_ring-account-20260301-")
    assert len({row.case_id for row in queue.values()}) == len(queue)


@pytest.fixture(scope="module")
def drawn(spark):
    day = ring_cases_day(spark)
    result = review_queue(day, AS_OF, policies(uncertain_band=(0.6, 0.85)))
    return result.cases.collect(), result.audit_draws.collect(), result.audit_frames.collect()


def test_draws_are_the_same_on_any_number_of_partitions(spark, drawn):
    day = ring_cases_day(spark)
    day = a_day(spark, **{name: getattr(day, name).repartition(7) for name in day.__dataclass_fields__})
    again = review_queue(day, AS_OF, policies(uncertain_band=(0.6, 0.85)))
    for before, after in zip(drawn, (again.cases, again.audit_draws, again.audit_frames), strict=True):
        assert sorted(map(repr, before)) == sorted(map(repr, after.collect()))


def test_audits_reach_below_the_threshold_with_their_probability(drawn):
    cases, draws, frames = drawn
    audits = [row for row in cases if row.selection == "audit"]
    assert any(row.score < 0.01 for row in audits)
    assert all(0 < row.inclusion_probability <= 1 and row.reasons == [] for row in audits)
    assert all(row.evidence.startswith("Drawn at random to measure what is missed") for row in audits)
    asked = {row.case_id: row.inclusion_probability for row in draws if row.known_verdict is None}
    assert {row.case_id: row.inclusion_probability for row in audits}.items() <= asked.items()
    spam = [row for row in frames if row.policy == "spam_ring"]
    assert sum(row.accounts for row in spam) == len(MEMBERS) + 7 + len(HONEST)
    assert Counter(row.selection for row in cases)["audit"] > 0


def test_an_empty_lake_has_an_empty_queue(spark):
    queue = review_queue(a_day(spark), AS_OF, POLICIES)
    assert (queue.cases.count(), queue.audit_draws.count(), queue.audit_frames.count()) == (0, 0, 0)


def low_scores(spark, **frames):
    """A platform on which nothing is flagged: 500 accounts from 0.02 to 0.27, the better the number, the more reach."""
    people = range(1, 501)
    return a_day(
        spark,
        account_scores=scores(
            spark, *({"account_id": n, "score": 0.02 + n / 2000} for n in people), *frames.pop("more", ())
        ),
        account_features=rows(spark, AUDITED_ACCOUNTS, *({"account_id": n, "reach_7d": n} for n in people)),
        **frames,
    )


def test_where_nothing_is_flagged_risk_cases_are_the_best_ranked(spark):
    queue = review_queue(low_scores(spark), AS_OF, NO_DRAWS)
    assert queue.opened == {"risk": 60, "uncertain": 0, "audit": 0}
    assert {row.entity_id for row in queue.cases.collect()} == set(range(441, 501))


def test_where_nothing_is_flagged_the_whole_capacity_is_used_and_audits_keep_their_share(spark):
    opened = review_queue(low_scores(spark), AS_OF, POLICIES).opened
    assert sum(opened.values()) == 60
    assert opened["risk"] >= 30 and opened["audit"] >= 4


def test_flagged_accounts_go_before_those_that_reach_more(spark):
    few = [{"account_id": number, "score": 0.5} for number in range(601, 611)]  # each with a reach of 1
    chosen = review_queue(low_scores(spark, more=few), AS_OF, NO_DRAWS).cases.collect()
    assert {row.entity_id for row in chosen} == {*range(601, 611), *range(451, 501)}


def test_nothing_below_the_floor_is_a_risk_case(spark):
    faint = [{"account_id": number, "score": 0.0199} for number in range(1, 101)]
    day = a_day(spark, account_scores=scores(spark, *faint, {"account_id": 200, "score": 0.02}))
    assert [row.entity_id for row in review_queue(day, AS_OF, NO_DRAWS).cases.collect()] == [200]


@pytest.mark.parametrize(
    ("ring", "members", "cases"),
    [
        (0.3, (0.3, 0.2, 0.1), {("ring", 7)}),
        (0.6, (0.9, 0.2, 0.1), {("ring", 7)}),
        (0.3, (0.6, 0.2, 0.1), {("account", 1)}),  # flagged as its ring is not
        (0.03, (0.4, 0.04, 0.01), {("account", 1)}),  # does more harm than the ring is expected to
        (0.01, (0.4, 0.04, 0.01), {("account", 1), ("account", 2)}),  # the ring is below the floor
    ],
)
def test_a_ring_or_members_of_it_that_rank_before_it(spark, ring, members, cases):
    scored = [{"account_id": number, "score": score, "ring_id": 7} for number, score in enumerate(members, start=1)]
    day = a_day(
        spark,
        account_scores=scores(spark, *scored),
        ring_scores=rows(spark, RING_SCORES, {"ring_id": 7, "score": ring}),
        rings=rows(spark, RINGS, {"ring_id": 7, "size": 3}),
        ring_members=rows(spark, RING_MEMBERS, *({"ring_id": 7, "account_id": number} for number in (1, 2, 3))),
        account_features=rows(spark, AUDITED_ACCOUNTS, *({"account_id": number} for number in (1, 2, 3))),
    )
    opened = review_queue(day, AS_OF, NO_DRAWS).cases.collect()
    assert {(row.entity_type, row.entity_id) for row in opened} == cases


RINGS_TO_EXPLORE = range(101, 401)
ONLY_EXPLORES = policies(audit_share=0.0, uncertain_share=0.0, explore_share=0.1)


def unsure_rings(spark, **frames):
    """300 rings of three accounts each, none of them flagged; their scores are from 0.02 to 0.32."""
    members = [{"ring_id": ring, "account_id": 10 * ring + place} for ring in RINGS_TO_EXPLORE for place in range(3)]
    return a_day(
        spark,
        account_scores=scores(spark, *({**one, "score": 0.015 + one["ring_id"] / 2_000} for one in members)),
        ring_scores=rows(
            spark, RING_SCORES, *({"ring_id": n, "score": 0.02 + (n - 101) / 1_000} for n in RINGS_TO_EXPLORE)
        ),
        rings=rows(spark, RINGS, *({"ring_id": n, "size": 3 + n % 7} for n in RINGS_TO_EXPLORE)),
        ring_members=rows(spark, RING_MEMBERS, *members),
        account_features=rows(spark, AUDITED_ACCOUNTS, *({"account_id": one["account_id"]} for one in members)),
        **frames,
    )


def cases_of(queue, selection):
    return [row for row in queue.cases.collect() if row.selection == selection]


def test_a_cold_start_explores_rings_with_known_probabilities(spark):
    """Of 300 rings about 6, a tenth of the capacity, are drawn; risk takes the rest."""
    one = review_queue(unsure_rings(spark), AS_OF, ONLY_EXPLORES)
    again = review_queue(unsure_rings(spark), AS_OF, ONLY_EXPLORES)
    asked = cases_of(one, "uncertain")
    assert 1 <= len(asked) <= 14
    assert {row.entity_type for row in asked} == {"ring"}
    assert len({row.entity_id for row in one.cases.collect()}) == sum(one.opened.values()) == 60
    assert sorted(map(repr, asked)) == sorted(map(repr, cases_of(again, "uncertain")))
    assert all(0 < row.inclusion_probability < 0.1 for row in asked)


def judged_rings(spark, number, **decision):
    judged = (
        {"entity_type": "ring", "entity_id": n, "decided_at": at("2025-12-01 08:00"), **decision} for n in range(number)
    )
    return decisions(spark, *judged)


@pytest.mark.parametrize(
    ("number", "decision", "explores"),
    [
        (39, {}, True),
        (40, {}, False),
        (40, {"verdict": "unsure"}, True),
        (40, {"policy": "bot_network"}, True),
        (40, {"entity_type": "account"}, True),
    ],
)
def test_a_cold_start_is_over_when_enough_rings_have_a_verdict(spark, number, decision, explores):
    known = judged_rings(spark, number, **decision)
    assert ("spam_ring" in cold_starts(known, ONLY_EXPLORES)) == explores


def test_nothing_is_explored_after_the_cold_start(spark):
    queue = review_queue(unsure_rings(spark, decisions=judged_rings(spark, 40)), AS_OF, ONLY_EXPLORES)
    assert (queue.opened["risk"], queue.opened["uncertain"]) == (60, 0)


def test_exploring_can_be_switched_off(spark):
    assert cold_starts(judged_rings(spark, 0), NO_DRAWS) == []


def test_a_cold_start_measures(spark):
    """No score above the floor: the capacity that risk leaves goes to random audits, about all of it."""
    day = a_day(
        spark,
        account_scores=scores(spark, *({"account_id": number, "score": 0.001} for number in HONEST)),
        account_features=rows(spark, AUDITED_ACCOUNTS, *({"account_id": number} for number in HONEST)),
    )
    queue = review_queue(day, AS_OF, POLICIES)
    assert queue.opened["risk"] == queue.opened["uncertain"] == 0
    assert 40 <= queue.opened["audit"] <= 60
    weights = [1 / row.inclusion_probability for row in queue.audit_draws.collect()]
    assert sum(weights) == pytest.approx(len(HONEST), rel=0.35)
