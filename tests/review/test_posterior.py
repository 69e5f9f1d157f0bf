"""The estimators on made populations: do intervals cover, and what do the scores and second reviews buy?"""

from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conf import load_policies
from review.design_based import finished, part
from review.posterior import Audit, combined
from review.wrong_verdicts import believed_errors, learned_errors

REPEATS = 100
EDGES = load_policies().review.audit_strata
BELIEVED = believed_errors((0.02, 25), (0.08, 12.5))
SURE = believed_errors((1e-4, 1e4), (1e-4, 1e4))
"""Next to no verdict is wrong."""


def audit_of(verdicts, seconds=None, weights=None, strata=None, shares=(1.0,), scores=(0.0,)):
    verdicts = np.asarray(verdicts, dtype=float)
    size = len(verdicts)
    return Audit(
        verdicts,
        np.full(size, True),
        np.full(size, np.nan) if seconds is None else np.asarray(seconds, dtype=float),
        np.ones(size) if weights is None else np.asarray(weights, dtype=float),
        np.zeros(size, dtype=np.int64) if strata is None else np.asarray(strata),
        np.array(shares),
        np.array(scores),
    )


def found(many, of=300, confirmed=0, taken_back=0):
    """An audit that found some, of which some were looked at again."""
    seconds = np.full(of, np.nan)
    seconds[: confirmed + taken_back] = [1.0] * confirmed + [0.0] * taken_back
    return combined([audit_of([1.0] * many + [0.0] * (of - many), seconds)], BELIEVED, assisted=False)


def population(seed: int, accounts: int = 30_000, violating: float = 0.03, missed: float = 0.4):
    """Verdicts, views and scores: heavy-tailed views, and scores that miss a part of the violating accounts."""
    dice = np.random.default_rng(seed)
    verdicts = (dice.random(accounts) < violating).astype(float)
    views = np.floor(dice.lognormal(3, 1.2, accounts))
    seen = dice.random(accounts) >= missed
    logit = np.where(
        verdicts == 1,
        np.where(seen, dice.normal(3, 1.5, accounts), dice.normal(-2.5, 1.5, accounts)),
        dice.normal(-5.5, 1.5, accounts),
    )
    return verdicts, views, 1 / (1 + np.exp(-logit))


def queue_probabilities(views, scores, draws):
    """As the queue spreads its audits: half evenly, half by spread; within strata half by views."""
    strata, doubt = np.searchsorted(EDGES, scores, side="right"), np.clip(scores, 0.001, 0.999)
    spread = (views + 1) * np.sqrt(doubt * (1 - doubt))
    chances = np.zeros(len(views))
    for number in range(4):
        within = strata == number
        planned = draws * (0.5 * within.mean() + 0.5 * spread[within].sum() / spread.sum())
        chances[within] = 0.5 * planned / within.sum() + 0.5 * planned * views[within] / views[within].sum()
    return np.minimum(chances, 1)


def audited(world, chances, fpr=0.0, fnr=0.0, looks=False, errors=SURE, seed=3):
    """Repeats of one audit: (design-based, assisted) estimates, and the truth."""
    verdicts, views, scores = world
    dice = np.random.default_rng(seed)
    strata = np.searchsorted(EDGES, scores, side="right")
    whole = np.bincount(strata, views)
    mean_scores = np.bincount(strata, views * scores) / whole

    def answered(violating):
        return np.where(dice.random(len(violating)) < np.where(violating == 1, fnr, fpr), 1 - violating, violating)

    both = []
    for _ in range(REPEATS):
        drawn = dice.random(len(views)) < chances
        first, again = answered(verdicts[drawn]), answered(verdicts[drawn])
        seconds = np.where((first == 1) & looks, again, np.nan)
        weights = views[drawn] / chances[drawn]
        audit = audit_of(first, seconds, weights, strata[drawn], whole / whole.sum(), mean_scores)
        both.append([combined([audit], errors, assisted) for assisted in (False, True)])
    return both, (views * verdicts).sum() / views.sum()


def coverage(estimates, truth):
    return np.mean([one.low <= truth <= one.high for one in estimates])


def width(estimates):
    return np.mean([one.high - one.low for one in estimates])


@pytest.mark.whole
def test_intervals_cover_and_scores_narrow_them():
    world = population(1)
    both, truth = audited(world, queue_probabilities(world[1], world[2], draws=600))
    design, assisted = zip(*both, strict=True)
    assert 0.92 <= coverage(design, truth) <= 0.98
    assert coverage(assisted, truth) >= 0.92
    assert width(assisted) <= 0.7 * width(design)
    assert np.mean([one.share for one in assisted]) == pytest.approx(truth, rel=0.1)


@pytest.mark.whole
@pytest.mark.parametrize("seed", [2, 3])
def test_other_worlds_are_covered_too(seed):
    world = population(seed, violating=0.02, missed=0.6)
    both, truth = audited(world, queue_probabilities(world[1], world[2], draws=400))
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.91


@pytest.mark.whole
@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize(("fpr", "fnr"), [(0.003, 0.003), (0.01, 0.05), (0.03, 0.05)])
def test_wrong_verdicts_do_not_pass_for_abuse_nor_abuse_for_wrong_verdicts(fpr, fnr, looks):
    world = population(1)
    chances = queue_probabilities(world[1], world[2], draws=300)
    both, truth = audited(world, chances, fpr, fnr, looks, BELIEVED)
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.91
        assert 0.5 * truth < np.mean([one.share for one in estimates]) < 1.6 * truth


@pytest.mark.whole
def test_rare_abuse_in_a_small_simple_sample():
    verdicts, views, scores = population(4, violating=0.008)
    both, truth = audited((verdicts, views, scores), np.full(len(views), 100 / len(views)))
    for estimates in zip(*both, strict=True):
        assert coverage(estimates, truth) >= 0.93


def test_a_few_found_are_not_all_taken_for_wrong_verdicts():
    few = found(4)
    assert 0.2 * 4 / 300 < few.share < 4 / 300
    assert few.low < 0.001 and few.high > 4 / 300


def test_second_reviews_raise_or_lower_the_estimate():
    confirmed = [found(4, confirmed=number).share for number in range(5)]
    assert confirmed == sorted(confirmed)
    assert confirmed[-1] == pytest.approx(4 / 300, rel=0.2)
    taken_back = [found(4, taken_back=number).share for number in range(5)]
    assert taken_back == sorted(taken_back, reverse=True)
    assert taken_back[-1] == pytest.approx(found(0).share, rel=0.3)


def test_nothing_found_is_not_nothing_there():
    none = found(0)
    assert 0 < none.share < 1 / 300
    assert none.low < 1e-4
    assert 0.004 < none.high < 0.02  # the rule of three says 0.01
    assert finished(part(np.zeros(300), np.ones(300)), None).share == 0


def test_nothing_audited_says_nothing():
    nothing = audit_of([])
    for assisted in (True, False):
        assert combined([nothing], BELIEVED, assisted).share is None
        assert combined([audit_of([0.0], weights=[0.0])], BELIEVED, assisted) == combined([], BELIEVED, assisted)
    assert part(np.array([]), np.array([])) == []
    assert finished([], None).share is None


def test_a_stratum_without_audits_is_as_its_scores_say():
    audit = audit_of(np.zeros(200), strata=np.zeros(200, dtype=int), shares=(0.98, 0.02), scores=(0.001, 0.9))
    by_scores = combined([audit], BELIEVED, assisted=True)
    assert 0.01 < by_scores.share < 0.025
    assert by_scores.high > 0.018


def test_scores_that_are_wrong_give_way_to_audits():
    verdicts, strata = np.zeros(300), np.repeat([0, 1], 150)
    audit = audit_of(verdicts, strata=strata, shares=(0.5, 0.5), scores=(0.001, 0.9))
    assert combined([audit], BELIEVED, assisted=True).share < 0.02


def test_two_samples_are_one_population():
    one, other = audit_of([1.0] * 30 + [0.0] * 70), audit_of([1.0] * 10 + [0.0] * 90)
    both = combined([one, other], SURE, assisted=False)
    assert both.share == pytest.approx(0.2, abs=0.005)
    assert both.low > combined([other], SURE, assisted=False).low
    assert both.high - both.low == pytest.approx(2 * 1.96 * 0.028, rel=0.1)


def test_without_wrong_verdicts_the_posterior_is_the_plain_share():
    plain = combined([audit_of([1.0] * 30 + [0.0] * 70)], SURE, assisted=False)
    assert plain.share == pytest.approx(0.3, abs=0.005)
    assert (plain.low, plain.high) == pytest.approx((0.216, 0.395), abs=0.01)  # Jeffreys' interval


def test_the_more_verdicts_are_wrong_the_less_of_what_is_found_is_abuse():
    few_errors, many_errors = (
        combined([audit_of([1.0] * 4 + [0.0] * 296)], learned_errors(BELIEVED, 0, differ, 300, 1.0), False)
        for differ in (0, 12)
    )
    assert few_errors.share > found(4).share > many_errors.share > 0


samples = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 1.0, np.nan]), st.floats(0, 1e4), st.integers(0, 2)),
    max_size=40,
)


def sampled(rows):
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    verdicts = np.array(columns[0], dtype=float)
    seconds = np.where(verdicts == 1, np.array(columns[1], dtype=float), np.nan)
    strata = np.array(columns[3], dtype=np.int64)
    return audit_of(verdicts, seconds, columns[2], strata, (0.9, 0.07, 0.03), (0.002, 0.1, 0.8))


@settings(deadline=None, max_examples=25)
@example([(False, 0.0, 5.8e-245, 0)], False, Random(0))
@given(samples, st.booleans(), st.randoms(use_true_random=False))
def test_an_estimate_is_in_its_interval_and_the_order_of_audits_is_nothing(rows, assisted, random):
    one = combined([sampled(rows)], BELIEVED, assisted)
    assert 0 <= one.low <= one.high <= 1
    if one.share is None:
        assert (one.low, one.high) == (0, 1)
        return
    assert one.low <= one.share <= one.high
    random.shuffle(rows)
    other = combined([sampled(rows)], BELIEVED, assisted)
    assert (other.share, other.low, other.high) == pytest.approx((one.share, one.low, one.high), rel=1e-3, abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.integers(5, 2_000), st.floats(0, 1), st.integers(1, 30))
def test_the_more_are_found_the_higher_is_the_estimate(of, part_of, more):
    some = int(part_of * of)
    fewer, greater = found(some, of), found(min(some + more, of), of)
    assert fewer.share <= greater.share + 1e-9
    if part_of <= 0.5:  # beyond, the upper end rests on few of the sampled pairs of error chances
        assert fewer.high <= greater.high + 1e-3
