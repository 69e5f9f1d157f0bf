"""The generated page of tables."""

from pathlib import Path

from pyspark.sql.types import StructType

from lake.docs import table_section, tables_page
from lake.schemas import BIGINT, STRINGS, Table, column

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


def test_a_table_with_its_columns():
    kinds = column("kinds", STRINGS, "a | b")
    pairs = Table("pairs", "output", "pair", StructType([column("one", BIGINT, "an id"), kinds]), key=("one", "two"))
    assert table_section(pairs).splitlines() == [
        "### pairs",
        "",
        "One row per pair; key `one`, `two`; partitioned by `as_of`.",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
        "| `one` | BIGINT | an id |",
        "| `kinds` | ARRAY\\<STRING> | a \\| b |",
    ]


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == tables_page(), "run `make docs`"
