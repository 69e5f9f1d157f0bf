"""What members do apart from the ring, where ids of two kinds are alike."""

import pytest

from features.rings.measures.other_activity import other_activity

pytestmark = pytest.mark.whole

TOUCHED = "ring_id bigint, account_id bigint, verb string, object_id bigint, acts bigint"


def test_an_account_is_not_a_video_of_the_same_number(spark):
    acts = [(7, 1, "follow", 17, 1), (7, 1, "like", 17, 1), (7, 2, "like", 17, 1)]
    targets = spark.createDataFrame([(7, "like", 17)], "ring_id bigint, verb string, object_id bigint")
    told = other_activity(spark.createDataFrame(acts, TOUCHED), targets).first()
    assert (told.inside_share, told.independent_share) == (0.75, 0.25)
