"""Both engines make the same tables out of six kinds of lake."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lake.schemas import ACCOUNT_FEATURES, ACCOUNT_LINKS, MODELS, REVIEW_QUEUE, RINGS
from tests.end_to_end.playing import SUITE
from tests.engines.lakes import Played, make_lakes
from tests.engines.same import differences, rows_of

pytestmark = pytest.mark.engines
LAKES = ("usual", "dirty", "hostile", "empty", "other", "shares")


@pytest.fixture(scope="module")
def played(spark, tmp_path_factory) -> dict[str, tuple[Path, Path, list[str], list[str]]]:
    """Lake → its folder after Sail and after Spark, and what each refused to do."""
    folder = tmp_path_factory.mktemp("engines")
    lakes = list(make_lakes(spark, folder / "sail"))
    shutil.copytree(folder / "sail", folder / "spark")
    running = {name: start(name, folder, lakes) for name in ("sail", "spark")}
    said = {name: process.communicate(timeout=3_000)[0].splitlines() for name, process in running.items()}
    for name, process in running.items():
        assert process.returncode == 0, (folder / f"{name}.log").read_text()[-3_000:]
    return {
        lake.name: (
            folder / "sail" / lake.name,
            folder / "spark" / lake.name,
            *([line for line in said[name] if line.startswith(f"{lake.name} ")] for name in ("sail", "spark")),
        )
        for lake in lakes
    }


def start(name: str, folder: Path, lakes: list[Played]) -> subprocess.Popen[str]:
    plan = folder / f"{name}.json"
    plan.write_text(json.dumps([[str(folder / name / lake.name), lake.steps] for lake in lakes], default=str))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engines.run_lakes", str(plan)],
        cwd=SUITE,
        env={**os.environ, "ABUSE_MINING_ENGINE": name, "SPARK_DRIVER_MEMORY": "3g"},
        stdout=subprocess.PIPE,
        stderr=(folder / f"{name}.log").open("w"),
        text=True,
    )


@pytest.mark.parametrize("name", LAKES)
def test_the_tables_are_the_same(played, name):
    if name not in played:
        pytest.skip("the generator or the data set is not beside the project")
    sail, spark, refused, refused_too = played[name]
    assert refused == refused_too
    assert list(differences(sail, spark)) == []


def test_what_is_compared_has_rows(played):
    usual = played["usual"][0]
    for table in (ACCOUNT_FEATURES, ACCOUNT_LINKS, RINGS, REVIEW_QUEUE, MODELS):
        assert rows_of(usual, table), table.name
    assert rows_of(played["hostile"][0], ACCOUNT_FEATURES)
