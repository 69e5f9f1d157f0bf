"""A standalone Spark cluster on the loopback address, and a Python that has all the suite needs but not the suite."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUITE = Path(__file__).resolve().parents[2]
SPARK_CLASS = Path(sys.executable).parent / "spark-class"
START_SECONDS = 60
LEFT_OUT = (".*", "*.egg-info", "build", "dist", "__pycache__", "spark-warehouse", "demo-lake*")


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, built from a copy so that nothing is left in the checkout."""
    copy = shutil.copytree(SUITE, folder / "checkout", ignore=shutil.ignore_patterns(*LEFT_OUT))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, copy]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def python_without_the_suite(folder: Path) -> Path:
    """An environment that sees this one's packages but not the editable install, which is a .pth file among them."""
    venv.create(folder, with_pip=False, symlinks=True)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (own / "packages.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"


@contextmanager
def standalone_cluster(folder: Path, python: Path, workers: int = 2) -> Iterator[str]:
    """A master and workers of one core and one gigabyte each; yields the master's URL and stops them in the end."""
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_WORKER_DIR": str(folder / "work"),
        "PYSPARK_PYTHON": str(python),
    }
    started: list[subprocess.Popen] = []

    def start(name: str, role: str, *arguments: str) -> Path:
        log = folder / f"{name}.log"
        command = [
            SPARK_CLASS,
            f"org.apache.spark.deploy.{role}",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            *arguments,
        ]
        with log.open("w") as output:
            started.append(subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=folder))
        return log

    try:
        master = start("master", "master.Master", "--port", "0")
        url = logged(master, r"Starting Spark master at (spark://\S+)")
        for number in range(workers):
            start(f"worker-{number}", "worker.Worker", "--cores", "1", "--memory", "1g", url)
        logged(master, r"(?s)" + r"Registering worker.*" * workers)
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=START_SECONDS)


def logged(log: Path, pattern: str) -> str:
    """Wait until a log matches; returns the first group, or the whole match when there is none."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text())
        if found:
            return found[found.re.groups]
        time.sleep(0.2)
    raise TimeoutError(f"{log.name} does not say {pattern!r}:\n{log.read_text()[-2000:]}")
