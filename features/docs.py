"""docs/features.md, made of the definitions: `python -m features.docs > docs/features.md`."""

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

from features import accounts, videos
from features.definitions import Feature

HEAD = """\
# Features

Made from the code by `make docs`. Each feature is one entry of a file in `features/accounts/` or `features/videos/`;
the column is named `<name>_<window>d`, the window being the days before `as_of`.
"""


def entry(feature: Feature) -> str:
    """One feature as a person reads it."""
    windows = ", ".join(f"`{name}`" for name, _ in feature.columns())
    return "\n".join(
        [
            f"### {feature.name}",
            "",
            f"{feature.meaning[0].upper()}{feature.meaning[1:]} ({feature.unit}).",
            "",
            f"- columns: {windows}",
            f"- abusers: {feature.abuse}",
            f"- honest look-alikes: {feature.honest}",
            f"- blank: {feature.blank}",
            "",
        ]
    )


def section(title: str, groups: Mapping[str, ModuleType]) -> Iterator[str]:
    """All groups of one kind of entity."""
    yield f"## {title}\n"
    for name, group in groups.items():
        yield f"**{name}** ({group.__name__.replace('.', '/')}.py)\n"
        yield from (entry(feature) for feature in group.FEATURES)


def page() -> str:
    """The whole page."""
    parts = [HEAD, *section("Accounts", accounts.GROUPS), *section("Videos", videos.GROUPS)]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
