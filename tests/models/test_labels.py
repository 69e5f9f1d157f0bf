"""What reviewers' decisions say about accounts, videos and rings."""

from datetime import date

import pytest

from lake.schemas import AUDIT_DRAWS, POLICIES
from models.labels import decided_members, labels
from tests.builders import at, decisions
from tests.review.worlds import queued, rows

RING_DAY = date(2026, 2, 22)
MEMBERS = "as_of date, ring_id bigint, account_id bigint, strength double"


def found(spark, *decided, members=(), cases=(), draws=()):
    """The label of each entity, by its type and id."""
    tied = spark.createDataFrame([(RING_DAY, *member) for member in members], MEMBERS)
    audits = rows(spark, AUDIT_DRAWS, *draws)
    known = labels(decisions(spark, *decided), queued(spark, *cases), audits, tied, [RING_DAY], judged_members=2)
    return {(row.entity_type, row.entity_id): row for row in known.collect()}


def labelled(spark, *decided, **known):
    """(label, strength) of each entity, by its type and id."""
    return {key: (row.label, row.strength) for key, row in found(spark, *decided, **known).items()}


def test_who_was_drawn_at_random_stays_drawn_whatever_came_before_or_after(spark):
    told = found(
        spark,
        {"entity_id": 1, "source": "random_audit", "verdict": "benign", "decided_at": at("2026-02-20 09:00")},
        {"entity_id": 1, "case_id": "risk", "decided_at": at("2026-02-25 09:00")},
        {"entity_id": 2, "case_id": "risk", "decided_at": at("2026-02-25 09:00")},
        {"entity_id": 3, "case_id": "risk", "decided_at": at("2026-02-25 09:00")},
        cases=[{"case_id": "risk", "entity_id": account} for account in (1, 2, 3)],
        draws=[
            {"account_id": 2, "as_of": date(2026, 2, 26), "inclusion_probability": 0.5, "known_verdict": "violating"},
            {"account_id": 9, "as_of": date(2026, 2, 27), "inclusion_probability": 0.5},
        ],
    )
    chances = {key[1]: (row.label, row.selection, row.inclusion_probability) for key, row in told.items()}
    assert chances == {1: (1, "audit", None), 2: (1, "audit", 0.75), 3: (1, "risk", 1.0)}


def test_the_latest_verdict_stands_and_unsure_says_nothing(spark):
    found = labelled(
        spark,
        {"entity_id": 1, "decided_at": at("2026-02-23 09:00")},
        {"entity_id": 1, "decided_at": at("2026-02-24 09:00"), "source": "appeal", "verdict": "benign"},
        {"entity_id": 2, "verdict": "unsure"},
        {"entity_id": 3, "entity_type": "video"},
    )
    assert found == {("account", 1): (0, 1.0), ("video", 3): (1, 1.0)}


def test_the_verdict_on_a_ring_reaches_its_members_as_far_as_they_are_tied_to_it(spark):
    found = labelled(
        spark,
        {"entity_id": 7, "entity_type": "ring"},
        {"entity_id": 8, "entity_type": "ring", "verdict": "benign"},
        {"entity_id": 2, "verdict": "benign"},
        members=[(7, 1, 1.0), (7, 2, 1.0), (7, 3, 0.4), (8, 3, 0.9)],
    )
    of_accounts = {key[1]: found[key] for key in found if key[0] == "account"}
    assert of_accounts == {1: (1, 1.0), 2: (0, 1.0), 3: (0, 0.9)}
    assert found["ring", 7] == (1, 1.0) and found["ring", 8] == (0, 1.0)


def test_a_case_is_about_the_members_of_its_day(spark):
    """The ring lost account 2 between the case and the decision; no day that is old enough has it then."""
    opened = {"case_id": "c", "as_of": date(2026, 2, 26), "opened_at": at("2026-02-26 00:00"), "entity_type": "ring"}
    decided = {"entity_id": 7, "entity_type": "ring", "case_id": "c", "decided_at": at("2026-03-09 09:00")}
    assert ("account", 2) in labelled(spark, decided, members=[(7, 2, 1.0)], cases=[{**opened, "entity_id": 7}])
    assert ("account", 2) not in labelled(spark, decided, members=[(7, 2, 1.0)])


def test_a_ring_without_a_verdict_has_that_of_most_of_its_judged_members(spark):
    found = labelled(
        spark,
        *({"entity_id": account, "verdict": "benign"} for account in (1, 2, 3)),
        *({"entity_id": account} for account in (4, 5, 6)),
        members=[
            *((70, account, 1.0) for account in (1, 2, 3, 4)),
            *((71, account, 1.0) for account in (1, 5)),
            *((72, account, 0.3) for account in (5, 6, 90)),
            (73, 6, 1.0),
        ],
    )
    assert {key[1]: told for key, told in found.items() if key[0] == "ring"} == {70: (0, 0.5), 72: (1, 1.0)}


def test_decided_members_of_abusive_rings_are_counted_by_what_their_rings_break(spark):
    """One of three who copied was called a spammer, one was not, the third has no verdict on spam."""
    copier = "ring_is_coordinated_reupload"
    columns = ", ".join(f"ring_is_{policy} double" for policy in POLICIES)
    copies = [float(policy == "coordinated_reupload") for policy in POLICIES]
    members = [(1, 0.9, 1.0, *copies), (2, 0.8, 0.5, *copies), (3, 0.9, 1.0, *copies), (4, *[None] * 6)]
    accounts = spark.createDataFrame(members, f"account_id bigint, ring_score double, ring_strength double, {columns}")
    told = [
        {"entity_id": 1, "decision_id": 1, "verdict": "benign", "decided_at": at("2026-02-19 09:00")},
        {"entity_id": 1, "decision_id": 2, "verdict": "violating", "decided_at": at("2026-02-20 09:00")},  # stands
        {"entity_id": 2, "decision_id": 3, "verdict": "benign"},
        {"entity_id": 3, "decision_id": 4, "verdict": "unsure"},
        {"entity_id": 4, "decision_id": 5, "verdict": "violating"},  # of no ring
    ]
    ((_, found),) = decided_members(decisions(spark, *told), accounts).items()
    assert found.pop(copier) == (pytest.approx(1.3), pytest.approx(0.9))
    assert set(found.values()) == {(0.0, 0.0)}
