"""A throw-away Airflow: SQLite, no examples, the DAGs of this checkout."""

import json
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

SUITE = Path(__file__).resolve().parent.parent.parent

if find_spec("airflow") is None:
    collect_ignore_glob = ["test_*.py"]  # Airflow has an environment of its own, where `make test` runs these
else:
    home = tempfile.TemporaryDirectory(prefix="airflow-")  # goes when the interpreter ends
    os.environ |= {
        "AIRFLOW_HOME": home.name,
        "AIRFLOW__CORE__DAGS_FOLDER": str(SUITE / "airflow_dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.name}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
    }
