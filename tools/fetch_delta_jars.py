"""Put the Delta jars of jars.lock beside Spark's own, once, so that no session start resolves or downloads anything.

Spark's own resolver (Ivy) fetches them; each is checked against its SHA-256 in jars.lock.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

PACKAGE = "io.delta:delta-spark_4.1_2.13:4.4.0"
LOCK = Path(__file__).parent.parent / "jars.lock"
JARS = Path(pyspark.__file__).parent / "jars"


def locked() -> dict[str, str]:
    """File name → SHA-256 of each pinned jar."""
    return {name: digest for digest, name in (line.split() for line in LOCK.read_text().splitlines())}


def matches(jar: Path, digest: str) -> bool:
    return jar.is_file() and hashlib.sha256(jar.read_bytes()).hexdigest() == digest


def fetch(folder: Path) -> None:
    """Let Spark resolve the package into `folder`/jars."""
    script = folder / "resolved.py"
    script.write_text("")
    command = [
        "spark-submit",
        "--master",
        "local[1]",
        "--packages",
        PACKAGE,
        "--conf",
        f"spark.jars.ivy={folder}",
        script,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"fetch_delta_jars: Spark could not resolve {PACKAGE}:\n{done.stderr[-2000:]}")


def main() -> None:
    jars = locked()
    if all(matches(JARS / name, digest) for name, digest in jars.items()):
        return
    with tempfile.TemporaryDirectory() as folder:
        fetch(Path(folder))
        for name, digest in jars.items():
            jar = Path(folder) / "jars" / name
            if not matches(jar, digest):
                sys.exit(f"fetch_delta_jars: {name} is not the file that jars.lock pins")
            shutil.copy(jar, JARS / name)
    print(f"Delta jars: {len(jars)} fetched and checked")


if __name__ == "__main__":
    main()
