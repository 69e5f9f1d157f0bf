"""What is measured of a ring, a module for each aspect.

A module defines what it measures: its FEATURES are columns of `rings`, in the order of MODULES, and inputs of the prior
(features/rings/prior.py) where they have a sign.
"""

from features.rings.measures import (
    audiences,
    cohesion,
    devices,
    engagement,
    follows,
    other_activity,
    profiles,
    targets,
    uploads,
)
from lake.schemas import RINGS, column

MODULES = (cohesion, audiences, targets, profiles, devices, follows, engagement, other_activity, uploads)
RING_FEATURES = tuple(feature for module in MODULES for feature in module.FEATURES)
RINGS_WITH_FEATURES = RINGS.extended(
    column(f.name, f.data_type, f"{f.meaning} ({f.unit}); abusers: {f.abusers}; honest: {f.honest}")
    for f in RING_FEATURES
)
