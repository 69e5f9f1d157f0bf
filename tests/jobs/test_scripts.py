"""Each job's file runs as a script, although its own folder is first on the path and holds features.py and queue.py."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.__main__ import JOBS

FOLDER = Path(__file__).resolve().parents[2] / "jobs"


@pytest.mark.parametrize("job", JOBS)
def test_a_job_imports_jobs_before_all_else(job):
    body = ast.parse((FOLDER / f"{job}.py").read_text()).body
    first = next(node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    assert isinstance(first, ast.ImportFrom)
    assert first.module.split(".")[0] == "jobs"


@pytest.mark.parametrize("job", ["features", "queue"])
def test_a_job_runs_as_a_script_from_anywhere(job, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, FOLDER / f"{job}.py", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: {job}.py [OPTIONS]")


INTERRUPTED_AMID_IMPORTS = """
import os, runpy, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "pyspark":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
sys.argv = ["jobs", "validate", "--lake", "x", "--as-of", "2026-03-01"]
runpy.run_module("jobs", run_name="__main__")
"""


def test_an_interrupt_while_modules_are_imported_ends_with_one_word():
    command = [sys.executable, "-c", INTERRUPTED_AMID_IMPORTS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parent)
    assert (done.returncode, done.stderr) == (1, "error: interrupted\n")


@pytest.mark.whole
@pytest.mark.parametrize("place", ["a full disk", "a reader who left"])
def test_lines_that_cannot_be_written_are_lost_and_the_work_is_not(place, tmp_path):
    if place == "a full disk":
        end = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, end = os.pipe()
        os.close(reader)
    command = [sys.executable, "-m", "jobs", "simulate", "--engine", "sail", "--lake", str(tmp_path / "lake")]
    done = subprocess.run([*command, "--accounts", "80", "--days", "3"], stderr=end, cwd=FOLDER.parent)
    os.close(end)
    assert done.returncode == 0
    assert DeltaTable(str(tmp_path / "lake" / "job_runs")).to_pyarrow_table()["status"].to_pylist() == ["done"]
