"""docs/features.md, made of the definitions: `python -m features.docs > docs/features.md`."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from features import accounts, videos
from features.definitions import Feature
from features.rings import RING_FEATURES, RingFeature

HEAD = """\
# Features

Made from the code by `make docs`. Each feature of an account or video is one entry of a file in `features/accounts/` or
`features/videos/`; the column is named `<name>_<window>d`, the window being the days before `as_of`. What is known of a
ring comes last.
"""
RINGS_HEAD = """\
## Rings

Columns of `rings`, one entry each of a file in `features/rings/measures/`: of all members, over the days that links are
made of. A target is an object of the ring's links, mostly a video, that two members and a tenth of all acted on. Blank
where there was nothing to measure. What each adds to the ring's score is in its `reasons`, in log-odds.
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


def rings_section(features: Iterable[RingFeature]) -> Iterator[str]:
    """All that is known of a ring, as a table."""
    yield RINGS_HEAD
    yield "| column | meaning | abusers | honest look-alikes |\n|---|---|---|---|"
    for feature in features:
        yield f"| `{feature.name}` | {feature.meaning} ({feature.unit}) | {feature.abusers} | {feature.honest} |"
    yield ""


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        *section("Accounts", accounts.GROUPS),
        *section("Videos", videos.GROUPS),
        *rings_section(RING_FEATURES),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
