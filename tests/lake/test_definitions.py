"""Versions by content: what computes a value changes them, and what is written for readers does not."""

import importlib
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from lake import definitions
from lake.definitions import LIBRARIES, content_version, libraries, syntax

CODE = '''\
"""Shapes."""

SIDES = 4
"""Of a square."""
WORDS = {"round", "square"}


class Shape:
    """A shape."""

    def area(self, side):
        """The square of a side."""
        # that is its area
        return side * side
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Shapes."""', '"""All shapes."""'),
        ("The square of a side.", "How large a square is."),
        ('        """The square of a side."""\n', ""),
        ('"""Of a square."""', '"""Of a rectangle, too."""'),
        ("# that is its area", "# a comment"),
        ("return side * side", "return (side\n            * side)"),
        ("{", "{  # of those\n    "),
        ('"round"', "'round'"),
    ],
)
def test_what_is_written_for_readers_says_the_same(old, new):
    assert old in CODE
    assert syntax(CODE.replace(old, new, 1)) == syntax(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("SIDES = 4", "SIDES = 5"), ("side * side", "side + side"), ('"round"', '"oval"'), ("self, side", "self, side=1")],
)
def test_another_constant_expression_or_word_says_something_else(old, new):
    assert old in CODE
    assert syntax(CODE.replace(old, new, 1)) != syntax(CODE)


@pytest.fixture
def version_of(tmp_path, monkeypatch):
    """A function that tells the version of a package, or of what is named, given its files by name."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    count = iter(range(100))

    def tell(written: dict[str, str], *names: str) -> str:
        root = tmp_path / str(next(count))
        for name, text in {"__init__.py": "", **written}.items():
            file = root / "shapes" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        sys.path.insert(0, str(root))
        sys.modules.pop("shapes", None)
        importlib.invalidate_caches()
        return content_version.__wrapped__(*(names or ["shapes.flat"]))

    yield tell
    sys.modules.pop("shapes", None)


def test_files_that_decide_values_count_and_others_do_not(version_of):
    files = {
        "flat/square.py": CODE,
        "flat/lists.toml": 'names = ["a", "b"]',
        "flat/numbers.json": '{"sides": 4}',
        "flat/further/oval.py": "",
        "solid.py": CODE,
    }
    before = version_of(files)
    same = {
        "flat/lists.toml": '# why\nnames = [\n  "a",\n  "b",\n]',
        "flat/numbers.json": '{\n "sides": 4\n}',
        "flat/page.html": "<p>",
        "solid.py": "SIDES = 6",
    }
    assert [name for name in same if version_of({**files, name: same[name]}) != before] == []
    others = {
        "flat/lists.toml": 'names = ["a", "b", "c"]',
        "flat/numbers.json": '{"sides": 5}',
        "flat/square.py": CODE.replace("4", "5"),
        "flat/further/oval.py": "SIDES = 0",
        "flat/circle.py": "",
    }
    assert [name for name in others if version_of({**files, name: others[name]}) == before] == []


def test_a_module_is_told_without_its_neighbours(version_of):
    before = version_of({"flat/square.py": CODE}, "shapes.flat.square")
    assert version_of({"flat/square.py": CODE, "flat/circle.py": "SIDES = 0"}, "shapes.flat.square") == before
    assert version_of({"flat/square.py": CODE.replace("4", "5")}, "shapes.flat.square") != before


def test_a_name_that_none_has_is_an_error(version_of):
    with pytest.raises(FileNotFoundError):
        version_of({}, "shapes.falt")


def test_another_version_of_a_library_or_of_unicode_is_another_version(version_of, monkeypatch):
    before = version_of({"flat/square.py": CODE})
    with monkeypatch.context() as patched:
        patched.setattr(definitions, "version", lambda name: "99.0")
        assert version_of({"flat/square.py": CODE}) != before
    monkeypatch.setattr(definitions.unicodedata, "unidata_version", "99.0")
    assert version_of({"flat/square.py": CODE}) != before


def test_each_library_that_texts_are_read_with_tells_its_version():
    assert [line for line in libraries() if "unknown" in line] == []
    texts = Path(definitions.__file__).parents[1] / "features" / "text"
    imported = {
        name
        for file in texts.glob("*.py")
        for name in re.findall(r"^ *(?:from|import) (\w+)", file.read_text(), flags=re.MULTILINE)
    }
    no_words = {"features", "pyarrow", "pyspark"}
    installed = {each for name in imported - no_words for each in packages_distributions().get(name, [])}
    assert {name.replace("_", "-").lower() for name in installed} == set(LIBRARIES)
