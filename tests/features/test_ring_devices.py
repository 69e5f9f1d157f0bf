"""Which devices and addresses members share, and which are nobody's."""

import pytest

from features.rings.measures.devices import devices_and_addresses
from tests.builders import accounts

pytestmark = pytest.mark.whole


def test_a_device_that_a_crowd_signed_up_with_is_none(spark):
    members = spark.createDataFrame([(7, member) for member in (1, 2, 3)], "ring_id bigint, account_id bigint")
    people = [{"account_id": n, "signup_device_id": "unknown", "signup_ip_id": f"i{n}"} for n in range(1, 8)]
    used = [(7, account, device, None, True) for account in (1, 2, 3) for device in ("unknown", "phone of 1 and 2")][:4]
    acts = spark.createDataFrame(
        used, "ring_id bigint, account_id bigint, device_id string, ip_id string, recent boolean"
    )
    told = devices_and_addresses(members, acts, accounts(spark, *people), max_degree=5).first()
    assert (told.devices, told.shared_device_share, told.addresses, told.shared_address_share) == (1, 2, 3, 0)
