"""How much of what the members of a ring upload others had uploaded before."""

import pytest
from pyspark.sql import functions as F

from features.rings.measures.uploads import reuploads
from tests.builders import at, videos

pytestmark = pytest.mark.whole

MADE = "account_id bigint, video_id bigint, kind string, object bigint"
BEFORE, SINCE = at("2025-11-01 10:00"), at("2026-01-01 00:00")


def test_copies_among_the_uploads_of_members(spark):
    """1 copies three of four, 2 one of one, 3 uploads nothing; 9 is no member."""
    films = [(1, 10), (1, 11), (1, 12), (1, 13), (2, 20), (9, 90)]
    told = [{"account_id": account, "video_id": film, "created_at": SINCE} for account, film in films]
    told.append({"account_id": 2, "video_id": 21, "created_at": BEFORE})
    made = [(1, 10, "upload", 7), (1, 11, "upload", 8), (1, 12, "upload", 9), (2, 20, "upload", 7)]
    # One video may be a copy of two works, and a text under a video is no upload.
    made += [(1, 10, "upload", 77), (1, 13, "text", 5)]
    members = spark.createDataFrame([(4, 1), (4, 2), (4, 3), (5, 3)], "ring_id bigint, account_id bigint")
    sizes = members.groupBy("ring_id").agg(F.count("*").alias("size"))
    found = reuploads(spark.createDataFrame(made, MADE), members, videos(spark, *told), sizes, SINCE.date())
    assert [tuple(row) for row in found.collect()] == [(4, pytest.approx((3 / 6 + 1 / 3 + 0) / 3))]
