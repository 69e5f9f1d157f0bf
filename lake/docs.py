"""docs/tables.md: every table and column with its meaning; `python -m lake.docs` prints it."""

import re
import sys

from pyspark.sql.types import DataType

from lake.schemas import INTERNAL, OUTPUTS, SOURCES, Table

TITLE = """# Tables

Generated from `lake/schemas/` by `make docs`. Each table is a Delta table in the folder of its name below the lake's
URI. Times are UTC. Every column may be null in storage; which may not be is a rule of the contract, kept by `validate`.
"""

PARTS = (
    ("Source tables", "The platform writes them; the suite only reads them.", SOURCES),
    (
        "Output tables",
        "What analysts, reviewers and dashboards read. A day is replaced whole by a run for it. `account_features`, "
        "`video_features` and `rings` have one more column for each feature: see [features.md](features.md).",
        OUTPUTS,
    ),
    (
        "Internal tables",
        "The suite's own working state: free to read, but their columns are no promise to anyone.",
        INTERNAL,
    ),
)


def tables_page() -> str:
    """The whole page, in Markdown."""
    parts = [TITLE]
    for title, text, tables in PARTS:
        parts += [f"## {title}\n", f"{text}\n", *(table_section(table) for table in tables)]
    return "\n".join(parts)


def table_section(table: Table) -> str:
    """A table as a heading, its shape, and a row for each column."""
    partition = f"partitioned by `{table.partition}`" if table.partition else "not partitioned"
    keys = "key " + ", ".join(f"`{name}`" for name in table.key) if table.key else "no key"
    columns = [
        f"| `{field.name}` | {cell(sql_type(field.dataType))} | {cell(field.metadata['comment'])} |"
        for field in table.schema
    ]
    return "\n".join(
        [
            f"### {table.name}\n",
            f"One row per {table.row}; {keys}; {partition}.\n",
            "| column | type | meaning |",
            "|---|---|---|",
            *columns,
            "",
        ]
    )


def sql_type(of: DataType) -> str:
    """A type as SQL writes it, the names of fields as they are."""
    return re.sub(r"(\w+)(?!\w|:)", lambda word: word[0].upper(), of.simpleString())


def cell(text: str) -> str:
    """Text as it may stand in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "\\<")


if __name__ == "__main__":
    sys.stdout.write(tables_page())
