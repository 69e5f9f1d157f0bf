"""The lists of names that the functions of texts go by, from lists.toml."""

import tomllib
from importlib.resources import files

LISTS = tomllib.loads((files(__package__) / "lists.toml").read_text(encoding="utf-8"))
