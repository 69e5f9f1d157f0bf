"""What an import makes of shares, and what it makes up."""

from datetime import timedelta

import pytest

from lake.share_columns import IDS, TIME
from lake.shares import OLDEST_DAYS, YOUNGEST_DAYS, Shares
from tests.builders import at

NOON = at("2021-02-01 12:00")


def rows_of(spark, *shares) -> tuple[dict, dict, list]:
    """When each account signed up and who uploaded each object, by the file's ids, and the events."""
    schema = ", ".join([*(f"{name} string" for name in IDS), f"{TIME} timestamp"])
    made = Shares.of(spark.createDataFrame(list(shares), schema))
    names = {(row.kind, row.id): row.original for row in made.ids.collect()}
    signed_up = {names.get(("account", row.account_id)): row.created_at for row in made.accounts.collect()}
    uploaders = {names["object", row.video_id]: names.get(("account", row.account_id)) for row in made.videos.collect()}
    return signed_up, uploaders, made.events.collect()


def age(signed_up, first):
    return (first - signed_up.astimezone(first.tzinfo)).days


def test_a_sign_up_rests_on_the_accounts_own_first_share(spark):
    old = at("2006-01-01 12:00")
    signed_up, _, _ = rows_of(
        spark, ("o", "ann", "1", NOON), ("o", "ann", "2", NOON + timedelta(days=9)), ("p", "bob", "3", old)
    )
    assert YOUNGEST_DAYS - 1 <= age(signed_up["ann"], NOON) <= OLDEST_DAYS
    assert YOUNGEST_DAYS - 1 <= age(signed_up["bob"], old) <= OLDEST_DAYS
    alone, _, _ = rows_of(spark, ("o", "ann", "1", NOON))
    assert alone["ann"] == signed_up["ann"]


def test_an_uploader_that_nobody_knows_signed_up_before_the_objects_first_share(spark):
    signed_up, uploaders, _ = rows_of(spark, ("o", "ann", "1", NOON))
    assert uploaders == {"o": None}
    assert YOUNGEST_DAYS - 1 <= age(signed_up[None], NOON) <= OLDEST_DAYS


def test_a_post_that_is_the_object_is_its_upload(spark):
    signed_up, uploaders, events = rows_of(
        spark, ("o", "ann", "o", NOON), ("o", "bob", "1", NOON + timedelta(seconds=1))
    )
    assert (set(signed_up), uploaders) == ({"ann", "bob"}, {"o": "ann"})
    assert [(event.verb, event.event_date) for event in events] == [("share", NOON.date())]


@pytest.mark.parametrize("other", [("o", "ann", "2", NOON), ("p", "ann", "1", NOON), ("o", "bob", "1", NOON)])
def test_each_row_is_a_share_of_its_own(spark, other):
    _, _, events = rows_of(spark, ("o", "ann", "1", NOON), other)
    assert len({event.event_id for event in events}) == 2
