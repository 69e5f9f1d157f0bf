"""Training and scoring, end to end on a small made-up lake."""

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import xgboost as xgb
from mlflow.artifacts import download_artifacts

from jobs import drift, score, train
from jobs.backtest import rescored
from jobs.job import run_step
from lake.errors import BrokenContract
from lake.files import read_file
from lake.schemas import ACCOUNT_SCORES, DRIFT, MODELS, POLICIES, RING_SCORES, UNSUPERVISED, VIDEO_SCORES
from lake.store import Lake
from models import registry
from models.model import FILES
from models.registry import champions, load_model
from models.scorer import Scorer, columns_of
from models.versions import versions_of
from tests.models.worlds import DAY, PEOPLE, abusive, context, make_lake, publish_snapshot
from tests.review.worlds import a_day

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def trained(spark, tmp_path_factory):
    """A lake with the first champion, and what training said."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("models") / "lake"))
    make_lake(lake)
    running = context(lake)
    facts = run_step(train.JOB, running)
    return lake, facts, running.warnings


@pytest.fixture(scope="module")
def scored(trained):
    lake, _, _ = trained
    running = context(lake)
    run_step(score.JOB, running)
    return lake.day(ACCOUNT_SCORES, DAY).toPandas(), lake.day(VIDEO_SCORES, DAY).toPandas(), running.warnings


@pytest.fixture
def broken_file(trained):
    """A file below the lake that a test may break; it is whole again afterwards."""
    lake, _, _ = trained
    kept: dict[Path, bytes] = {}

    def path(name: str) -> Path:
        file = Path(lake.uri) / name
        kept[file] = file.read_bytes()
        return file

    yield path
    for file, content in kept.items():
        file.write_bytes(content)


def of_accounts(lake):
    """The row of the model of accounts."""
    return lake.read(MODELS).where("entity_type = 'account'").collect()[0]


def test_a_policy_with_decisions_gets_champions_and_the_others_are_skipped(trained):
    lake, facts, warnings = trained
    models = {row.entity_type: row for row in lake.read(MODELS).collect()}
    assert {(kind, row.policy, row.status, row.notes) for kind, row in models.items()} == {
        ("account", "spam_ring", "champion", None),
        ("ring", "spam_ring", "champion", None),
    }
    row = models["account"]
    assert row.metrics["average_precision"] > 0.5 > 2 * row.metrics["base_rate"]
    assert facts["snapshots"] == 4 and facts["snapshots made"] == 0
    assert len(warnings) == 8 and any("bot_network" in warning for warning in warnings)
    card = read_file(f"{lake.uri}/{row.path}/card.md").decode()
    assert card.startswith(f"# {row.model_version}") and "Passed the gate" in card


def test_training_again_gives_the_same_model_and_no_second_row_and_mlflow_is_told(trained, monkeypatch, tmp_path):
    lake, _, _ = trained
    before = lake.read(MODELS).collect()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    facts = run_step(train.JOB, context(lake))
    assert lake.read(MODELS).collect() == before
    assert facts["told MLflow"] == len(before)
    copy = download_artifacts("models:/account-spam_ring@champion")
    champion = load_model(lake.uri, next(row for row in before if row.entity_type == "account"))
    assert {name: Path(copy, name).read_bytes() for name in champion.content()} == champion.content()


def test_every_active_account_has_a_score_for_every_policy(scored):
    accounts, videos, _ = scored
    assert len(accounts) == PEOPLE * len(POLICIES) and len(videos) == 80
    assert accounts["score"].between(0, 1, inclusive="neither").all()


def test_scores_rank_and_add_up(scored):
    accounts, _, _ = scored
    spam = accounts[accounts["policy"] == "spam_ring"].set_index("account_id")["score"]
    truth = spam.index.map(abusive).to_numpy(bool)
    assert spam[truth].mean() > 0.6 > 0.1 > spam[~truth].mean()
    assert 0.7 < spam.sum() / truth.sum() < 1.4


def test_every_ring_has_a_score_of_its_own(trained, scored):
    """Every other ring is abusive; the evidence gave 0.9 to these and 0.3 to the rest."""
    lake, _, _ = trained
    rings = lake.day(RING_SCORES, DAY).toPandas()
    assert len(rings) == 20 * len(POLICIES)
    spam = rings[rings["policy"] == "spam_ring"].set_index("ring_id")
    assert spam["model_version"].str.startswith("ring-spam_ring-").all()
    abusive_rings = spam.index % 2 == 0
    assert spam["score"][abusive_rings].min() > 0.5 > 0.3 > spam["score"][~abusive_rings].max()


def test_reasons_sum_to_the_log_odds_of_the_score(scored):
    accounts, _, _ = scored
    explained = accounts[accounts["reasons"].map(len) > 0]
    assert {"spam_ring"} <= set(explained["policy"])
    for row in explained.itertuples():
        total = sum(each["contribution"] for each in row.reasons)
        assert total == pytest.approx(math.log(row.score / (1 - row.score)), abs=1e-4)
        named = [abs(each["contribution"]) for each in row.reasons if not each["feature"].startswith("(")]
        assert len(named) <= 8
        if row.model_version != UNSUPERVISED:
            assert named == sorted(named, reverse=True)


def test_without_a_model_ring_evidence_scores_and_the_command_is_named(scored):
    accounts, _, warnings = scored
    assert "python -m jobs train --lake" in warnings[0]
    cold = accounts[accounts["policy"] != "spam_ring"]
    assert set(cold["model_version"]) == {UNSUPERVISED}
    assert cold["score"].to_numpy() == pytest.approx(0.001)


def test_the_champion_of_a_day_is_the_last_that_was_trained_by_then(trained):
    lake, _, _ = trained
    row = of_accounts(lake)
    assert champions([row], DAY)["account", "spam_ring"] == row
    assert champions([row], DAY.replace(day=1, month=2)) == {}
    assert load_model(lake.uri, row).version == row.model_version


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("left", [b"", b"PAR1 and no more"], ids=["empty", "something else"])
def test_a_model_whose_files_are_not_whole_is_named(trained, broken_file, name, left):
    lake, _, _ = trained
    row = of_accounts(lake)
    broken_file(f"{row.path}/{name}").write_bytes(left)
    with pytest.raises(BrokenContract, match=f"model {row.model_version}: the files in .* are not those that it was"):
        run_step(score.JOB, context(lake))


def test_a_model_that_xgboost_cannot_read_is_named(trained, monkeypatch):
    lake, _, _ = trained
    monkeypatch.setattr(xgb.Booster, "load_model", cannot_load)
    with pytest.raises(BrokenContract, match=r"model account-spam_ring-.*: XGBoost [\d.]+ cannot read booster.ubj"):
        load_model(lake.uri, of_accounts(lake))


def cannot_load(*_: object) -> None:
    raise xgb.core.XGBoostError("json.cc:409: Expecting: EOF\n  [bt] (0) /usr/lib/libxgboost.so")


def test_training_puts_a_model_in_place_whose_files_are_broken(trained, broken_file):
    lake, _, _ = trained
    row = of_accounts(lake)
    file = broken_file(f"{row.path}/booster.ubj")
    whole = file.read_bytes()
    file.unlink()
    running = context(lake)
    run_step(train.JOB, running)
    assert [line for line in running.warnings if line.endswith("is compared with ring evidence alone")] != []
    assert file.read_bytes() == whole
    assert of_accounts(lake) == row


def test_a_missing_feature_is_an_error_whether_or_not_a_tree_looks_at_it(spark, trained):
    lake, _, _ = trained
    scorer = Scorer.of_model(load_model(lake.uri, of_accounts(lake)))
    assert set(scorer.looked_at) <= set(scorer.needed)
    for missing in scorer.needed:
        rows = spark.createDataFrame([], ", ".join(f"{name} double" for name in scorer.needed if name != missing))
        with pytest.raises(BrokenContract, match=f"features that are missing: {missing}$"):
            columns_of(rows, {"spam_ring": scorer})


def test_a_feature_whose_counter_has_risen_since_is_an_error(spark, trained):
    lake, _, _ = trained
    model = load_model(lake.uri, of_accounts(lake))
    rows = spark.createDataFrame([], ", ".join(f"{name} double" for name in model.needed))
    last = replace(model, versions={"ring_score": 6})
    columns_of(rows, {"spam_ring": Scorer.of_model(last)})
    before = replace(model, versions={"ring_score": 1, "link_count": 2})
    with pytest.raises(BrokenContract, match=r"before features changed \(run train\): link_count, ring_score$"):
        columns_of(rows, {"spam_ring": Scorer.of_model(before)})


def test_a_model_has_the_versions_of_its_rows_in_its_files(trained, scored):
    lake, _, _ = trained
    for row in lake.read(MODELS).collect():
        model = load_model(lake.uri, row)
        assert model.versions == versions_of(row.entity_type) and model.changed == []
    _, _, warnings = scored
    assert [line for line in warnings if "other definitions" in line] == []


def test_models_of_other_definitions_score_with_one_warning(trained, scored, monkeypatch):
    lake, _, _ = trained

    def as_it_was(uri, row):
        model = load_model(uri, row)
        return replace(model, versions={**model.versions, "rings": "others", "links": "others"})

    monkeypatch.setattr(registry, "load_model", as_it_was)
    running = context(lake)
    facts = run_step(score.JOB, running)
    names = ", ".join(sorted(row.model_version for row in lake.read(MODELS).collect()))
    assert [line for line in running.warnings if "other definitions" in line] == [
        f"models {names} learned from other definitions of links, rings than today's: train anew"
    ]
    assert facts["of other definitions"] == names
    accounts, _, _ = scored
    assert lake.day(ACCOUNT_SCORES, DAY).toPandas()["score"].sum() == pytest.approx(accounts["score"].sum())


def test_a_day_rescored_with_the_model_that_scored_it_stays_as_it_was(spark, trained, scored):
    lake, _, _ = trained
    champion = load_model(lake.uri, of_accounts(lake))
    published = lake.day(ACCOUNT_SCORES, DAY)
    again = rescored(context(lake), a_day(spark, account_scores=published), champion).account_scores
    keys = ["account_id", "policy", "score", "ring_id", "model_version"]
    assert again.select(keys).orderBy(keys).collect() == published.select(keys).orderBy(keys).collect()


def test_drift_is_measured_from_the_first_day_that_a_model_scored(trained, scored):
    lake, _, _ = trained
    later = DAY + timedelta(days=7)
    assert "nothing" in run_step(drift.JOB, context(lake))["measured"]
    publish_snapshot(lake, later)
    running = context(lake, later)
    run_step(score.JOB, running)
    running.warnings.clear()
    run_step(drift.JOB, running)
    found = lake.day(DRIFT, later).toPandas().set_index("feature")
    models = {row.model_version for row in lake.read(MODELS).collect()}
    assert set(found["model_version"]) == models and set(found["since"]) == {DAY}
    assert {"age_days", "ring_score", "score"} <= set(found.index)
    # the same people on another day: what differs is chance; neighbours are the same few for a whole ring
    own = found[~found.index.str.startswith("neighbour_")]
    assert (own["stability_index"] <= own["noise"]).all() and running.warnings == []
