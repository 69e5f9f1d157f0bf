"""Find and describe rings out of links: the steps in their order."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits, RingLimits
from engine import checkpoint
from features.rings.actions import ring_actions, touched_by_members
from features.rings.groups import find_groups
from features.rings.growth import expand_groups
from features.rings.identity import with_ring_ids
from features.rings.links import holding_deeds, ring_links, ring_objects, with_family
from features.rings.measures.targets import targets_of
from features.rings.measuring import ring_features
from features.rings.prior import RingPrior
from features.rings.scoring import scored_rings


@dataclass(frozen=True)
class Past:
    """Hold what was published before `as_of`: rows of ring_members of the remembered days, and every ring id used."""

    members: DataFrame
    used_ids: DataFrame


def find_members(
    links: DataFrame,
    deeds: DataFrame,
    evidence: DataFrame,
    actions: DataFrame,
    past: Past,
    population: int,
    as_of: date,
    limits: RingLimits,
) -> DataFrame:
    """Return rows of `ring_members`, without as_of: the groups of today's links, under the ids that they keep.

    `deeds` are the links by what accounts did, `actions` is of `chosen_actions`, `population` is the number of accounts
    that acted, linked or not.
    """

    def expand(groups: DataFrame) -> DataFrame:
        """Expand groups by what all accounts did."""
        return expand_groups(groups, evidence, actions, population)

    communities = checkpoint(find_groups(links, deeds, expand, population, limits))
    as_rings = communities.withColumnRenamed("community", "ring_id")
    founded = (
        ring_links(evidence, as_rings)
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
    usual_actions: float,
    as_of: date,
    limits: LinkLimits,
    prior: RingPrior,
) -> DataFrame:
    """Return a row for each ring of `members`, scored by `prior`, with all numbers that its evidence is written from.

    Its columns are those of RINGS_WITH_FEATURES, but as_of and evidence, and of ONLY_IN_EVIDENCE.
    `events` reach further back than the links, as follows before the links count; `made` is of `made_by`;
    `usual_actions` is the number of actions of the median account in the days of the links. What members do together is
    measured on what holds the ring together: that two of thirty who upload the same works also like one famous video
    says nothing about the thirty.
    """
    since = as_of - timedelta(days=limits.window_days)
    inside = checkpoint(ring_links(links, members))
    kinds = checkpoint(with_family(ring_links(evidence, members)))
    objects = checkpoint(ring_objects(holding_deeds(kinds), videos))
    actions = checkpoint(ring_actions(events, made, members, objects, videos, since))
    touched = checkpoint(touched_by_members(actions))
    sizes = checkpoint(members.groupBy("ring_id").agg(F.count("*").alias("size")))
    targets = checkpoint(targets_of(touched, objects, actions, videos, sizes))
    features = checkpoint(
        ring_features(
            members,
            inside,
            kinds,
            actions,
            touched,
            targets,
            made,
            accounts,
            videos,
            sizes,
            usual_actions,
            limits.max_crowd,
            since,
            as_of,
        )
    )
    return scored_rings(features, targets, prior)
