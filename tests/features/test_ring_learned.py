"""What verdicts on rings teach the prior: made parts of log-odds stand for trees."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from features.rings.learned import learned, log_loss, map_estimate, verdicts_on_rings
from features.rings.prior import INPUTS, shipped
from tests.builders import at, decisions

SPREADS = (0.5, 0.5)


@dataclass(frozen=True)
class Added:
    """A prior whose parts are the values themselves."""

    spreads: tuple[float, float] = SPREADS
    shift: float = 0.0
    scales: tuple[float, ...] | None = None

    def contributions(self, values):
        return self.shift - 1.0, values if self.scales is None else values * self.scales


def platform(seed, counts, rings=600):
    """Rings whose first part counts `counts` times on this platform: values, and verdicts drawn by their chance."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1.5, (rings, 4))
    chance = expit(-1 + values @ np.array([counts, 1, 1, 1]))
    return values, (rng.random(rings) < chance).astype(int)


def gain(seed, counts, verdicts):
    """By how much the log loss of what was not judged falls."""
    values, abusive = platform(seed, counts)
    taught = learned(Added(), values[:verdicts], abusive[:verdicts])
    before, after = (
        log_loss(start + parts.sum(axis=1), abusive[verdicts:]).mean()
        for start, parts in (prior.contributions(values[verdicts:]) for prior in (Added(), taught))
    )
    return before - after


def test_without_verdicts_the_prior_is_the_shipped_one():
    assert learned(shipped(), np.zeros((0, len(INPUTS))), np.zeros(0)) is shipped()


@pytest.mark.whole
@pytest.mark.parametrize(("verdicts", "least"), [(5, 0.0), (20, 0.05), (40, 0.1), (80, 0.2)])
def test_a_part_that_means_the_opposite_here_counts_less_with_each_verdict(verdicts, least):
    assert np.mean([gain(seed, -1, verdicts) for seed in range(20)]) > least


@pytest.mark.whole
@pytest.mark.parametrize("verdicts", [5, 10, 40])
def test_where_the_prior_is_right_verdicts_hardly_harm_it(verdicts):
    assert np.mean([gain(seed, 1, verdicts) for seed in range(40)]) > -0.02


@given(st.integers(0, 1_000), st.integers(1, 30))
def test_what_is_most_likely_is_likelier_than_all_around_it(seed, verdicts):
    values, abusive = platform(seed, counts=0, rings=verdicts)
    shift, scales = map_estimate(-1.0, values, abusive, SPREADS)

    def unlikely(moved):
        log_odds = -1.0 + moved[0] + values @ (1 + moved[1:])
        return log_loss(log_odds, abusive).sum() + 0.5 * np.square(moved / 0.5).sum()

    found, rng = np.array([shift, *(scales - 1)]), np.random.default_rng(seed)
    assert all(unlikely(found) <= unlikely(found + step) + 1e-6 for step in rng.normal(0, 0.1, (20, 5)))


def test_reasons_of_a_prior_that_was_taught_still_add_up_to_the_score():
    values = np.full((1, len(INPUTS)), 0.5)
    start, parts = shipped().contributions(values)
    taught = replace(shipped(), shift=0.25, scales=(0.5,) * len(INPUTS))
    assert taught.contributions(values)[0] == start + 0.25
    assert taught.contributions(values)[1].tolist() == (parts / 2).tolist()
    assert taught.to_json() == shipped().to_json()  # what a platform has taught stays there


def test_a_ring_is_what_it_was_when_it_was_judged(spark):
    """Ring 1 is judged between its two days; one policy of ring 2 is enough; 3 is unsure, 4 is no ring of before."""
    days = [
        (1, date(2026, 2, 1), 0.1),
        (1, date(2026, 2, 6), 0.9),
        (2, date(2026, 2, 1), 0.2),
        (3, date(2026, 2, 1), 0.3),
    ]
    rings = spark.createDataFrame(days, "ring_id bigint, as_of date, coverage double")
    verdicts = [
        (1, "spam_ring", "benign", "2026-02-03"),
        (2, "spam_ring", "benign", "2026-02-02"),
        (2, "bot_network", "violating", "2026-02-04"),
        (3, "spam_ring", "unsure", "2026-02-04"),
        (4, "spam_ring", "violating", "2026-02-04"),
    ]
    said = [
        {"entity_type": "ring", "entity_id": ring, "policy": policy, "verdict": verdict, "decided_at": at(day)}
        for ring, policy, verdict, day in verdicts
    ]
    told = verdicts_on_rings(decisions(spark, *said, {"entity_id": 3}), rings)
    assert told.columns == [*INPUTS, "abusive"]
    assert [(row.coverage, row.abusive, row.haste) for row in told.collect()] == [(0.2, 1, None), (0.1, 0, None)]
