"""Weeks on a made-up platform whose reviewers answer."""

import pytest

from lake.schemas import DECISIONS, PREVALENCE
from lake.store import Lake
from tests.end_to_end.playing import play

pytestmark = pytest.mark.slow


def test_two_days_of_the_loop_end_with_answers_and_a_picture(spark, tmp_path):
    place, picture = tmp_path / "lake", tmp_path / "loop.png"
    facts = play(spark, place, "loop", accounts=1_000, days=2, seed=5, picture=picture)
    assert facts["days"] == 2
    assert picture.read_bytes().startswith(b"\x89PNG")
    lake = Lake(spark, str(place))
    assert lake.read(PREVALENCE).select("as_of").distinct().count() == 2
    assert lake.read(DECISIONS).where("case_id IS NOT NULL").count() > 0
