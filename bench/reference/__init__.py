"""The features of accounts and videos by plain SQL from the source tables, without the rollups.

What the suite makes of rollups must equal this (tests/features/test_features_oracle.py) and is timed against it
(bench/feature_days.py). The traits of comments are given, as a table `traits`: texts are a matter of features.text.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from features import accounts, videos
from features.accounts import comments
from lake.schemas import ACCOUNTS, ACTIVE_DAYS, DECISIONS, EVENTS, VIDEOS, Table

SQL = Path(__file__).parent
STEPS = ("acts", "reuse", "accounts", "videos")
BY_HOUR = ", ".join(f"coalesce(sum(n) FILTER (hour = {hour}), 0)" for hour in range(24))
EIGHT_HOURS = ", ".join(" + ".join(f"hours[{(start + step) % 24 + 1}]" for step in range(8)) for start in range(24))
MACROS = """
    CREATE OR REPLACE MACRO as_of() AS DATE '{as_of}';
    CREATE OR REPLACE MACRO within(day, days) AS day >= as_of() - days;
    CREATE OR REPLACE MACRO ms(moment) AS epoch_us(moment) // 1_000;
    CREATE OR REPLACE MACRO growth(week, month) AS log2((week + 1) / ((month - week) / 3 + 1));
    CREATE OR REPLACE MACRO by_hour(hour, n) AS [{by_hour}];
    CREATE OR REPLACE MACRO quietest(hours) AS least({blocks});
    CREATE OR REPLACE TABLE traits (
        event_id BIGINT, normal VARCHAR, has_link BOOLEAN, has_handle BOOLEAN, has_phone BOOLEAN, disguised BOOLEAN,
        emoji_share DOUBLE, length BIGINT, script VARCHAR
    );
"""
TEXT_FEATURES = {feature.name for feature in comments.FEATURES} | {"link_comment_share", "comment_sameness"}
"""Those that need the traits of comments."""


def columns(table: Table, texts: bool = True) -> list[str]:
    """The feature columns of a table; without `texts`, those that do not rest on the traits of comments."""
    features = accounts.FEATURES if table is accounts.TABLE else videos.FEATURES
    return [name for feature in features if texts or feature.name not in TEXT_FEATURES for name, _ in feature.columns()]


def source(lake: str, table: Table) -> str:
    """A source table as a query of its Parquet files; times are plain ones in UTC."""
    delta = DeltaTable(f"{lake}/{table.name}")
    files = ", ".join(f"'{file}'" for file in delta.file_uris())
    times = [field.name for field in table.schema if field.dataType.typeName() == "timestamp"]
    plain = ", ".join(f"make_timestamp(epoch_us({name})) AS {name}" for name in times)
    return f"SELECT * REPLACE ({plain}) FROM read_parquet([{files}], hive_partitioning = true)"


def known(lake: str, table: Table) -> str:
    """What a source table said before as_of: of rows with the same key the smallest."""
    key = ", ".join(table.key)
    order = ", ".join(f"{name} NULLS FIRST" for name in table.columns)
    return f"SELECT DISTINCT ON ({key}) * FROM ({source(lake, table)}) WHERE {table.time} < as_of() ORDER BY {order}"


def define(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """What the SQL takes for given: the day of knowledge, small functions, and an empty table of traits of comments."""
    connection.execute(MACROS.format(as_of=as_of, by_hour=BY_HOUR, blocks=EIGHT_HOURS))


def load(connection: duckdb.DuckDBPyConnection, lake: str) -> None:
    """The source tables as they were known at the day of knowledge: events as a view, the others as tables."""
    for table in (ACCOUNTS, VIDEOS, DECISIONS):
        connection.execute(f"CREATE OR REPLACE TABLE {table.name} AS {known(lake, table)}")
    connection.execute(
        f"CREATE OR REPLACE VIEW events AS SELECT * FROM ({source(lake, EVENTS)})"
        f" WHERE within(event_date, {ACTIVE_DAYS}) AND event_date < as_of()"
    )


def compute(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Make the tables acts, reuse, account_features and video_features; yields each step when it is done."""
    for step in STEPS:
        connection.execute((SQL / f"{step}.sql").read_text())
        yield step
