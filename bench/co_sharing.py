"""Compare co-sharing with an all-pairs self-join in DuckDB: python bench/co_sharing.py [SHARES.parquet].

Both find the pairs of shares of one object by two accounts within a window, on the same rows and cores, in the same
run; the number of pairs must be the same. The shares of the file (without one: made-up ones) are repeated as often as
`--copies` says, each a week later and by other accounts, as if the same posts were shared on and on: a join of all
pairs of an object grows with the square of that, a sliding window does not. Rows go to bench/results/co_sharing.csv.
"""

import os
import tempfile
import time
from collections.abc import Callable

import click
import duckdb
import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from records import record

import engine
from features.links import co_sharing

WEEK_S = 7 * 86_400
REPEATED = """
    COPY (
        SELECT object_id, concat(account_id, '#', copy) AS account_id, concat(content_id, '#', copy) AS content_id,
               timestamp_share + copy * $week AS timestamp_share
        FROM read_parquet($file), range($copies) AS copies(copy)
    ) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE 20_000)
"""
ALL_PAIRS = """
    WITH busy AS (SELECT account_id FROM read_parquet($file) GROUP BY account_id HAVING count(*) >= 2),
    shares AS (SELECT * FROM read_parquet($file) SEMI JOIN busy USING (account_id) WHERE object_id <> content_id),
    pairs AS (
        SELECT one.account_id AS account, other.account_id AS other_account, one.content_id AS content,
               other.content_id AS other_content
        FROM shares AS one JOIN shares AS other USING (object_id)
        WHERE one.account_id < other.account_id AND abs(one.timestamp_share - other.timestamp_share) <= $window
    ),
    paired AS (SELECT content AS content_id FROM pairs UNION SELECT other_content FROM pairs),
    enough AS (
        SELECT account_id FROM shares SEMI JOIN paired USING (content_id) GROUP BY account_id HAVING count(*) >= 2
    )
    SELECT count(*) FROM pairs WHERE account IN (FROM enough) OR other_account IN (FROM enough)
"""


def made_up(posts: int = 7_000, most: int = 500, seed: int = 1) -> pd.DataFrame:
    """Shares of posts of heavy-tailed popularity, most within hours of the first."""
    dice = np.random.default_rng(seed)
    post = np.repeat(np.arange(posts), np.minimum(dice.zipf(1.7, posts), most))
    at = post * 3_000 + dice.exponential(20_000, len(post))
    return pd.DataFrame(
        {
            "object_id": [f"post{number}" for number in post],
            "account_id": [f"account{number}" for number in dice.integers(0, 9_500, len(post))],
            "content_id": [f"share{number}" for number in range(len(post))],
            "timestamp_share": at.astype(np.int64),
        }
    )


def timed(work: Callable[[], int]) -> tuple[int, float]:
    began = time.monotonic()
    return work(), time.monotonic() - began


@click.command()
@click.argument("file", type=click.Path(exists=True), required=False)
@click.option("--copies", multiple=True, default=(50, 200), show_default=True, help="How often they are repeated.")
@click.option("--window", "windows", multiple=True, default=(60, 3_600), show_default=True, help="Seconds.")
def main(file: str | None, copies: tuple[int, ...], windows: tuple[int, ...]) -> None:
    """Time both for each number of copies and each window."""
    spark = engine.start(engine.choose(None, "", lambda: None, 0), "bench").spark
    duckdb.execute(f"SET threads = {os.cpu_count()}")
    with tempfile.TemporaryDirectory() as folder:
        source = file or f"{folder}/made_up.parquet"
        if file is None:
            made_up().to_parquet(source)
        for times in copies:
            target = f"{folder}/shares-{times}.parquet"
            duckdb.execute(REPEATED.format(target=target), {"file": source, "copies": times, "week": WEEK_S})
            for window in windows:
                compare(spark, target, window)


def compare(spark: SparkSession, shares: str, window: int) -> None:
    """Record how both do on one file of shares and one window."""
    rows = spark.read.parquet(shares)
    ours, took = timed(lambda: co_sharing(rows, window).count())
    theirs, all_pairs = timed(lambda: duckdb.execute(ALL_PAIRS, {"file": shares, "window": window}).fetchone()[0])
    if ours != theirs:
        raise SystemExit(f"{ours:,} pairs here, {theirs:,} there")
    told = {"co_sharing_s": took, "all_pairs_s": all_pairs, "ratio": all_pairs / took}
    record("co_sharing", engine=engine.current().name, shares=rows.count(), window_s=window, pairs=ours, **told)


if __name__ == "__main__":
    main()
