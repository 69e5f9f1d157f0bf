"""Find rings, groups of accounts held together by links, measure what they did, and score how likely abuse is."""

from features.rings.actions import made_by, with_lone_uploads
from features.rings.choices import chosen_actions
from features.rings.definitions import RingFeature
from features.rings.late_members import late_members, with_late_members_counted, written_works
from features.rings.learned import learned, verdicts_on_rings
from features.rings.links import of_deeds
from features.rings.measures import RING_FEATURES, RINGS_WITH_FEATURES
from features.rings.pipeline import Past, describe_rings, find_members
from features.rings.prior import INPUTS, RingPrior, shipped
from features.rings.scoring import ONLY_IN_EVIDENCE

__all__ = [
    "INPUTS",
    "ONLY_IN_EVIDENCE",
    "RINGS_WITH_FEATURES",
    "RING_FEATURES",
    "Past",
    "RingFeature",
    "RingPrior",
    "chosen_actions",
    "describe_rings",
    "find_members",
    "late_members",
    "learned",
    "made_by",
    "of_deeds",
    "shipped",
    "verdicts_on_rings",
    "with_late_members_counted",
    "with_lone_uploads",
    "written_works",
]
