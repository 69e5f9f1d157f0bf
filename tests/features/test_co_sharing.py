"""Plain windowed co-sharing gives what the reference tool gives, to the last pair."""

import pytest
from pyspark.sql import functions as F

from features.links import co_sharing
from lake.share_files import read_share_file
from tests.end_to_end.playing import SUITE

SHARES = SUITE.parent / "shared" / "data" / "coortweet" / "russian_coord_tweets.parquet"


def shares_of(file):
    shares, _ = read_share_file(str(file))
    return shares.withColumn("timestamp_share", F.unix_timestamp("timestamp_share"))


def counted(pairs) -> tuple[int, int, int, int]:
    """Pairs, accounts, objects and edges, as the reference tool's summary counts them."""
    rows = pairs.select("object_id", "account_id", "account_id_y").collect()
    accounts = {row.account_id for row in rows} | {row.account_id_y for row in rows}
    edges = {frozenset((row.account_id, row.account_id_y)) for row in rows}
    return len(rows), len(accounts), len({row.object_id for row in rows}), len(edges)


@pytest.mark.whole
@pytest.mark.skipif(not SHARES.exists(), reason="the data set is not beside the project")
@pytest.mark.parametrize(
    ("window_s", "min_participation", "expected"),
    [
        (10, 2, (447, 525, 170, 442)),
        (10, 5, (22, 23, 21, 20)),
        (60, 2, (3791, 2110, 502, 3721)),
        (60, 5, (1235, 772, 343, 1193)),
        (300, 2, (19887, 3440, 939, 19239)),
        (300, 5, (9414, 1427, 722, 8917)),
        (3600, 2, (183379, 4099, 1587, 169781)),
        (3600, 5, (86812, 1627, 1333, 75534)),
    ],
)
def test_the_reference_tools_answers(spark, window_s, min_participation, expected):
    shares = shares_of(SHARES)
    assert counted(co_sharing(shares, window_s, min_participation)) == expected


@pytest.mark.whole
@pytest.mark.skipif(not SHARES.exists(), reason="the data set is not beside the project")
@pytest.mark.parametrize(("window_s", "pairs"), [(10, 0), (60, 308)])
def test_the_strict_filter_asks_both_sides(spark, window_s, pairs):
    shares = shares_of(SHARES)
    assert co_sharing(shares, window_s, 5, both_sides=True).count() == pairs


def test_the_window_slides_over_the_border_of_two_buckets(spark):
    shares = spark.createDataFrame(
        [("o", "a", "1", 598), ("o", "b", "2", 603), ("o", "c", "3", 1203), ("o", "a", "4", 5_000)],
        "object_id string, account_id string, content_id string, timestamp_share bigint",
    )
    pairs = co_sharing(shares, 600, min_participation=1).orderBy("account_id").collect()
    assert [(row.account_id, row.account_id_y, row.time_delta) for row in pairs] == [("a", "b", 5), ("b", "c", 600)]
