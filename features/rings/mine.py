"""From links to rings: the steps in their order."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits, RingLimits
from engine import checkpoint
from features.rings.cores import find_groups
from features.rings.growth import grown
from features.rings.identity import with_ring_ids
from features.rings.measures import (
    ring_acts,
    ring_features,
    ring_links,
    ring_objects,
    targets_of,
    touched_by_members,
    with_family,
)
from features.rings.prior import RingPrior
from features.rings.verdict import judged


@dataclass(frozen=True)
class Past:
    """What was published before `as_of`: members of the days that are remembered, and every id that was ever used."""

    members: DataFrame
    used_ids: DataFrame


def find_members(
    links: DataFrame,
    deeds: DataFrame,
    evidence: DataFrame,
    acts: DataFrame,
    past: Past,
    population: int,
    as_of: date,
    limits: RingLimits,
) -> DataFrame:
    """Rows of `ring_members`, without as_of: the groups of today's links under the ids they keep.

    `deeds` are the links by what accounts did alone, `acts` all `willed_acts`, `population` is how many accounts acted,
    linked or not.
    """

    def whole(groups: DataFrame) -> DataFrame:
        return grown(groups, evidence, acts, population)

    communities = checkpoint(find_groups(links, deeds, whole, population, limits))
    named = communities.withColumnRenamed("community", "ring_id")
    founded = (
        ring_links(evidence, named)
        .groupBy(F.col("ring_id").alias("community"))
        .agg(F.min("first_at").cast("date").alias("first_on"))
    )
    return checkpoint(with_ring_ids(communities, founded, past.members, past.used_ids, as_of, limits))


def describe_rings(
    members: DataFrame,
    links: DataFrame,
    evidence: DataFrame,
    events: DataFrame,
    made: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    usual_acts: float,
    as_of: date,
    limits: LinkLimits,
    prior: RingPrior,
) -> DataFrame:
    """Rows of `rings` (RINGS_WITH_FEATURES), without as_of, for the rings of `members`, scored by `prior`.

    `events` go further back than the links, for who followed whom before; `made` is what they wrote and
    uploaded, as `made_by` tells; `usual_acts` is how often the median account acted in the days of the links.
    """
    since = as_of - timedelta(days=limits.window_days)
    inside = checkpoint(ring_links(links, members))
    kinds = checkpoint(with_family(ring_links(evidence, members)))
    objects = checkpoint(ring_objects(kinds, videos))
    acts = checkpoint(ring_acts(events, made, members, objects, videos, since))
    touched = checkpoint(touched_by_members(acts))
    sizes = checkpoint(members.groupBy("ring_id").agg(F.count("*").alias("size")))
    targets = checkpoint(targets_of(touched, objects, acts, videos, sizes))
    features = checkpoint(
        ring_features(
            members,
            inside,
            kinds,
            acts,
            touched,
            targets,
            accounts,
            sizes,
            usual_acts,
            limits.max_crowd,
            since,
            as_of,
        )
    )
    return judged(features, targets, prior)
