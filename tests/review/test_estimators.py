"""The estimators on made populations: do intervals cover, and what do the scores buy?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.estimators import corrected, design_based, error_rate, finished, interval, part

REPEATS = 400


def population(seed: int, accounts: int = 30_000, violating: float = 0.03, missed: float = 0.4):
    """Verdicts, views and scores: heavy-tailed views, and scores that miss a part of the violating accounts."""
    dice = np.random.default_rng(seed)
    verdicts = (dice.random(accounts) < violating).astype(float)
    views = np.floor(dice.lognormal(3, 1.2, accounts))
    found = dice.random(accounts) >= missed
    logit = np.where(
        verdicts == 1,
        np.where(found, dice.normal(3, 1.5, accounts), dice.normal(-2.5, 1.5, accounts)),
        dice.normal(-5.5, 1.5, accounts),
    )
    return verdicts, views, 1 / (1 + np.exp(-logit))


def queue_probabilities(views, scores, draws):
    """As the queue spreads its audits: half evenly, half by spread; within strata half by views."""
    strata, doubt = np.searchsorted([0.01, 0.1, 0.5], scores, side="right"), np.clip(scores, 0.001, 0.999)
    spread = (views + 1) * np.sqrt(doubt * (1 - doubt))
    chances = np.zeros(len(views))
    for number in range(4):
        its = strata == number
        planned = draws * (0.5 * its.mean() + 0.5 * spread[its].sum() / spread.sum())
        chances[its] = 0.5 * planned / its.sum() + 0.5 * planned * views[its] / views[its].sum()
    return np.minimum(chances, 1)


def audited(world, chances, wrong=0.0, twice=300, seed=3):
    """Repeats of one audit: (design-based, model-assisted) estimates, and the truth."""
    verdicts, views, scores = world
    dice = np.random.default_rng(seed)
    predicted = (views * scores).sum() / views.sum()
    both = []
    for _ in range(REPEATS):
        drawn = dice.random(len(views)) < chances
        seen = np.where(dice.random(drawn.sum()) < wrong, 1 - verdicts[drawn], verdicts[drawn])
        errors = error_rate(twice, dice.binomial(twice, 2 * wrong * (1 - wrong)), 0.03, 50) if wrong else None
        weights = views[drawn] / chances[drawn]
        both.append(
            (
                finished(part(seen, weights), errors),
                finished(part(seen, weights, scores[drawn], predicted), errors),
            )
        )
    return both, (views * verdicts).sum() / views.sum()


def coverage(estimates, truth):
    return np.mean([one.low <= truth <= one.high for one in estimates])


def width(estimates):
    return np.mean([one.high - one.low for one in estimates])


def test_intervals_cover_and_scores_narrow_them():
    world = population(1)
    both, truth = audited(world, queue_probabilities(world[1], world[2], draws=600))
    design, assisted = zip(*both, strict=True)
    assert 0.93 <= coverage(design, truth) <= 0.97
    assert 0.93 <= coverage(assisted, truth) <= 0.97
    assert width(assisted) <= 0.7 * width(design)
    assert np.mean([one.share for one in assisted]) == pytest.approx(truth, rel=0.03)


@pytest.mark.parametrize("seed", [2, 3])
def test_other_worlds_are_covered_too(seed):
    world = population(seed, violating=0.02, missed=0.6)
    both, truth = audited(world, queue_probabilities(world[1], world[2], draws=400))
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.92


def test_wrong_verdicts_do_not_pass_for_abuse():
    world = population(1)
    both, truth = audited(world, queue_probabilities(world[1], world[2], draws=600), wrong=0.04)
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.93
        assert np.mean([one.share for one in estimates]) == pytest.approx(truth, rel=0.1)


def test_rare_abuse_in_a_small_simple_sample():
    verdicts, views, scores = population(4, violating=0.008)
    both, truth = audited((verdicts, views, scores), np.full(len(views), 100 / len(views)))
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.93


def test_nothing_found_is_not_nothing_there():
    none = finished(part(np.zeros(300), np.ones(300)), None)
    assert none.share == 0
    assert none.low == 0
    assert 0.005 < none.high < 0.02  # the rule of three says 0.01


def test_nothing_audited_says_nothing():
    assert part(np.array([]), np.array([])) == []
    assert finished([], None).share is None


def test_equal_weights_are_a_plain_share():
    share, variance = design_based(np.array([1.0] * 30 + [0.0] * 70), np.full(100, 7.0))
    assert share == pytest.approx(0.3)
    assert variance == pytest.approx(0.3 * 0.7 / 99, rel=0.01)


def test_correction_undoes_errors():
    rate = error_rate(10_000_000, round(10_000_000 * 2 * 0.05 * 0.95), 0.03, 50)
    assert rate[0] == pytest.approx(0.05, abs=1e-5)
    assert corrected(0.02 * 0.95 + 0.98 * 0.05, 0.0, rate)[0] == pytest.approx(0.02, abs=1e-4)


@given(st.floats(-0.5, 1.5), st.floats(0, 0.5), st.floats(1, 1e6))
def test_an_interval_is_one(share, variance, size):
    low, high = interval(share, variance, size)
    assert 0 <= low <= high <= 1
    assert low <= min(max(share, 0), 1) <= high
