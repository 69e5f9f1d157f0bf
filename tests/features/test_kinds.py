"""Kinds are whole, and what depends on a kind is one of its fields: no other module names one."""

import ast
from collections.abc import Iterator
from pathlib import Path

from features.links.kinds import FAMILIES, KINDS, NUMBER, OTHER, SOURCES
from lake.schemas import POLICIES, VERBS

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "features" / "links" / "kinds.py"
PACKAGES = ("bench", "conf", "engine", "features", "jobs", "lake", "models", "review", "simulation", "tools")
ALSO_OTHERS = {*VERBS, *SOURCES, *(family.name for family in FAMILIES)}
"""Names that others have, too, such as what accounts do."""
OWN_NAMES = set(NUMBER) - ALSO_OTHERS


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a module's code, each with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_no_other_module_names_a_kind():
    assert {"regular", "silent_regular", "comment_text", "upload_frame", "like_moment"} <= OWN_NAMES
    named = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if path != DEFINITION
        for line, text in texts(path)
        if text in OWN_NAMES
    ]
    assert named == []


def test_kinds_are_whole():
    assert len(NUMBER) == len(KINDS)
    assert all(all((kind.name, kind.source, kind.object_type, kind.pool)) for kind in KINDS)
    assert {kind.derived_from for kind in KINDS if kind.derived_from} <= set(NUMBER)


def test_families_are_whole_and_each_has_a_kind():
    assert {kind.family for kind in KINDS} == set(FAMILIES)
    assert len({family.name for family in (*FAMILIES, OTHER)}) == len(FAMILIES) + 1
    assert all(all((family.phrase, family.honest, family.colour, family.weight)) for family in FAMILIES)
    assert {family.policy for family in (*FAMILIES, OTHER)} <= set(POLICIES)


def test_kinds_of_one_pool_are_all_near_in_time_or_none_is():
    """The totals of a pool are of objects, or of objects in a time bucket."""
    near = {pool: {kind.near_in_time for kind in KINDS if kind.pool == pool} for pool in {k.pool for k in KINDS}}
    assert [pool for pool, values in near.items() if len(values) > 1] == []
