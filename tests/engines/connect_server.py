"""Spark's own Connect server on the loopback address, with Delta."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUBMIT = Path(sys.executable).parent / "spark-submit"
START_SECONDS = 120
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1",
}


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A server in a process of its own; yields its `sc://` address and stops it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {**SETTINGS, "spark.connect.grpc.binding.port": str(port)}
    settings = [part for key, value in told.items() for part in ("--conf", f"{key}={value}")]
    name = "org.apache.spark.sql.connect.service.SparkConnectServer"
    command = [SUBMIT, "--master", "local[2]", "--driver-memory", "3g", "--class", name, *settings, "spark-internal"]
    # Functions that run in tasks are found by their names, as on a cluster that has the suite's wheel.
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "TZ": "UTC", "PYTHONPATH": os.pathsep.join(sys.path)}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    yield f"sc://127.0.0.1:{port}"
                    return
            time.sleep(0.5)
        raise TimeoutError((folder / "server.log").read_text()[-2_000:])
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)
