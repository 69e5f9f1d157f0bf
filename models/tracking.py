"""A copy of the registry in MLflow, for those who compare models there: a run with figures and files for each model.

Table `models` stays what counts: nothing is read back, and what MLflow could not be told one time it is told the next.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import Row

from lake.errors import UsageError
from lake.files import read_folder
from lake.store import Lake

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "abuse-mining"
CHAMPION = "champion"
"""The status of the model that scores, and the alias of its version."""
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
"""MLflow's settings, unless the environment has others: it talks to its server alone, and not to the terminal."""
NO_METRIC_NAME = re.compile(r"[^A-Za-z0-9_. -]")


def is_configured() -> bool:
    """Whether MLFLOW_TRACKING_URI names an MLflow to be told of models; raises UsageError where it cannot be."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return False
    if find_spec("mlflow") is None:
        raise UsageError(
            "MLFLOW_TRACKING_URI is set, MLflow is not installed: pip install 'abuse-mining[mlflow]', or mlflow-skinny"
        )
    return True


def bring_up_to_date(lake: Lake, registry: Iterable[Row]) -> int:
    """Tell MLflow what it does not know of the registry; returns the number of models that were new or had changed.

    A model has one run, found by its tag `model_version`. The tag `status` is written last: a run that has that of the
    registry is whole, any other is written once more, in place. Raises what MLflow raises.
    """
    client = quiet_client()
    experiment = experiment_of(client)
    told = 0
    for row in sorted(registry, key=lambda row: (row.trained_at, row.model_version)):
        run = run_of(client, experiment, row)
        if run.data.tags.get("status") != row.status:
            write(client, run, row, read_folder(f"{lake.uri}/{row.path}"))
            told += 1
    return told


def quiet_client() -> "MlflowClient":
    """A client of the MLflow that the environment names."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    return MlflowClient()


def experiment_of(client: "MlflowClient") -> str:
    """The id of the experiment that MLFLOW_EXPERIMENT_NAME names, which is made when it is not there."""
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    found = client.get_experiment_by_name(name)
    return client.create_experiment(name) if found is None else found.experiment_id


def run_of(client: "MlflowClient", experiment: str, row: Row) -> "Run":
    """The run of a model, an empty one when there was none."""
    found = client.search_runs([experiment], f"tags.model_version = '{row.model_version}'", max_results=1)
    return (
        found[0]
        if found
        else client.create_run(experiment, milliseconds(row), {"model_version": row.model_version}, row.model_version)
    )


def milliseconds(row: Row) -> int:
    """When a model was trained, since 1970. All figures have this time: telling them again adds nothing."""
    return int(row.trained_at.timestamp() * 1000)


def metric_name(name: str) -> str:
    """A metric's name in the characters that every store of MLflow takes."""
    return NO_METRIC_NAME.sub("_", name.replace(",", ""))


def write(client: "MlflowClient", run: "Run", row: Row, files: Mapping[str, bytes]) -> None:
    """Fill the run of a model, and register the model as a version of `<entity_type>-<policy>`."""
    from mlflow.entities import Metric, Param, RunTag

    run_id, when = run.info.run_id, milliseconds(row)
    about = {
        "entity_type": row.entity_type,
        "policy": row.policy,
        "trained_as_of": row.trained_as_of,
        **json.loads(files["features.json"])["parameters"],
    }
    client.log_batch(
        run_id,
        [Metric(metric_name(name), value, when, step=0) for name, value in row.metrics.items()],
        [Param(name, str(value)) for name, value in about.items()],
        [RunTag("code_version", row.code_version), RunTag("refused_because", row.notes or "")],
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        client.log_artifacts(run_id, folder, "model")
    if has_registry(client):
        register(client, run, row)
    client.set_terminated(run_id, end_time=when)
    client.set_tag(run_id, "status", row.status)


def has_registry(client: "MlflowClient") -> bool:
    """Whether there is a registry of models beside the runs; some stores have none."""
    from mlflow.exceptions import MlflowException

    try:
        client.search_registered_models(max_results=1)
    except MlflowException as error:
        if error.error_code == "FEATURE_DISABLED":
            return False
        raise
    return True


def register(client: "MlflowClient", run: "Run", row: Row) -> None:
    """Make the run's files a version in MLflow's registry, with the alias of the champion when it is that."""
    name, run_id = f"{row.entity_type}-{row.policy}", run.info.run_id
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    found = client.search_model_versions(f"run_id = '{run_id}'")
    version = (
        found[0]
        if found
        else client.create_model_version(
            name, f"{run.info.artifact_uri}/model", run_id, {"model_version": row.model_version}
        )
    )
    client.set_model_version_tag(name, version.version, "status", row.status)
    if row.status == CHAMPION:
        client.set_registered_model_alias(name, CHAMPION, version.version)
