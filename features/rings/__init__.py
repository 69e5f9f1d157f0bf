"""Rings: groups of accounts held together by links, what they did, and how likely they are abusive."""

from features.rings.definitions import FAMILIES, RING_FEATURES, RINGS_WITH_FEATURES, RingFeature
from features.rings.measures import of_deeds
from features.rings.mine import Past, describe_rings, find_members
from features.rings.prior import shipped
from features.rings.recruits import neighbours, recruits, scripts, with_outsiders_counted

__all__ = [
    "FAMILIES",
    "RINGS_WITH_FEATURES",
    "RING_FEATURES",
    "Past",
    "RingFeature",
    "describe_rings",
    "find_members",
    "neighbours",
    "of_deeds",
    "recruits",
    "scripts",
    "shipped",
    "with_outsiders_counted",
]
