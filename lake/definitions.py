"""Versions by content: one hash of the definitions that values are computed by, in place of counters kept by hand.

Definitions are packages and modules, with the lists and numbers beside their code (*.toml, *.json). Docstrings,
comments and layout do not count; the libraries that texts are read with do.
"""

import ast
import hashlib
import json
import mimetypes
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath

DIGITS = 16
LIBRARIES = ("confusable-homoglyphs", "decancer-py", "emoji", "publicsuffixlist", "pyspellchecker")
"""What features/text reads letters, domains and words by: another version of these may read a text otherwise."""


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node


def syntax(code: str) -> str:
    """Tell what a Python file says to the interpreter alone."""
    return ast.unparse(_WithoutDocstrings().visit(ast.parse(code)))


READ = {
    ".py": syntax,
    ".toml": lambda text: json.dumps(tomllib.loads(text), default=str),
    ".json": lambda text: json.dumps(json.loads(text)),
}
"""How each sort of file that decides values is read."""


@cache
def content_version(*names: str) -> str:
    """Hash the definitions in packages and modules, such as features.text and features.activity; none is imported.

    Raises FileNotFoundError for a name that none has.
    """
    told = [*libraries(), *(each for name in names for each in _contents(_parts(name), name))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGITS]


def libraries() -> list[str]:
    """Tell the versions of what texts are read with; Unicode's tables and the ends of file names come with Python."""
    ends = sorted(mimetypes.MimeTypes(filenames=()).types_map[True])
    return [*(f"{name} {_installed(name)}" for name in LIBRARIES), unicodedata.unidata_version, *ends]


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # a module put on the path by hand says no version
        return "unknown"


def _parts(name: str) -> Iterable[Traversable]:
    top, *folders, last = name.split(".")
    folder = files(top).joinpath(*folders)
    module = folder.joinpath(f"{last}.py")
    return [module] if module.is_file() else folder.joinpath(last).iterdir()


def _contents(parts: Iterable[Traversable], place: str) -> Iterator[str]:
    for part in sorted(parts, key=lambda each: each.name):
        if part.is_dir():
            yield from _contents(part.iterdir(), f"{place}/{part.name}")
        elif read := READ.get(PurePath(part.name).suffix):
            yield f"{place}/{part.name}\n{read(part.read_text(encoding='utf-8'))}"
