"""How members engage with what they view together, and elsewhere."""

import pytest

from features.rings.measures.engagement import engagement

pytestmark = pytest.mark.whole

TOUCHED = "ring_id bigint, account_id bigint, verb string, object_id bigint, acts bigint"


def test_a_video_is_answered_once_however_often(spark):
    """Both watch videos 1 and 2 together; one likes, comments on and shares the first."""
    acts = [(7, account, "view", video, 1) for account in (1, 2) for video in (1, 2, 10 + account)]
    acts += [(7, 1, verb, 1, 1) for verb in ("like", "comment", "share")] + [(7, 2, "like", 12, 1)]
    targets = spark.createDataFrame([(7, "view", 1), (7, "view", 2)], "ring_id bigint, verb string, object_id bigint")
    told = engagement(spark.createDataFrame(acts, TOUCHED), targets).first()
    assert (told.watched_together, told.willed_together, told.willed_expected) == (4, 1, 2.0)
