"""The definitions of ring features are whole."""

from features.links.kinds import FAMILIES
from features.rings.measures import RING_FEATURES
from lake.schemas import POLICIES


def test_definitions_are_whole():
    names = [feature.name for feature in RING_FEATURES]
    assert len(set(names)) == len(names)
    assert all(all((f.unit, f.meaning, f.abusers, f.honest)) for f in RING_FEATURES)
    assert {family.policy for family in FAMILIES} <= set(POLICIES)
    assert {feature.sign for feature in RING_FEATURES} == {None, 1, 0, -1}
