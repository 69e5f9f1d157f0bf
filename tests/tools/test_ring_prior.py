"""How the prior on rings is made: what its card counts, and that the shipped one is the fitted one."""

import numpy as np
import pandas as pd
import pytest

from features.rings.prior import INPUTS, shipped
from tools.ring_prior import fit
from tools.ring_prior.__main__ import KEPT
from tools.ring_prior.worlds import HOME, SECOND, knobs_of, worlds


def rings(*told):
    """(members, abusive) of rings of two platforms in turn."""
    rows = [
        {"members": members, "abusive": abusive, "world": f"home {n % 2}"} for n, (members, abusive) in enumerate(told)
    ]
    return pd.DataFrame(rows)


def test_a_ring_is_abusive_where_half_of_its_members_are():
    assert fit.is_abusive(rings((4, 2), (5, 2), (3, 3), (3, 0))).tolist() == [1, 0, 1, 0]


def test_the_card_counts_members_not_rings():
    """Of 12 members of abusive rings 8 are in one of a chance above a half, together with the 10 of an honest one."""
    told = fit.figures(rings((8, 8), (4, 4), (10, 0), (30, 0)), np.array([0.9, 0.2, 0.6, 0.1]))
    assert told == {
        "worlds": 2,
        "rings": 4,
        "abusive rings": 2,
        "average precision": pytest.approx((1 + 2 / 3) / 2),
        "members flagged": pytest.approx(8 / 12),
        "abusive of flagged": pytest.approx(8 / 18),
        "honest flagged": 10,
        "honest": 40,
    }


def test_platforms_are_drawn_alike_each_time_and_each_generator_has_seeds_of_its_own(tmp_path):
    drawn = worlds(tmp_path, 3, 550, {HOME: True, SECOND: True})
    assert [(world.generator, world.seed) for world in drawn] == [
        *((HOME, 550), (SECOND, 650)),
        *((HOME, 551), (SECOND, 651)),
        *((HOME, 552), (SECOND, 652)),
    ]
    assert [knobs_of(world) for world in drawn] == [knobs_of(world) for world in drawn]
    assert len({knobs_of(world)["accounts"] for world in drawn}) == len(drawn)
    assert {world.generator for world in worlds(tmp_path, 2, 1, {HOME: True, SECOND: False})} == {HOME}


@pytest.mark.whole
def test_the_shipped_prior_is_what_the_kept_rings_give():
    rows = pd.read_parquet(KEPT)
    again = fit.margins(fit.grown(rows), rows)
    start, parts = shipped().contributions(rows[list(INPUTS)].to_numpy())
    assert start + parts.sum(axis=1) == pytest.approx(shipped().intercept + shipped().slope * again, abs=1e-3)
