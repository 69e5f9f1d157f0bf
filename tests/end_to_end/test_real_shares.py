"""The cold start on real co-sharing events: no model, no decision."""

import re
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.end_to_end.playing import SUITE, play

SHARES = SUITE.parent / "shared" / "data" / "coortweet" / "russian_coord_tweets.parquet"
DAY = date(2021, 2, 20)

pytestmark = [
    pytest.mark.whole,
    pytest.mark.sail,  # tests/engines compares the same lake's tables with those of Spark
    pytest.mark.skipif(not SHARES.exists(), reason="the data set is not beside the project"),
]


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shares") / "lake"
    play(spark, folder, "import_shares", file=str(SHARES))
    play(spark, folder, "daily", DAY)
    return folder


def test_coordinated_accounts_are_found_and_queued_with_objects_and_times(lake):
    rings = DeltaTable(str(lake / "rings")).to_pyarrow_table().to_pylist()
    assert max(ring["score"] for ring in rings) >= 0.5  # a real campaign, of old and busy accounts
    assert all(re.search(r"\d{4}-\d{2}-\d{2}", ring["evidence"]) for ring in rings)
    queue = DeltaTable(str(lake / "review_queue")).to_pyarrow_table().to_pylist()
    queued = {case["ring_id"] for case in queue if case["entity_type"] == "ring"}
    assert queued & {ring["ring_id"] for ring in rings}
    assert {case["evidence"] for case in queue if case["entity_type"] == "ring"} <= {ring["evidence"] for ring in rings}
