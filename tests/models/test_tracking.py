"""What MLflow is told of the registry, in a database of its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts

from jobs import train
from jobs.job import run_step
from lake.errors import UsageError
from lake.files import write_file
from lake.schemas import MODELS
from lake.store import Lake
from models import tracking
from models.model import as_json
from models.registry import model_path, registered
from tests.models.worlds import DAY, ME, context

pytestmark = pytest.mark.whole

AWAY = "http://127.0.0.1:9"


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MlflowClient:
    """An MLflow that the environment names."""
    monkeypatch.chdir(tmp_path)  # where MLflow puts files for a database
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tracking.quiet_client()


def enter(lake: Lake, version: str, status: str, hour: int, notes: str | None = None) -> None:
    """A row of the registry and its files; in place of the one of before."""
    folder = f"{lake.uri}/{model_path(version)}"
    write_file(f"{folder}/features.json", as_json({"parameters": {"max_depth": 4, "seed": 7}}))
    write_file(f"{folder}/card.md", f"# {version}".encode())
    metrics = {"average_precision": 0.75, "average_precision, country C+": float("nan")}
    trained_at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    row = (version, "spam_ring", "account", DAY, status, metrics, model_path(version), "1.0+abc", trained_at, notes)
    lake.upsert(MODELS, lake.spark.createDataFrame([row], MODELS.types), ME)


def runs(client: MlflowClient) -> dict:
    """All runs of the experiment, by version."""
    experiment = client.get_experiment_by_name("abuse-mining")
    found = client.search_runs([experiment.experiment_id])
    assert len(found) == len({run.data.tags["model_version"] for run in found})
    return {run.data.tags["model_version"]: run for run in found}


def test_mlflow_is_told_of_each_model_once(lake, mlflow):
    enter(lake, "v1", "champion", hour=6)
    enter(lake, "v2", "refused", hour=7, notes="no better than chance")
    assert tracking.bring_up_to_date(lake, registered(lake)) == 2
    told = runs(mlflow)
    assert set(told) == {"v1", "v2"} and told["v1"].info.status == "FINISHED"
    assert told["v1"].data.params == {
        "entity_type": "account",
        "policy": "spam_ring",
        "trained_as_of": "2026-03-01",
        "max_depth": "4",
        "seed": "7",
    }
    assert told["v1"].data.metrics == pytest.approx(
        {"average_precision": 0.75, "average_precision country C_": float("nan")}, nan_ok=True
    )
    assert (
        told["v2"].data.tags.items()
        >= {
            "status": "refused",
            "refused_because": "no better than chance",
            "code_version": "1.0+abc",
        }.items()
    )
    folder = Path(download_artifacts("models:/account-spam_ring@champion"))
    assert {each.name for each in folder.iterdir()} == {"card.md", "features.json"}
    assert (folder / "card.md").read_text() == "# v1"
    assert tracking.bring_up_to_date(lake, registered(lake)) == 0
    assert set(runs(mlflow)) == {"v1", "v2"}


def test_the_alias_goes_to_the_new_champion_and_the_old_one_is_retired(lake, mlflow):
    enter(lake, "v1", "champion", hour=6)
    tracking.bring_up_to_date(lake, registered(lake))
    enter(lake, "v1", "retired", hour=6)
    enter(lake, "v2", "champion", hour=7)
    assert tracking.bring_up_to_date(lake, registered(lake)) == 2
    told = runs(mlflow)
    assert {version: run.data.tags["status"] for version, run in told.items()} == {"v1": "retired", "v2": "champion"}
    assert len(mlflow.get_metric_history(told["v1"].info.run_id, "average_precision")) == 1
    champion = mlflow.get_model_version_by_alias("account-spam_ring", "champion")
    assert champion.tags == {"model_version": "v2", "status": "champion"}
    assert len(mlflow.search_model_versions("name = 'account-spam_ring'")) == 2


def test_a_run_that_was_cut_off_is_gone_on_with(lake, mlflow, monkeypatch):
    def cut(*_: object) -> None:
        raise ConnectionError("cut off")

    enter(lake, "v1", "champion", hour=6)
    with monkeypatch.context() as failing:
        failing.setattr(tracking, "register", cut)
        with pytest.raises(ConnectionError):
            tracking.bring_up_to_date(lake, registered(lake))
    assert runs(mlflow)["v1"].info.status == "RUNNING"
    assert tracking.bring_up_to_date(lake, registered(lake)) == 1
    assert runs(mlflow)["v1"].info.status == "FINISHED"


def test_an_mlflow_that_does_not_answer_is_a_warning(lake, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    enter(lake, "v1", "champion", hour=6)
    running = context(lake)
    assert train.tell_mlflow(running) == 0
    assert len(running.warnings) == 1 and AWAY in running.warnings[0]


def test_a_missing_mlflow_is_told_before_the_training(lake, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert not tracking.is_configured()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    assert tracking.is_configured()
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'abuse-mining\[mlflow\]'"):
        run_step(train.JOB, context(lake))
