"""What a person sees of the commands: two lists that fit a terminal, and one line where an extra is not installed."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.__main__ import SECTIONS, jobs
from jobs.extras import EXTRAS, missing_extra

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = {
    "great_expectations": "great-expectations",
    "grpc": "grpcio",
    "sklearn": "scikit-learn",
}
"""Where a module's name is not that of what installs it."""

WITHOUT = """
import runpy, sys

class Missing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
sys.argv = {command!r}
{run}
"""
AS_A_MODULE = 'runpy.run_module("jobs", run_name="__main__")'
AS_A_SCRIPT = 'runpy.run_path(sys.argv[0], run_name="__main__")'


def without(missing: list[str], *command: str, run: str = AS_A_MODULE) -> subprocess.CompletedProcess[str]:
    """Run a command where modules are missing."""
    code = WITHOUT.format(missing=missing, command=list(command), run=run)
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)


def test_the_commands_are_two_lists_with_a_line_each():
    lines = CliRunner(env={"COLUMNS": "80"}).invoke(jobs, ["--help"]).stdout.splitlines()
    for title, names in SECTIONS.items():
        first = lines.index(f"{title}:") + 1
        assert tuple(line.split()[0] for line in lines[first : first + len(names)]) == names
        assert all(len(line) <= 78 for line in lines[first : first + len(names)])


def test_the_package_has_an_extra_for_each_module_that_not_all_jobs_need():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    for module, extra in EXTRAS.items():
        assert f"\n{DISTRIBUTIONS.get(module, module)}>=" in extras[extra]
        assert f"\n{DISTRIBUTIONS.get(module, module)}>=" not in setup["options"]["install_requires"]


def test_without_any_extra_all_jobs_are_there_but_those_that_train_and_draw():
    lines = without(list(EXTRAS), "jobs", "--help").stdout.splitlines()
    unavailable = [line.split()[0] for line in lines if "is not installed here" in line]
    assert unavailable == ["train", "demo", "loop"]


@pytest.mark.parametrize(
    ("command", "run", "code"),
    [(("jobs", "train", "--lake", "x"), AS_A_MODULE, 2), (("jobs/train.py", "--lake", "x"), AS_A_SCRIPT, 1)],
)
def test_a_job_without_its_extra_says_so_in_one_line(command: tuple[str, ...], run: str, code: int):
    done = without(["sklearn"], *command, run=run)
    assert done.stderr == "error: sklearn is not installed here: pip install 'abuse-mining[train]'\n"
    assert done.returncode == code


def test_other_missing_modules_are_no_extra():
    assert missing_extra(ModuleNotFoundError("No module named 'jobs.nothing'", name="jobs.nothing")) is None
    assert missing_extra(ImportError("cannot import name 'nothing' from 'sklearn'", name="sklearn")) is None
