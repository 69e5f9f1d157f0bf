"""Names are those of docs/glossary.md, not the older ones that it lists for a package."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
PACKAGES = {"Links": "features/links", "Rings": "features/rings", "Models": "models", "Review": "review"}
LINKED = {"Links", "Rings"}
"""Parts whose packages are about the same things: neither has older names of the other."""
CODE = re.compile(r"`([^`]+)`")


def rows(title: str) -> list[list[str]]:
    """The rows of the first table under a heading of the glossary, without its head."""
    section = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", GLOSSARY, flags=re.MULTILINE | re.DOTALL)[1]
    table = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in table[2:]]


def words(phrase: str) -> tuple[str, ...]:
    """A phrase or a name in singular words: `null-model pools` and NULL_MODEL_POOL are the same."""
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", phrase).lower())
    return tuple(re.sub(r"(?<=[a-z]{3})s$", "", part) for part in parts if part)


def phrases(cell: str) -> set[tuple[str, ...]]:
    return {words(phrase) for phrase in re.split("[,;]", cell) if words(phrase)}


def older(title: str) -> set[tuple[str, ...]]:
    """The older names of a part of the glossary."""
    return {phrase for _, _, *last in rows(title) for cell in last for phrase in phrases(cell)}


def terms(title: str) -> set[tuple[str, ...]]:
    return {phrase for term, *_ in rows(title) for phrase in phrases(term)}


STAYING = {words(name) for cell, _ in rows("Names that stay") for name in CODE.findall(cell)}


def retired(title: str) -> set[tuple[str, ...]]:
    """Older names that a package must not have: its part's, and a linked one's but where it is a term of this one."""
    others = LINKED - {title} if title in LINKED else set()
    return older(title) | ({phrase for other in others for phrase in older(other)} - terms(title))


def holds(name: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(name[at : at + len(phrase)] == phrase for at in range(len(name)))


def is_older(name: str, forbidden: set[tuple[str, ...]]) -> bool:
    """Whether a name has an older one in it, other than as part of a name that stays."""
    stays = [phrase for phrase in STAYING if holds(words(name), phrase)]
    return any(holds(words(name), phrase) and not any(holds(stay, phrase) for stay in stays) for phrase in forbidden)


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The functions, classes, parameters and variables that a module gives names to, each with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.alias(asname=str(name)):
                yield node.lineno, name


@pytest.mark.parametrize(("title", "package"), PACKAGES.items())
def test_older_names_do_not_come_back(title: str, package: str):
    forbidden = retired(title)
    assert len(forbidden) > (20 if title in LINKED else 5)
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, name in names(ast.parse(path.read_text()))
        if is_older(name, forbidden)
    ]
    assert found == []


def test_an_older_name_is_found_in_any_form():
    forbidden = retired("Links")
    older_names = ("ground", "GROUND_ACTS", "PlaceCount", "told", "_with_crowds", "one_hand")
    assert [name for name in older_names if not is_older(name, forbidden)] == []
    kept = ("pool", "max_crowd", "at_false_discovery_rate", "background", "object_degree")
    assert [name for name in kept if is_older(name, forbidden)] == []


def test_no_term_is_an_older_name_of_the_same_part():
    assert {title: terms(title) & older(title) for title in PACKAGES} == {title: set() for title in PACKAGES}
