"""The gate: what a model must be able to do, on plain arrays."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from conf import load_limits, load_policies
from models.calibration import fit_calibrator
from models.evidence import Prior, evidence_of
from models.fit import Rows, TooFewGroups, fit_model
from models.gate import Exam, calibration_error, held_out, judge, leaks, precision_at, segments
from models.model import Model
from models.training import Training, age_groups, current_scores, train_policy
from models.weights import RANDOM, Population, weighing

LIMITS = load_limits()
TRAINING = LIMITS.training.model_copy(update={"trials": 1, "folds": 3})
GATE = LIMITS.gate.model_copy(update={"bootstraps": 60})
PARAMETERS = {**TRAINING.first_guess.model_dump(), "rounds": 30}
DAY = date(2026, 3, 1)
ALONE = evidence_of("account", "spam_ring", 0.1)
"""What rings say of accounts that are in none."""


def made_up(rows: int = 1_500, seed: int = 1, share: float = 0.15) -> Rows:
    """Groups of three decided on within two months; three of eight features tell; 3 % of verdicts are wrong.

    Rings say nothing.
    """
    dice = np.random.default_rng(seed)
    truth = np.repeat(dice.random(rows // 3) < share, 3)
    features = pd.DataFrame(
        {f"f{place}": dice.normal(size=rows) + (1.5 * truth if place < 3 else 0.0) for place in range(8)}
    ).assign(**dict.fromkeys(ALONE.columns, np.nan))
    labels = (truth ^ (dice.random(rows) < 0.03)).astype(int)
    groups = np.repeat(np.arange(rows // 3), 3)
    days = np.repeat(dice.uniform(20_000, 20_060, rows // 3), 3)
    features = features.astype(np.float32)
    return Rows(
        keys=np.arange(rows),
        features=features,
        labels=labels,
        weights=np.full(rows, 20.0),
        groups=groups,
        days=days,
        base_margin=ALONE.base_margin(features),
        frame=np.full(rows, RANDOM),
    )


PRIOR = Prior(ALONE, made_up(seed=9).features)


def training(champion: Model | None = None) -> Training:
    limits = LIMITS.model_copy(update={"training": TRAINING, "gate": GATE})
    champions = {("account", "spam_ring"): champion} if champion else {}
    return Training(DAY, champions, load_policies().policies, limits)


@pytest.fixture(scope="module")
def first():
    return train_policy("account", "spam_ring", PRIOR, made_up(), training())


def exam(rows, training=TRAINING, gate=GATE):
    return Exam(rows, 60, training, gate)


def judged(challenger, champion, split):
    scores, theirs = (model.scores(split.judge.features) for model in (challenger, champion))
    return judge(exam(split.judge), scores, theirs)[1]


def test_a_sound_model_passes_and_the_same_rows_give_the_same_bytes(first):
    again = train_policy("account", "spam_ring", PRIOR, made_up(), training(first.model))
    assert first.refusals == again.refusals == ()
    assert again.model.content() == first.model.content()
    assert again.model.version == first.model.version


def test_held_out_rows_are_later_and_of_groups_that_were_not_learned_from():
    split = held_out(made_up(), TRAINING)
    assert split.later
    assert split.fit.days.max() < split.judge.days.min()
    assert not set(split.fit.groups) & set(split.judge.groups)


def test_a_model_of_shuffled_labels_is_refused():
    rows = made_up()
    shuffled = replace(rows, labels=np.random.default_rng(5).permutation(rows.labels))
    outcome = train_policy("account", "spam_ring", PRIOR, shuffled, training())
    assert any(reason.startswith("no better than chance") for reason in outcome.refusals)


def test_a_leaked_feature_is_named():
    rows = made_up()
    leaked = replace(rows, features=rows.features.assign(verdicts_28d=rows.labels.astype(np.float32)))
    assert leaks(rows, GATE) == []
    assert leaks(leaked, GATE) == ["verdicts_28d"]


def test_what_the_members_of_a_few_rings_have_in_common_is_no_leak():
    """Sixty violating accounts, all by the verdicts on three rings, and sixty benign ones that are in no ring."""
    rows = made_up(180)
    members = np.arange(180) < 60
    told = rows.features.assign(ring_score=np.where(members, 0.8, np.nan).astype(np.float32))
    groups = np.where(members, np.arange(180) % 3, np.arange(180))
    assert leaks(replace(rows, features=told, labels=members.astype(int), groups=groups), GATE) == []


@pytest.mark.parametrize("rings", [1, 2])
def test_a_class_of_one_or_two_rings_is_no_ground_to_judge_by(rings):
    rows = made_up(90)
    members = np.arange(90) < 30
    groups = np.where(members, np.arange(90) % rings, np.arange(90))
    few = replace(rows, labels=members.astype(int), groups=groups)
    with pytest.raises(TooFewGroups, match="act together"):
        train_policy("account", "spam_ring", PRIOR, few, training())


def test_a_model_of_two_percent_of_the_rows_is_refused_beside_a_champion():
    split = held_out(made_up(), TRAINING)
    champion = fit_model("account", "spam_ring", PRIOR, split.fit, PARAMETERS, TRAINING)
    positives, negatives = (np.flatnonzero(split.fit.labels == value)[:10] for value in (1, 0))
    starved = fit_model(
        "account", "spam_ring", PRIOR, split.fit.take(np.r_[positives, negatives]), PARAMETERS, TRAINING
    )
    assert judged(champion, champion, split) == []
    assert any(reason.endswith("of the champion") for reason in judged(starved, champion, split))


def test_a_first_model_that_is_worse_than_ring_evidence_is_refused():
    """Rings know all abusers; the model was told the contrary of half of them."""
    rows = made_up()
    told = rows.features.assign(**{ALONE.breaks[0]: 1.0, ALONE.score: 0.05 + 0.9 * rows.labels, ALONE.tie: 1.0})
    rows = replace(rows, features=told, base_margin=ALONE.base_margin(told))
    early = rows.days < np.median(rows.days)
    deaf = replace(
        rows, base_margin=np.full(len(rows), ALONE.base), labels=np.where(early, 1 - rows.labels, rows.labels)
    )
    split = held_out(rows, TRAINING)
    current, whose = current_scores(None, split, PRIOR.sample, TRAINING)
    taught = fit_model("account", "spam_ring", PRIOR, deaf.take(early), PARAMETERS, TRAINING)
    _, refusals = judge(exam(split.judge), taught.scores(split.judge.features), current, whose)
    assert any(reason.endswith("of ring evidence alone") for reason in refusals)


def test_a_champion_stands_for_what_scores_but_where_its_counters_say_that_features_have_changed():
    split = held_out(made_up(), TRAINING)
    champion = fit_model("account", "spam_ring", PRIOR, split.fit, PARAMETERS, TRAINING)
    expected = {
        "the champion": [champion.versions, {"accounts": "others"}, {ALONE.score: 6}],
        "ring evidence alone": [{ALONE.score: 5}, {ALONE.score: 6, "f0": 2}, {}],
    }
    for whose, learned in expected.items():
        for versions in learned:
            current = replace(champion, versions=versions)
            assert current_scores(current, split, PRIOR.sample, TRAINING)[1] == whose


def test_a_model_that_fails_one_country_is_refused_and_the_country_is_named():
    rows = made_up(3_000)
    countries = np.where(np.arange(len(rows)) % 9 < 3, "BR", "DE")  # groups of three are of one country
    rows = replace(rows, segments={"country": countries})
    split = held_out(rows, TRAINING)
    champion = fit_model("account", "spam_ring", PRIOR, split.fit, PARAMETERS, TRAINING)
    scores = champion.scores(split.judge.features)
    in_br = split.judge.segments["country"] == "BR"
    scores_without_br = np.where(in_br, np.random.default_rng(2).permutation(scores), scores)
    lenient = GATE.model_copy(update={"max_drop": 0.3, "min_difference": 1.0, "max_calibration_error": 1.0})
    _, refusals = judge(exam(split.judge, gate=lenient), scores_without_br, scores)
    assert refusals and all(reason.startswith("country BR: ") for reason in refusals)
    assert judge(exam(split.judge, gate=lenient), scores, scores)[1] == []


def test_segments_of_too_few_rows_are_judged_together():
    rows = made_up(900)
    names = np.array(["DE"] * 300 + [f"C{number}" for number in range(100) for _ in range(6)])
    parts = dict(segments(replace(rows, segments={"country": names}), least=20))
    assert {name: int(part.sum()) for name, part in parts.items()} == {"country DE": 300, "country other": 600}
    assert list(segments(replace(rows, segments={"country": names}), least=400)) == []


def test_ages_have_groups():
    ages = np.array([0.0, 29.9, 30.0, 364.0, 365.0, 4_000.0, np.nan])
    young, middle, old = "under 30 days", "under a year", "older"
    assert age_groups(ages).tolist() == [young, young, middle, middle, old, old, old]


def test_precision_counts_the_top_rows_as_often_as_they_stand_for():
    scores, labels = np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1])
    assert precision_at(scores, labels, np.array([1.0, 3.0, 9.0]), 2) == pytest.approx(0.5)
    assert precision_at(scores, labels, np.array([5.0, 3.0, 9.0]), 2) == pytest.approx(1.0)


def test_a_slip_of_one_heavy_audit_does_not_sink_scores_that_rank_well():
    """Twenty flagged abusers stand for themselves; one of sixty audits, each for 400 accounts, is a wrong verdict."""
    labels = np.repeat([1, 0, 1], [20, 60, 1])
    scores = np.repeat([0.9, 0.01, 0.01], [20, 60, 1])
    rows = replace(made_up(243).take(np.arange(81)), labels=labels, weights=np.repeat([1.0, 400.0], [20, 61]))
    assert exam(rows).figures(scores)["average_precision"] > 0.75
    assert exam(rows.take(np.arange(80))).figures(scores[:80])["average_precision"] == 1.0


def test_calibration_error_of_scores_that_are_the_shares_is_small():
    dice = np.random.default_rng(2)
    scores = dice.random(30_000) ** 3
    labels = (dice.random(30_000) < scores).astype(int)
    assert calibration_error(scores, labels, np.ones(30_000), 0.0) < 0.01
    assert calibration_error(np.minimum(scores + 0.2, 1), labels, np.ones(30_000), 0.0) > 0.15


def test_scores_that_mean_what_they_say_are_not_refused_for_being_judged_by_few_verdicts():
    """Forty verdicts on scores between 0.2 and 0.8: the error over 15 bins is large, and chance."""
    rows = made_up(120).take(np.arange(40))
    dice = np.random.default_rng(3)
    scores = dice.uniform(0.2, 0.8, 40)
    sound = [
        calibration_error(scores, (np.random.default_rng(seed).random(40) < scores).astype(int), rows.weights, 0.0)
        for seed in range(50)
    ]
    no_slips = TRAINING.model_copy(update={"slips": 0.0})
    noise = exam(replace(rows, groups=np.arange(40)), no_slips).calibration_noise(scores)
    assert np.mean(sound) > LIMITS.gate.max_calibration_error
    assert np.mean(np.array(sound) <= noise) > 0.85
    assert exam(rows, no_slips).calibration_noise(scores) > noise  # three in a group are one draw
    many = exam(made_up(30_000), no_slips)
    assert many.calibration_noise(dice.uniform(0.2, 0.8, 30_000)) < LIMITS.gate.max_calibration_error


def test_the_calibrator_finds_the_line_behind_biased_rows_and_wrong_verdicts():
    """Abusers are reviewed ten times as often and 3 % of verdicts are wrong; scores still add up to the truth."""
    dice = np.random.default_rng(3)
    margins = dice.normal(-2, 2, 40_000)
    chance = 1 / (1 + np.exp(-(-2.5 + 1.4 * margins)))
    truth = dice.random(40_000) < chance
    flagged = np.where(margins > 0, 0.5, 0.05)
    reviewed = dice.random(40_000) < flagged
    labels = (truth ^ (dice.random(40_000) < 0.03))[reviewed].astype(int)
    line = fit_calibrator(margins[reviewed], labels, 1 / flagged[reviewed], np.zeros(len(labels)), label_noise=0.03)
    assert (line.intercept, line.slope) == pytest.approx((-2.5, 1.4), rel=0.2)
    assert line(margins).sum() / truth.sum() == pytest.approx(1, abs=0.1)


def test_weights_bring_audits_up_to_the_population_and_clip_the_rest():
    sample = pd.DataFrame({"events_28d": np.linspace(0, 100, 50)})
    rows = pd.DataFrame(
        {
            "source": ["random_audit"] * 4 + ["queue"] * 3 + ["user_report"] * 2,
            "selection": ["audit"] * 4 + ["risk", "uncertain", "uncertain"] + [None] * 2,
            "inclusion_probability": [None] * 4 + [1.0, 0.25, 0.001] + [None] * 2,
            "strength": 1.0,
            "events_28d": [1.0, 50, 20, 70, 90, 95, 80, 99, 90],
        }
    ).astype({"inclusion_probability": float})
    weights = weighing(rows, Population(sample, 1_000), ["events_28d"], 50.0)(rows)
    assert len(set(weights[:4])) == 1
    assert weights[5] == pytest.approx(4 * weights[4]) and weights[6] == pytest.approx(50 * weights[4])
    random_alone = weighing(rows[:4], Population(sample, 1_000), ["events_28d"], 50.0)(rows[:4])
    assert random_alone.tolist() == [250.0] * 4


def test_half_of_the_rows_stand_for_as_many_as_all_of_them():
    dice = np.random.default_rng(2)
    population = Population(pd.DataFrame({"events_28d": dice.poisson(40, 500).astype(float)}), 20_000)
    rows = pd.DataFrame(
        {
            "source": np.repeat(["random_audit", "queue", "user_report"], 200),
            "selection": np.repeat(["audit", "uncertain", None], 200),
            "inclusion_probability": np.repeat([np.nan, 0.25, np.nan], 200),
            "strength": 1.0,
            "events_28d": dice.poisson(42, 600).astype(float),
        }
    )
    half = rows[::2]
    of_all = weighing(rows, population, ["events_28d"], 50.0)(rows)
    of_half = weighing(half, population, ["events_28d"], 50.0, kept=0.5)(half)
    by_source = [np.bincount(np.arange(len(each)) * 3 // len(each), each) for each in (of_all, of_half)]
    assert by_source[1] == pytest.approx(by_source[0], rel=0.1)
