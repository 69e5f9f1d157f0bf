"""By which definitions the rows of models are computed: a version of each of their parts, kept with every model."""

import re
from collections.abc import Mapping, Sequence

from lake.definitions import content_version

SHARED = ("engine.portable", "features.definitions", "features.text")
"""What all features are written in."""
DEFINITIONS = {
    "accounts": (*SHARED, "features.accounts", "features.activity", "features.crowds", "features.videos.content"),
    "videos": (*SHARED, "features.videos", "features.activity"),
    "rings": (*SHARED, "features.rings", "features.links", "features.graph", "features.membership", "features.trees"),
    "links": (*SHARED, "features.links", "features.graph"),
    "rows": ("models.rows",),
    "video_rows": ("models.video_rows",),
}
"""Packages and modules that compute each part of a row; what accounts or rings bring into it, models.rows chooses."""
PARTS = {
    "account": ("accounts", "links", "rings", "rows"),
    "video": ("accounts", "links", "rings", "rows", "video_rows", "videos"),
    "ring": ("rings", "rows"),
}
"""What the rows of each entity type are made of."""
LAST_COUNTED = {
    r"(\w+_)?ring_score": 6,
    r"(copying|engaging)_ring_tie": 2,
    r"(\w+_)?link_comment_share_\w+": 2,
    r"(\w+_)?ring_(created_together_share|willed_together|willed_expected)": 2,
}
"""The last counters of changed features, 1 for all others, which models of that time have for versions. Frozen."""
Versions = Mapping[str, str] | Mapping[str, int]


def versions_of(entity_type: str) -> dict[str, str]:
    """The versions of the definitions that rows are computed by today, by part."""
    return {part: content_version(*DEFINITIONS[part]) for part in PARTS[entity_type]}


def changed_parts(entity_type: str, learned: Versions) -> list[str]:
    """The parts of rows that are not known to be computed as those that a model learned from."""
    return [part for part, version in versions_of(entity_type).items() if learned.get(part) != version]


def outdated_features(needed: Sequence[str], learned: Versions) -> list[str]:
    """Features that meant something else when a model with counters learned them; none of a model with hashes."""
    if any(isinstance(version, str) for version in learned.values()):
        return []
    return [name for name in needed if learned.get(name, 1) != _last_counted(name)]


def _last_counted(feature: str) -> int:
    return next((count for pattern, count in LAST_COUNTED.items() if re.fullmatch(pattern, feature)), 1)
