"""Measure what the members of a ring are and did: one row of features per ring, out of the parts in measures/."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine import checkpoint
from features.rings.measures.audiences import audience_actions, interest, participation, timing
from features.rings.measures.cohesion import deeds_in_common, evidence_features, link_features
from features.rings.measures.devices import devices_and_addresses
from features.rings.measures.engagement import engagement
from features.rings.measures.follows import acquainted, following_features
from features.rings.measures.other_activity import other_activity, relative_activity
from features.rings.measures.profiles import profiles
from features.rings.measures.targets import actions_on_targets, days_of_targets, target_features
from features.rings.measures.uploads import reuploads


def ring_features(
    members: DataFrame,
    links: DataFrame,
    evidence: DataFrame,
    actions: DataFrame,
    touched: DataFrame,
    targets: DataFrame,
    made: DataFrame,
    accounts: DataFrame,
    videos: DataFrame,
    sizes: DataFrame,
    usual_actions: float,
    max_degree: int,
    since: date,
    as_of: date,
) -> DataFrame:
    """Return one row per ring: ring_id, size, RING_FEATURES, and more columns for the sentence of evidence.

    - `links`, `evidence`: pairs of members of one ring, with ring_id (and family).
    - `actions`: of `ring_actions` since `since`; `touched`, `targets`: of `touched_by_members` and `targets_of`.
    - `made`: of `made_by`.
    - `sizes`: ring_id, size.
    - `usual_actions`: the number of actions of the platform's median account since then.
    - `max_degree`: accounts on one device or address above which it means nothing.
    """
    on_targets = checkpoint(actions_on_targets(touched, targets))
    audience_of_targets = checkpoint(audience_actions(actions, targets))
    parts = (
        link_features(links, sizes),
        evidence_features(evidence, links),
        deeds_in_common(evidence, sizes),
        participation(audience_of_targets, members, targets),
        timing(audience_of_targets, members, targets, since),
        interest(audience_of_targets, members, targets),
        days_of_targets(on_targets),
        profiles(members, accounts, sizes, as_of),
        devices_and_addresses(members, actions, accounts, max_degree),
        target_features(targets, on_targets, sizes),
        following_features(members, on_targets, actions),
        acquainted(members, actions),
        other_activity(touched, targets),
        relative_activity(touched, usual_actions),
        engagement(touched, targets),
        reuploads(made, members, videos, sizes, since),
    )
    rings = sizes
    for part in parts:
        rings = rings.join(part, on="ring_id", how="left")
    share_of_members = {name: F.col(name) / F.col("size") for name in ("shared_device_share", "shared_address_share")}
    return rings.withColumns(
        {
            **share_of_members,
            "acquainted_share": F.coalesce("acquainted", F.lit(0)) / F.col("size"),
            "accounts_per_device": F.col("size") / F.col("devices"),
            "reupload_share": F.coalesce("reupload_share", F.lit(0.0)),
        }
    )
