"""What a run left behind, read without Spark, in a form that compares whole tables."""

import json
from datetime import date
from pathlib import Path

from deltalake import DeltaTable

from lake.schemas import OUTPUTS

DAILY_TABLES = tuple(table for table in OUTPUTS if table.partition == "as_of")


def published(lake: Path, day: str) -> dict[str, list[str]]:
    """Output table → its rows of a day, sorted, each as JSON; a table that is not there is left out."""
    return {
        table.name: sorted(json.dumps(row, default=str, sort_keys=True) for row in rows(lake, table.name, day))
        for table in DAILY_TABLES
        if (lake / table.name / "_delta_log").is_dir()
    }


def rows(lake: Path, table: str, day: str) -> list[dict]:
    return DeltaTable(str(lake / table)).to_pyarrow_table(filters=[("as_of", "=", date.fromisoformat(day))]).to_pylist()
