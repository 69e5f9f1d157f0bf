"""How a day's capacity is shared out: plain Python, no Spark."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.capacity import Candidate, Stock, fill, plan, subsampled
from tests.review.worlds import POLICIES, policies

MANY = Stock(risk=1_000, uncertain=1_000, active=50_000)


def candidate(number: int, policy: str = "spam_ring", priority: float = 1.0, **fields) -> Candidate:
    return Candidate(policy, "account", number, None, score=0.9, reach=1, priority=priority, **fields)


def with_capacity(**capacities: int):
    settings = {
        name: its.model_copy(update={"capacity": capacities.get(name, 0)}) for name, its in POLICIES.policies.items()
    }
    return POLICIES.model_copy(update={"policies": settings})


def test_shares_when_there_is_plenty():
    plans = plan(POLICIES, dict.fromkeys(POLICIES.policies, MANY))
    assert {name: (its.audit, its.uncertain) for name, its in plans.items()} == {
        "spam_ring": (12, 6),
        "bot_network": (12, 6),
        "artificial_engagement": (12, 6),
        "coordinated_reupload": (8, 4),
    }


def test_a_cold_start_explores_a_part_of_the_capacity():
    its = plan(POLICIES, {"spam_ring": Stock(risk=1_000, uncertain=0, explorable=100, active=50_000)})["spam_ring"]
    assert (its.audit, its.uncertain, its.explore) == (12, 0, 6)
    its = plan(POLICIES, {"spam_ring": Stock(risk=4, uncertain=0, explorable=4, active=50_000)})["spam_ring"]
    assert (its.audit, its.explore) == (12 + 40, 4)


def test_what_no_risk_can_use_measures():
    nothing_flagged = Stock(risk=0, uncertain=2, active=50_000)
    its = plan(POLICIES, {"spam_ring": nothing_flagged})["spam_ring"]
    assert (its.audit, its.uncertain) == (58, 2)


def test_what_one_policy_leaves_goes_to_the_risk_of_its_queue_first():
    its = plan(POLICIES, {"bot_network": Stock(risk=2, uncertain=0, active=50_000), "artificial_engagement": MANY})
    assert its["bot_network"].audit == 12


def test_thinning_keeps_weighted_sums():
    drawn = [candidate(number, inclusion_probability=0.1, order=number / 100) for number in range(30)]
    kept = subsampled(drawn, 12)
    assert [one.entity_id for one in kept] == list(range(12))
    assert sum(1 / one.inclusion_probability for one in kept) == pytest.approx(300)


def test_an_account_gets_one_case_audit_before_uncertain_before_risk():
    chosen = fill(
        with_capacity(spam_ring=4),
        audits=[candidate(1, inclusion_probability=0.01)],
        uncertain=[candidate(1, inclusion_probability=0.3), candidate(2, inclusion_probability=0.3)],
        risk=[
            candidate(1, priority=9.0),
            candidate(2, priority=8.0),
            candidate(3, priority=7.0),
            candidate(4, priority=6.0),
        ],
    )
    assert [(selection, one.entity_id, one.inclusion_probability) for selection, one in chosen] == [
        ("audit", 1, 0.01),
        ("uncertain", 2, 0.3),
        ("risk", 3, 1.0),
        ("risk", 4, 1.0),
    ]


def test_left_capacity_moves_within_a_queue_and_not_beyond():
    chosen = fill(
        with_capacity(bot_network=3, artificial_engagement=2, spam_ring=2),
        audits=[],
        uncertain=[],
        risk=[candidate(1, "bot_network")]
        + [candidate(number, "artificial_engagement", priority=number) for number in range(10, 20)]
        + [candidate(number, "coordinated_reupload") for number in range(20, 30)],
    )
    assert Counter(one.policy for _, one in chosen) == {"bot_network": 1, "artificial_engagement": 4}
    assert [one.entity_id for _, one in chosen if one.policy == "artificial_engagement"] == [19, 18, 17, 16]


def test_what_is_flagged_goes_before_what_is_not_whatever_its_reach():
    chosen = fill(
        with_capacity(spam_ring=3),
        audits=[],
        uncertain=[],
        risk=[
            candidate(1, priority=900.0, flagged=False),
            candidate(2, priority=800.0, flagged=False),
            candidate(3, priority=1.0),
            candidate(4, priority=2.0),
        ],
    )
    assert [one.entity_id for _, one in chosen] == [4, 3, 1]


def test_what_is_flagged_for_another_policy_of_the_queue_goes_before_ones_own_that_is_not():
    chosen = fill(
        with_capacity(bot_network=3, artificial_engagement=2),
        audits=[],
        uncertain=[],
        risk=[
            *(candidate(number, "bot_network", priority=100.0 - number, flagged=False) for number in range(1, 9)),
            *(candidate(number, "artificial_engagement") for number in range(10, 13)),
        ],
    )
    assert [(one.policy, one.entity_id) for _, one in chosen] == [
        ("artificial_engagement", 10),
        ("artificial_engagement", 11),
        ("artificial_engagement", 12),
        ("bot_network", 1),
        ("bot_network", 2),
    ]


RISKY = st.lists(
    st.tuples(
        st.sampled_from(["bot_network", "artificial_engagement"]),
        st.integers(1, 60),
        st.booleans(),
        st.sampled_from([0.5, 1.0, 20.0, 1e6]),
    ),
    max_size=60,
    unique_by=lambda row: row[:2],
)


@given(RISKY, st.integers(0, 20), st.integers(0, 20))
def test_a_queue_is_filled_and_nothing_flagged_waits_behind_what_is_not(rows, bots, engagement):
    risk = [candidate(number, policy, priority, flagged=flagged) for policy, number, flagged, priority in rows]
    settings = with_capacity(bot_network=bots, artificial_engagement=engagement)
    chosen = [one for _, one in fill(settings, [], [], risk)]
    assert len({one.key for one in chosen}) == len(chosen) == min(len(risk), bots + engagement)
    waiting = [one for one in risk if one not in chosen]
    assert all(one.flagged for one in chosen) or not any(one.flagged for one in waiting)
    for policy in settings.policies:
        ranks = [[one.rank for one in some if one.policy == policy] for some in (chosen, waiting)]
        assert not all(ranks) or max(ranks[0]) <= min(ranks[1])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(POLICIES.policies)),
            st.integers(1, 40),
            st.sampled_from(["audit", "uncertain", "risk"]),
        ),
        max_size=120,
    ),
    st.integers(0, 12),
)
def test_no_queue_ever_gets_more_than_its_capacity_or_anything_twice(drawn, capacity):
    settings = with_capacity(**dict.fromkeys(POLICIES.policies, capacity))
    of = {
        selection: [candidate(number, policy) for policy, number in {row[:2] for row in drawn if row[2] == selection}]
        for selection in ("audit", "uncertain", "risk")
    }
    chosen = [one for _, one in fill(settings, of["audit"], of["uncertain"], of["risk"])]
    assert len({one.key for one in chosen}) == len(chosen)
    for queue, count in Counter(settings.policies[one.policy].queue for one in chosen).items():
        assert count <= capacity * sum(policy.queue == queue for policy in settings.policies.values())


def test_no_capacity_no_cases():
    assert plan(with_capacity(), {"spam_ring": MANY})["spam_ring"].audit == 0
    assert fill(with_capacity(), [candidate(1)], [candidate(2)], [candidate(3)]) == []


def test_a_share_can_be_switched_off():
    assert plan(policies(audit_share=0.0), {"spam_ring": MANY})["spam_ring"].audit == 0
