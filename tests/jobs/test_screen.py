"""What a person sees in the end."""

from conf import load_policies
from jobs import screen
from lake.schemas import RINGS
from tests.review.worlds import queued, rows


def test_rings_are_shown_with_their_evidence_in_short(spark, capsys):
    evidence = "9 accounts; up to 9 of them liked the same 2 videos (e.g. 5, 6), 9 at a time (36 of 36 pairs linked)."
    screen.rings(rows(spark, RINGS, {"ring_id": 77, "score": 0.9, "evidence": evidence}))
    shown = capsys.readouterr().out
    assert "9 accounts; up to 9 of them liked the same 2 videos " in shown
    assert "36 pairs" not in shown


def test_cases_are_shown_flagged_ones_first_and_one_for_each_ring(spark, capsys):
    cases = [
        {"case_id": "a", "entity_id": 1_000_001, "score": 0.1, "priority": 900.0},
        {"case_id": "b", "entity_id": 1_000_002, "score": 0.9, "priority": 9.0},
        {"case_id": "c", "entity_id": 1_000_003, "score": 0.8, "priority": 8.0, "ring_id": 7},
        {"case_id": "d", "entity_id": 1_000_004, "score": 0.7, "priority": 7.0, "ring_id": 7},
        {"case_id": "e", "entity_id": 1_000_005, "score": 0.9, "priority": 9.5, "selection": "audit"},
    ]
    screen.cases(queued(spark, *[{"selection": "risk"} | case for case in cases]), load_policies())
    shown = capsys.readouterr().out
    places = [shown.find(f"account 00000{number}") for number in (2, 3, 1)]
    assert -1 not in places
    assert places == sorted(places)
    assert "account 000004" not in shown
    assert "account 000005" not in shown
