"""What rings say before any decision, and what is left of it when reviewers have decided on others."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from conf import load_limits
from models.calibration import Crowd, fit_calibrator
from models.evidence import Evidence, Prior, evidence_of
from models.fit import Rows, fit_model
from models.score import BASE_RATE, Best, listed, score_entities
from models.scorer import Scorer
from models.weights import OTHER, RANDOM

EVIDENCE = evidence_of("account", "spam_ring", unknown=0.001)
TRAINING = load_limits().training.model_copy(update={"folds": 3})
PARAMETERS = TRAINING.first_guess.model_dump()
NAN = np.nan


def members(*rows: tuple[float, float, float]) -> dict[str, np.ndarray]:
    """Accounts as (is the ring one of spam, its score, how firmly the account is tied to it)."""
    told = dict(zip(("ring_is_spam_ring", EVIDENCE.score, EVIDENCE.tie), np.array(rows, np.float64).T, strict=True))
    return {name: np.zeros(len(rows)) for name in EVIDENCE.breaks} | told


def copiers(*rows: tuple[float, float]) -> pd.DataFrame:
    """Members of rings that upload stolen films, as (the ring's score, the tie)."""
    told = pd.DataFrame(rows, columns=[EVIDENCE.score, EVIDENCE.tie])
    return told.assign(**dict.fromkeys(EVIDENCE.breaks, 0.0) | {"ring_is_coordinated_reupload": 1.0})


def test_a_ring_says_of_another_policy_what_decisions_on_such_members_say():
    """Of eight certain members six are spam, and two decisions' worth of the belief that none is."""
    decided = copiers(*[(1.0, 1.0)] * 8)
    asked = copiers((1.0, 0.5), (0.9, 1.0))
    assert expit(EVIDENCE.base_margin(asked)) == pytest.approx([0.001, 0.001])
    learned = EVIDENCE.learned(decided, np.array([1] * 6 + [0] * 2))
    assert expit(learned.base_margin(asked)) == pytest.approx([0.6 * 0.5, 0.6 * 0.9])
    assert dict(zip(learned.breaks, learned.shares, strict=True)) == pytest.approx(
        {"ring_is_spam_ring": 1.0, "ring_is_bot_network": 0.0, "ring_is_artificial_engagement": 0.0}
        | {"ring_is_coordinated_reupload": 0.6}
    )
    assert Evidence.from_dict(json.loads(json.dumps(learned.to_dict()))) == learned


def test_members_of_rings_that_are_hardly_abusive_teach_little_of_what_abusive_ones_break():
    learned = EVIDENCE.learned(copiers(*[(0.02, 1.0)] * 10), np.ones(10))
    assert learned.shares[list(EVIDENCE.breaks).index("ring_is_coordinated_reupload")] == pytest.approx(0.2 / 2.2)


@pytest.mark.parametrize(
    ("account", "chance"),
    [
        ((1, 0.9, 1.0), 0.9),
        ((1, 0.9, 0.5), 0.45),
        ((1, 1.0, 1.0), 0.999),
        ((0, 0.9, 1.0), 0.001),
        ((NAN, NAN, NAN), 0.001),
        ((1, 0.9, NAN), 0.001),
        ((1, 0.0, 1.0), 0.001),
    ],
)
def test_the_chance_is_that_of_the_ring_times_the_tie(account, chance):
    assert expit(EVIDENCE.base_margin(members(account))) == pytest.approx([chance])


def test_a_bought_like_is_told_by_the_share_of_the_ring_that_acts():
    bought = evidence_of("video", "artificial_engagement", unknown=0.001)
    acted_on = pd.DataFrame({name: [1.0] for name in bought.columns}).assign(
        engaging_ring_is_bot_network=0.0, engaging_ring_score=0.8, engaging_ring_tie=0.75
    )
    assert expit(bought.base_margin(acted_on)) == pytest.approx([0.6])


def test_a_video_of_a_policy_of_ones_own_is_told_by_rings_of_that_policy_and_of_bots():
    assert evidence_of("video", "fake_shops", unknown=0.001).breaks == (
        "engaging_ring_is_fake_shops",
        "engaging_ring_is_bot_network",
    )


def test_reasons_without_a_model_name_the_ring_and_the_tie_and_sum_to_the_score():
    firm, nobody = listed(Scorer("unsupervised", EVIDENCE, []), members((1, 0.9, 0.5), (0, 0.9, 0.5)), most=8)
    assert [(each["feature"], each["value"]) for each in firm] == [
        ("ring_score", 0.9),
        ("ring_strength", 0.5),
        (BASE_RATE, None),
    ]
    assert sum(each["contribution"] for each in firm) == pytest.approx(logit(0.45))
    assert nobody == []


def test_a_video_is_shown_with_the_ring_that_speaks_of_the_policy(spark):
    policies = ("artificial_engagement", "coordinated_reupload")
    columns = {name: 1.0 for policy in policies for name in evidence_of("video", policy, unknown=0.001).columns}
    video = {"video_id": 1, "ring_id": 7, "copying_ring_id": 8, **columns}
    scoring = load_limits().scoring
    scores = score_entities(spark.createDataFrame([video]), "video", policies, {}, dict.fromkeys(policies, 1), scoring)
    assert {row.policy: row.ring_id for row in scores.collect()} == dict(zip(policies, (7, 8), strict=True))


def test_reasons_go_to_the_best_rows_and_to_all_from_the_threshold_up_however_rows_are_parted(spark):
    """Forty accounts in rings of ever higher scores, of two the same; five places in the queue, two days of it."""
    scores = [min(number, 38) / 100 for number in range(40)]
    rows = [
        {
            "account_id": number,
            "ring_id": 7,
            "ring_score": score,
            "ring_strength": 1.0,
            **dict.fromkeys(EVIDENCE.breaks, 1.0),
        }
        for number, score in enumerate(scores)
    ]
    parted = spark.createDataFrame(rows).repartition(3)
    for threshold, explained in ((0.245, range(25, 40)), (0.9, range(30, 40))):
        limits = load_limits().scoring.model_copy(update={"reason_capacities": 2, "reason_threshold": threshold})
        found = score_entities(parted, "account", ["spam_ring"], {}, {"spam_ring": 5}, limits).collect()
        assert len(found) == 40
        assert {row.account_id for row in found if row.reasons} == set(explained)


def test_the_best_rows_so_far_are_those_of_a_sort():
    dice = np.random.default_rng(8)
    scores, keys = dice.integers(0, 20, 500) / 20, dice.permutation(500)
    best = Best(30)
    admitted = np.concatenate(
        [best.admit(*part) for part in zip(np.split(scores, 10), np.split(keys, 10), strict=True)]
    )
    wanted = np.lexsort((keys, -scores))[:30]
    assert best.keys.tolist() == keys[wanted].tolist()
    assert admitted[wanted].all() and 30 < admitted.sum() < 250


def world(seed: int, hidden_ones: bool) -> pd.DataFrame:
    """Accounts by loudness and ring: 1 in 20 honest ones is loud; abusers are all in rings, and loud unless hidden."""
    dice = np.random.default_rng(seed)
    abusive = dice.random(2_000) < 0.1
    quiet = hidden_ones & abusive & (dice.random(2_000) < 0.5)
    return pd.DataFrame(
        {
            "abusive": abusive,
            "quiet": quiet,
            "loudness": dice.normal(size=2_000) + 3.0 * ((abusive & ~quiet) | (dice.random(2_000) < 0.05)),
            **dict.fromkeys(EVIDENCE.breaks, np.where(abusive, 0.0, NAN)),
            "ring_is_spam_ring": np.where(abusive, 1.0, NAN),
            "ring_score": np.where(abusive, 0.8, NAN),
            "ring_strength": np.where(abusive, 1.0, NAN),
        }
    )


def rows_of(decided: pd.DataFrame, features: list[str], frame: str) -> Rows:
    """Decided accounts, each of a group of its own."""
    everybody = np.arange(len(decided))
    return Rows(
        keys=everybody,
        features=decided[features],
        labels=decided["abusive"].to_numpy(np.int64),
        weights=np.ones(len(decided)),
        groups=everybody,
        days=everybody / 50,
        base_margin=EVIDENCE.base_margin(decided),
        frame=np.full(len(decided), frame),
    )


def test_a_model_that_learned_from_loud_abusers_still_believes_a_ring_that_hides():
    features = ["loudness", *EVIDENCE.columns]
    decided, met = world(seed=1, hidden_ones=False), world(seed=2, hidden_ones=True)
    rows = rows_of(decided, features, RANDOM)
    model = fit_model("account", "spam_ring", Prior(EVIDENCE, decided), rows, PARAMETERS, TRAINING)
    scores = model.scores(met[features])
    assert scores[met["quiet"]].min() > 0.5
    assert scores[~met["abusive"]].max() < 0.5


def test_rows_picked_by_reports_do_not_say_how_common_abuse_is():
    """Of 100,000 accounts reports reach abusers a hundred times as often; 300 audits and the evidence set the level."""
    dice = np.random.default_rng(4)
    margins = dice.normal(-5, 2, 100_000)
    truth = dice.random(100_000) < expit(margins)
    reported = dice.random(100_000) < np.where(truth, 0.5, 0.005)
    audited = dice.random(100_000) < 0.003
    rows = np.flatnonzero(reported | audited)
    selected = ~audited[rows]
    crowd = Crowd(margins[::10], chances=expit(margins[::10] + 0.3), prior_decisions=100)
    line = fit_calibrator(
        margins[rows], truth[rows].astype(int), np.ones(len(rows)), selected, label_noise=0.0, crowd=crowd
    )
    assert line(margins).sum() / truth.sum() == pytest.approx(1, abs=0.2)
    taken_for_all = fit_calibrator(
        margins[rows], truth[rows].astype(int), np.ones(len(rows)), np.zeros(len(rows)), label_noise=0.0
    )
    assert taken_for_all(margins).sum() / truth.sum() > 3


@pytest.mark.parametrize("shift", [-1.5, 1.5])
def test_without_decisions_of_a_known_chance_evidence_draws_the_count(shift):
    dice = np.random.default_rng(5)
    margins, active = dice.normal(0, 2, 400), dice.normal(-3, 2, 5_000)
    labels = (dice.random(400) < expit(margins)).astype(int)
    believed = expit(active + shift)
    line = fit_calibrator(
        margins, labels, np.ones(400), np.ones(400), 0.0, Crowd(active, believed, prior_decisions=100)
    )
    unmoved = expit(active).mean()
    assert abs(line(active).mean() - believed.mean()) < abs(unmoved - believed.mean()) / 2


def test_decisions_at_both_ends_do_not_settle_what_lies_between():
    """Reviewers knew twenty clear abusers and five hundred clear honest accounts; friends, to whom rings give a chance
    of 0.15, look more like the former.
    """
    margins = np.r_[np.full(20, 3.0), np.full(500, -6.0)]
    decided = (margins, (margins > 0).astype(int), np.ones(520), np.ones(520), 0.0)
    chances = np.r_[np.full(30, 0.95), np.full(100, 0.15), np.full(5_000, 0.002)]
    friends, active = 1.0, np.r_[np.full(30, 3.0), np.full(100, 1.0), np.full(5_000, -6.0)]
    assert fit_calibrator(*decided)(friends) > 0.7
    assert fit_calibrator(*decided, Crowd(active, chances, prior_decisions=100))(friends) < 0.5


def friends_and_abusers(friends: int, abusers: int) -> pd.DataFrame:
    """Both meet often; rings have a score of 0.15 for friends and of 0.9 for abusers, who are loud, too."""
    abusive = np.arange(friends + abusers) >= friends
    return pd.DataFrame(
        {
            "abusive": abusive,
            "meets": 1.0,
            "loudness": abusive * 2.0 + np.random.default_rng(3).normal(size=len(abusive)),
            **dict.fromkeys(EVIDENCE.breaks, 0.0),
            "ring_is_spam_ring": 1.0,
            "ring_score": np.where(abusive, 0.9, 0.15),
            "ring_strength": 1.0,
        }
    )


def test_a_few_decisions_do_not_lift_friends_of_whom_no_reviewer_has_heard():
    """Reviewers decided on 30 loud abusers and 300 people who meet nobody."""
    features = ["meets", "loudness", *EVIDENCE.columns]
    abusers = friends_and_abusers(friends=0, abusers=30)
    alone = abusers.sample(300, replace=True, random_state=1).assign(
        abusive=False, meets=0.0, loudness=0.0, ring_is_spam_ring=NAN, ring_score=NAN, ring_strength=NAN
    )
    decided = pd.concat([abusers, alone], ignore_index=True)
    active = pd.concat([friends_and_abusers(friends=100, abusers=30), *[alone] * 10], ignore_index=True)
    rows = rows_of(decided, features, OTHER)
    model = fit_model("account", "spam_ring", Prior(EVIDENCE, active), rows, PARAMETERS, TRAINING)
    scores = model.scores(active[features])
    assert scores[active["ring_score"] == 0.15].max() < 0.5 < scores[active["abusive"]].min()
