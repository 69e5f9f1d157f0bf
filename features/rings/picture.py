"""The rows that the page of a ring shows, few enough to be looked at."""

from typing import NamedTuple

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from features.rings.measures import ring_links, ring_objects, with_family

MOST_MEMBERS = 200
"""More members, or more lines than these, and a picture shows nothing but ink."""
MOST_LINKS = 4_000
MOST_ACTS = 4_000


class Picture(NamedTuple):
    """What `page.ring_page` takes, in its order."""

    members: list[Row]
    links: list[Row]
    acts: list[Row]


def picture(
    members: DataFrame, evidence: DataFrame, accounts: DataFrame, videos: DataFrame, events: DataFrame
) -> Picture:
    """The firmest members of one ring, what is strongest between each pair of them, and their acts on its targets.

    `members`: the rows of ring_members of that ring; the other tables as the day knows them.
    An event delivered twice is one act.
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
    acts = (
        events.select(
            "ts", "account_id", "verb", F.coalesce("video_id", "target_account_id").alias("object_id"), "event_id"
        )
        .join(F.broadcast(shown.select("account_id")), on="account_id", how="left_semi")
        .join(F.broadcast(objects), on=["verb", "object_id"], how="left_semi")
        .distinct()
        .orderBy("ts", "event_id")
        .limit(MOST_ACTS)
    )
    people = accounts.select("account_id", "handle", "bio", "country", "created_at")
    who = shown.join(people, on="account_id", how="left").orderBy(F.desc("strength"), "account_id")
    return Picture(who.collect(), links.collect(), acts.collect())
