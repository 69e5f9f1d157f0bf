"""Choose the rows that the page of a ring shows."""

from typing import NamedTuple

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from features.rings.links import ring_links, ring_objects, with_family

MOST_MEMBERS = 200
"""Limits of what a reader can tell apart in a picture."""
MOST_LINKS = 4_000
MOST_ACTIONS = 4_000


class Picture(NamedTuple):
    """Hold the arguments of `page.ring_page`, in its order."""

    members: list[Row]
    links: list[Row]
    actions: list[Row]


def picture(
    members: DataFrame, evidence: DataFrame, accounts: DataFrame, videos: DataFrame, events: DataFrame
) -> Picture:
    """Return the members of one ring of most strength, the strongest kind of each link, and their actions.

    `members`: the rows of ring_members of that ring; the other tables as known on the day. An event that was delivered
    twice is one action.
    """
    firmest = members.select("ring_id", "account_id", "strength").orderBy(F.desc("strength"), "account_id")
    shown = firmest.limit(MOST_MEMBERS)
    kinds = with_family(ring_links(evidence, shown))
    strongest = F.row_number().over(
        Window.partitionBy("account_id", "other_account_id").orderBy(F.desc("surprise"), "kind")
    )
    links = (
        kinds.withColumn("rank", strongest)
        .where("rank = 1")
        .select("account_id", "other_account_id", "family", "surprise")
        .orderBy(F.desc("surprise"), "account_id", "other_account_id")
        .limit(MOST_LINKS)
    )
    objects = ring_objects(kinds, videos).select("verb", "object_id")
    actions = (
        events.select(
            "ts", "account_id", "verb", F.coalesce("video_id", "target_account_id").alias("object_id"), "event_id"
        )
        .join(F.broadcast(shown.select("account_id")), on="account_id", how="left_semi")
        .join(F.broadcast(objects), on=["verb", "object_id"], how="left_semi")
        .distinct()
        .orderBy("ts", "event_id")
        .limit(MOST_ACTIONS)
    )
    profiles = accounts.select("account_id", "handle", "bio", "country", "created_at")
    shown_members = shown.join(profiles, on="account_id", how="left").orderBy(F.desc("strength"), "account_id")
    return Picture(shown_members.collect(), links.collect(), actions.collect())
