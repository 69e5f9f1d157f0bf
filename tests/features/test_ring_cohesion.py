"""What any two members of a ring have in common."""

import pytest

from features.rings.measures.cohesion import deeds_in_common

pytestmark = pytest.mark.whole


def test_what_two_members_have_in_common_is_told_apart_by_deeds_and_machines(spark):
    """Three members, of whom one pair did the same and another shares a device; the third pair counts as nothing."""
    sizes = spark.createDataFrame([(7, 3)], "ring_id bigint, size bigint")
    kinds = spark.createDataFrame(
        [(7, 1, 2, "like", 6.0, 4), (7, 1, 2, "device", 3.0, 1), (7, 1, 3, "device", 9.0, 1)],
        "ring_id bigint, account_id bigint, other_account_id bigint, "
        "family string, surprise double, shared_objects bigint",
    )
    (ring,) = deeds_in_common(kinds, sizes).collect()
    assert (ring.deed_surprise, ring.deeds_per_pair, ring.machine_surprise) == pytest.approx((2.0, 4 / 3, 4.0))
