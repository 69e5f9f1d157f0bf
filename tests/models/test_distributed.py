"""Boosters that Spark fits on all labelled rows, next to those that the driver fits."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from conf import load_limits
from jobs import train
from jobs.job import run_step
from jobs.snapshots import feature_rows
from lake.errors import GateRefused, UsageError
from lake.files import read_file
from lake.schemas import MODELS
from models.distributed import AllRows, check_slots
from models.evidence import Prior, evidence_of
from models.examples import EPOCH, apart_from, on_driver, ties_of
from models.fit import Rows, fit_booster
from models.gate import held_out
from models.model import trees
from models.registry import load_model
from models.score import with_scores
from models.scorer import Scorer
from models.training import rows_for_policy, weighing_for
from models.weights import Population
from tests.models.worlds import DAY, PEOPLE, abusive, context, make_lake, small_limits

TRAINING = load_limits().training
PARAMETERS = TRAINING.first_guess.model_dump()
EVIDENCE = evidence_of("account", "spam_ring", 0.001)
FEATURES = sorted(["age_days", "events_28d", "loudness", *EVIDENCE.columns])


def world(people: int, seed: int) -> pd.DataFrame:
    """Active accounts, one in eight of them abusive: louder, younger, and half of them in rings."""
    dice = np.random.default_rng(seed)
    abusive = dice.random(people) < 0.125
    ringed = (abusive & (dice.random(people) < 0.5)) | (dice.random(people) < 0.05)
    return pd.DataFrame(
        {
            "account_id": dice.permutation(people),
            "abusive": abusive,
            "age_days": dice.exponential(np.where(abusive, 100, 400)),
            "events_28d": dice.poisson(np.where(abusive, 60, 40)).astype(float),
            "loudness": np.where(dice.random(people) < 0.1, np.nan, dice.normal(size=people) + 1.5 * abusive),
            **dict.fromkeys(EVIDENCE.breaks, np.where(ringed, 0.0, np.nan)),
            "ring_is_spam_ring": np.where(ringed, 1.0, np.nan),
            "ring_score": np.where(ringed, np.where(abusive, 0.8, 0.3), np.nan),
            "ring_strength": np.where(ringed, dice.uniform(0.3, 1.0, people), np.nan),
            "ring_id": pd.Series(7 * 10**18 + dice.integers(0, people // 100, people), dtype="Int64").where(ringed),
        }
    )


def decided(active: pd.DataFrame, share: float) -> pd.DataFrame:
    """The decisions on a part of the accounts: audits, cases drawn with a chance, and reports."""
    dice = np.random.default_rng(5)
    rows = active[dice.random(len(active)) < share].sort_values("account_id", ignore_index=True)
    source = dice.choice(["random_audit", "queue", "user_report"], len(rows))
    days = np.sort(dice.uniform(20_000, 20_060, len(rows)))
    return rows.assign(
        policy="spam_ring",
        label=(rows["abusive"] ^ (dice.random(len(rows)) < 0.03)).astype("int32"),
        strength=1.0,
        source=source,
        selection=np.select([source == "queue", source == "random_audit"], ["uncertain", "audit"], None),
        inclusion_probability=np.where(source == "queue", dice.uniform(0.1, 1.0, len(rows)), np.nan),
        days=days,
        decided_at=(EPOCH + pd.to_timedelta(days, unit="D")).floor("us"),
        country="X",
        kept=1.0,
    )


ACTIVE = world(people=4_000, seed=1)
DECIDED = decided(ACTIVE, share=0.5)
PRIOR = Prior(EVIDENCE, ACTIVE[::4].sort_values("account_id", ignore_index=True))
POPULATION = Population(PRIOR.sample, len(ACTIVE))


def rows_of(told: pd.DataFrame) -> Rows:
    return rows_for_policy(told, "spam_ring", "account", FEATURES, POPULATION, EVIDENCE, TRAINING)


def all_rows(spark, told: pd.DataFrame, tasks: int) -> AllRows:
    """All decisions, of which those on the driver tell the weights; in another order."""
    weigh = weighing_for(told, "account", FEATURES, POPULATION, TRAINING)
    shuffled = spark.createDataFrame(DECIDED.sample(frac=1.0, random_state=3)).repartition(3)
    return AllRows(shuffled, told, "account_id", weigh, tasks)


def log_odds(booster) -> np.ndarray:
    return trees(booster, ACTIVE[FEATURES])


def first_cover(booster) -> float:
    """How much the rows that the first tree saw weigh."""
    table = booster.trees_to_dataframe()
    return float(table[(table["Tree"] == 0) & (table["Node"] == 0)]["Cover"].iloc[0])


@pytest.mark.spark
def test_one_task_grows_the_trees_of_the_driver(spark):
    ours, offset = fit_booster(rows_of(DECIDED), PRIOR, PARAMETERS, TRAINING)
    theirs, same_offset = all_rows(spark, DECIDED, tasks=1).fit(rows_of(DECIDED), PRIOR, PARAMETERS, TRAINING)
    assert theirs.feature_names == FEATURES == ours.feature_names
    assert log_odds(theirs) == pytest.approx(log_odds(ours), abs=1e-4)
    assert same_offset == offset


@pytest.mark.spark
@pytest.mark.whole
def test_more_tasks_differ_no_more_than_another_seed_and_give_the_same_bytes_again(spark):
    rows = rows_of(DECIDED)
    ours, _ = fit_booster(rows, PRIOR, PARAMETERS, TRAINING)
    other_seed, _ = fit_booster(rows, PRIOR, PARAMETERS, TRAINING.model_copy(update={"seed": 8}))
    theirs, again = (all_rows(spark, DECIDED, tasks=2).fit(rows, PRIOR, PARAMETERS, TRAINING)[0] for _ in range(2))
    assert theirs.save_raw("ubj") == again.save_raw("ubj")
    by_tasks, by_seed = (np.abs(log_odds(each) - log_odds(ours)).mean() for each in (theirs, other_seed))
    assert by_tasks < 1.1 * by_seed


@pytest.mark.spark
def test_spark_fits_on_all_rows_and_not_on_the_sample_of_the_driver(spark):
    part = DECIDED[DECIDED["account_id"] % 4 == 0].assign(kept=0.25).reset_index(drop=True)
    no_prior = TRAINING.model_copy(update={"prior_decisions": 0})
    covers = [
        first_cover(booster)
        for booster, _ in (
            fit_booster(rows_of(part), PRIOR, PARAMETERS, no_prior),
            all_rows(spark, part, tasks=2).fit(rows_of(part), PRIOR, PARAMETERS, no_prior),
            fit_booster(rows_of(DECIDED), PRIOR, PARAMETERS, no_prior),
        )
    ]
    assert covers[1] == pytest.approx(covers[2], rel=0.2)
    assert covers[1] > 3 * covers[0]


def test_what_belongs_with_a_held_out_part_is_held_out_everywhere(spark):
    part = DECIDED[DECIDED["account_id"] % 4 == 0].assign(kept=0.25).reset_index(drop=True)
    rows, everything = rows_of(part), all_rows(spark, part, tasks=1)
    assert everything.beside(rows).count() == len(DECIDED)
    split = held_out(rows, TRAINING)
    assert split.later
    fitted = on_driver(everything.beside(split.fit))
    assert fitted["days"].max() < split.judge.days.min()
    judged = DECIDED[DECIDED["account_id"].isin(split.judge.keys)]
    assert judged["ring_id"].notna().any()
    assert not set(fitted["ring_id"].dropna()) & set(judged["ring_id"].dropna())
    assert set(split.fit.keys) <= set(fitted["account_id"])
    assert len(fitted) > 3 * len(split.fit)


def test_a_video_is_apart_from_an_uploader_its_ring_and_the_ring_that_acts_on_it(spark):
    things = spark.createDataFrame([("account", 1), ("ring", 7)], "kind string, id bigint")
    videos = {
        "of the account": (1, None, None, None),
        "of the ring's member": (2, 7, None, None),
        "that the ring acts on": (3, None, 7, 2.0),
        "on which one member strayed": (4, None, 7, 0.5),
        "of others": (7, 8, 8, 2.0),
        "of nobody's": (5, None, None, None),
    }
    rows = spark.createDataFrame(
        [(name, *row) for name, row in videos.items()],
        "name string, account_id bigint, owner_ring_id bigint, ring_id bigint, engaging_ring_expected double",
    )
    left = {row.name for row in apart_from(rows, things).collect()}
    assert left == {"on which one member strayed", "of others", "of nobody's"}
    told = rows.toPandas()
    tied = ties_of(told).merge(things.toPandas(), on=["kind", "id"])
    assert left == set(told["name"].drop(tied["row"]))


@pytest.mark.spark
def test_more_tasks_than_run_at_once_are_refused_before_the_training(spark):
    check_slots(1)
    with pytest.raises(UsageError, match=r"--distributed 1000: Spark runs \d+ tasks at once here"):
        check_slots(1_000)


@pytest.mark.spark
@pytest.mark.whole
def test_train_fits_on_all_decisions_where_the_driver_holds_a_part(lake):
    make_lake(lake)
    running = context(lake, limits=small_limits(max_rows=220, folds=2))
    with suppress(GateRefused):  # whether so few rows are enough for the gate is not the question
        run_step(train.JOB, running, distributed=2)
    row = lake.read(MODELS).where("entity_type = 'account'").collect()[0]
    assert row.metrics["rows"] < 240 < 280 < row.metrics["fitted_rows"]
    card = read_file(f"{lake.uri}/{row.path}/card.md").decode()
    assert f"all {row.metrics['fitted_rows']:.0f} decisions" in card
    model = load_model(lake.uri, row)
    rows = feature_rows(context(lake), [DAY])["account"]
    scorers = {"spam_ring": Scorer.of_model(model)}
    scores = with_scores(rows, ["account_id"], scorers, top={"spam_ring": 1}, threshold=1.0).toPandas()
    truth = scores["account_id"].map(abusive)
    assert len(scores) == PEOPLE
    assert scores["score_spam_ring"][truth].mean() > 0.5 > 0.2 > scores["score_spam_ring"][~truth].mean()
