"""Rings: groups of accounts held together by links, what they did, and how likely they are abusive."""

from features.rings.definitions import FAMILIES, RING_FEATURES, RINGS_WITH_FEATURES, RingFeature
from features.rings.growth import willed_acts
from features.rings.learned import learned, verdicts_on_rings
from features.rings.measures import made_by, of_deeds, with_lone_uploads
from features.rings.mine import Past, describe_rings, find_members
from features.rings.prior import INPUTS, RingPrior, shipped
from features.rings.recruits import recruits, with_recruits_counted, written_works

__all__ = [
    "FAMILIES",
    "INPUTS",
    "RINGS_WITH_FEATURES",
    "RING_FEATURES",
    "Past",
    "RingFeature",
    "RingPrior",
    "describe_rings",
    "find_members",
    "learned",
    "made_by",
    "of_deeds",
    "recruits",
    "shipped",
    "verdicts_on_rings",
    "willed_acts",
    "with_lone_uploads",
    "with_recruits_counted",
    "written_works",
]
