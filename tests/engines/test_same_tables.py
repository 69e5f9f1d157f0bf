"""Both engines make the same tables out of five kinds of lake."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lake.schemas import (
    ACCOUNT_FEATURES,
    ACCOUNT_LINKS,
    ACCOUNT_SCORES,
    DRIFT,
    EVENTS,
    MODELS,
    REVIEW_QUEUE,
    RINGS,
    VIDEO_SCORES,
    quarantine,
)
from tests.end_to_end.playing import SUITE
from tests.engines.lakes import Played, make_lakes
from tests.engines.same import differences, rows_of

pytestmark = pytest.mark.engines
LAKES = ("usual", "hostile", "empty", "other", "shares")
PATIENCE = 3_000


@pytest.fixture(scope="module")
def played(spark, tmp_path_factory) -> dict[str, dict[str, Path]]:
    """Lake → engine → its folder after that engine has played it."""
    folder = tmp_path_factory.mktemp("engines")
    lakes = list(make_lakes(spark, folder / "sail"))
    shutil.copytree(folder / "sail", folder / "spark")
    running = {name: start(name, folder, lakes) for name in ("sail", "spark")}
    try:
        for name, process in running.items():
            assert process.wait(PATIENCE) == 0, (folder / f"{name}.log").read_text()[-3_000:]
    finally:
        for process in running.values():
            process.kill()
    return {lake.name: {name: folder / name / lake.name for name in running} for lake in lakes}


def start(name: str, folder: Path, lakes: list[Played]) -> subprocess.Popen[bytes]:
    plan = folder / f"{name}.json"
    plan.write_text(json.dumps([[str(folder / name / lake.name), lake.steps] for lake in lakes], default=str))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engines.run_lakes", str(plan)],
        cwd=SUITE,
        env={**os.environ, "ABUSE_MINING_ENGINE": name, "SPARK_DRIVER_MEMORY": "3g"},
        stdout=(folder / f"{name}.log").open("w"),
        stderr=subprocess.STDOUT,
    )


@pytest.mark.parametrize("name", LAKES)
def test_the_tables_are_the_same(played, name):
    if name not in played:
        pytest.skip("the generator or the data set is not beside the project")
    assert list(differences(played[name]["sail"], played[name]["spark"])) == []


def test_what_is_compared_has_rows(played):
    usual = played["usual"]["spark"]
    for table in (ACCOUNT_FEATURES, ACCOUNT_LINKS, RINGS, REVIEW_QUEUE, MODELS, DRIFT, quarantine(EVENTS)):
        assert rows_of(usual, table), table.name
    assert rows_of(played["hostile"]["spark"], ACCOUNT_FEATURES)


def test_models_of_accounts_and_of_videos_score_what_is_compared(played):
    usual = played["usual"]["spark"]
    champions = {row["model_version"] for row in rows_of(usual, MODELS) if row["status"] == "champion"}
    for table in (ACCOUNT_SCORES, VIDEO_SCORES):
        assert champions & {row["model_version"] for row in rows_of(usual, table)}, table.name
