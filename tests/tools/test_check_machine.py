"""The one line that a machine gets which lacks Java or Python."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check_machine.sh"
JAVA_17 = 'openjdk version "17.0.15" 2025-04-15'


@pytest.fixture
def machine(tmp_path):
    """Checks a machine whose PATH has only the given commands: name → shell script."""
    for tool in ("sh", "sed", "head"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}" if Path(f"/bin/{tool}").exists() else f"/usr/bin/{tool}")

    def check(*arguments, env=None, **commands):
        for name, script in commands.items():
            command = tmp_path / name.replace("_", ".")
            command.write_text(f"#!/bin/sh\n{script}\n")
            command.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", SCRIPT, *arguments], env={"PATH": str(tmp_path)} | (env or {}), capture_output=True, text=True
        )
        return done.returncode, done.stdout.strip() or done.stderr.strip()

    return check


def java(line):
    return f"echo 'Picked up JAVA_TOOL_OPTIONS: -Xmx1g' >&2; echo '{line}' >&2"


def python(version, venv=True):
    """An interpreter that says it is of a version, and has or lacks the venv module."""
    test = f'case "$2" in *ensurepip*) exit {0 if venv else 1};; *print*) echo {version};; '
    return (
        test
        + f"*) exec {sys.executable} -c 'import sys; sys.exit({tuple(map(int, version.split('.')))} < (3, 11))';; esac"
    )


def test_the_newest_python_that_can_make_environments_is_chosen(machine, tmp_path):
    found = machine(python3_13=python("3.13", venv=False), python3_12=python("3.12"), python3=python("3.11"))
    assert found == (0, str(tmp_path / "python3.12"))


def test_python_names_another_interpreter(machine, tmp_path):
    found = machine(python3_12=python("3.12"), python3=python("3.11"), env={"PYTHON": "python3"})
    assert found == (0, str(tmp_path / "python3"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('openjdk version "11.0.2" 2019-01-15', "11"),
        ('java version "1.8.0_392"', "8"),
        ('openjdk version "25-ea" 2025-09-16', "25"),
    ],
)
def test_another_java_is_named(machine, line, found):
    code, said = machine("java", java=java(line))
    assert (code, said) == (
        1,
        f"Java 17 or 21 is needed, found {found}: apt-get install openjdk-21-jre-headless (or openjdk-17-jre-headless)",
    )


@pytest.mark.parametrize("line", [JAVA_17, 'openjdk version "21" 2023-09-19', 'java version "21.0.1" 2023-10-17 LTS'])
def test_the_java_that_spark_takes_is_accepted(machine, line):
    assert machine("java", java=java(line)) == (0, "")


def test_no_java(machine):
    code, said = machine("java")
    assert (code, said.split(":")[0]) == (1, "Java 17 or 21 is needed, found none")


def test_java_home_goes_before_the_path_as_it_does_for_spark(machine):
    code, said = machine("java", java=java(JAVA_17), env={"JAVA_HOME": "/nowhere"})
    assert (code, said.split(":")[0]) == (1, "Java 17 or 21 is needed, found none at JAVA_HOME=/nowhere")


def test_no_python(machine):
    code, said = machine()
    assert (code, said.split(":")[0]) == (1, "Python 3.11 or newer is needed, found none")


def test_an_old_python(machine):
    code, said = machine(python3=python("3.9"))
    assert (code, said.split(":")[0]) == (1, "Python 3.11 or newer is needed, found 3.9")


def test_a_python_without_its_venv_package(machine):
    code, said = machine(python3=python("3.12", venv=False))
    assert (code, said) == (1, "Python 3.12 has no venv module: apt-get install python3.12-venv")
