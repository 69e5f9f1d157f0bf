"""Render a ring as a page: its graph coloured by evidence, the timeline of its actions, its members.

All text on the page was written by the accounts that it is about. The template escapes it, contains no link and no
script, loads nothing, and tells the browser so (content security policy).
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Protocol

import igraph
from jinja2 import Environment, StrictUndefined

from features.links.kinds import FAMILIES, OTHER


class Row(Protocol):
    """Give values by name, as a row of Spark or a dict does."""

    def __getitem__(self, name: str, /) -> Any: ...


COLOURS = {family.name: family.colour for family in (*FAMILIES, OTHER)}
"""A colour for each family of evidence, and for the verb of the same name in the timeline."""
WIDTH, HEIGHT, ROW = 760, 560, 13
SEED = 7


def ring_page(
    ring: Row,
    reasons: Sequence[Row],
    members: Sequence[Row],
    links: Sequence[Row],
    actions: Sequence[Row],
    left_out: int = 0,
) -> str:
    """Return the HTML of one ring, self-contained.

    `ring`: its row of `rings`; `reasons`: those of its score in texts: feature, value, contribution, meaning;
    `members`: account_id, strength, handle, bio, country, created_at; `links`: account_id, other_account_id, family,
    surprise (the strongest kind of each pair); `actions`: account_id, verb, object_id, ts; `left_out`: the number of
    members that are not shown.
    """
    positions = _layout(members, links)
    times = [action["ts"] for action in actions]
    row_of_member = {member["account_id"]: number for number, member in enumerate(members)}
    action_counts = dict.fromkeys(row_of_member, 0)
    for action in actions:
        action_counts[action["account_id"]] += 1
    used_names = {link["family"] for link in links} | {action["verb"] for action in actions}
    return (
        Environment(autoescape=True, undefined=StrictUndefined)
        .from_string((files(__package__) / "ring.html.j2").read_text())
        .render(
            ring=ring,
            key=[(name, colour) for name, colour in COLOURS.items() if name in used_names],
            width=WIDTH,
            height=HEIGHT,
            timeline_height=ROW * (len(members) + 1),
            lines=[_line(link, positions) for link in links],
            dots=[_dot(member, positions) for member in members],
            marks=[_mark(action, row_of_member, min(times), max(times)) for action in actions],
            first=f"{min(times):%Y-%m-%d}" if times else "no act",
            last=f"{max(times):%Y-%m-%d}" if times else "known",
            left_out=left_out,
            reasons=reasons,
            members=[_member(member, action_counts) for member in members],
        )
    )


def _layout(members: Sequence[Row], links: Sequence[Row]) -> dict[int, tuple[float, float]]:
    """Return the position of each member by a force-directed layout, the same in every run."""
    accounts = [member["account_id"] for member in members]
    index = {account: number for number, account in enumerate(accounts)}
    edges = [(index[link["account_id"]], index[link["other_account_id"]]) for link in links]
    igraph.set_random_number_generator(random.Random(SEED))
    points = igraph.Graph(n=len(accounts), edges=edges).layout_fruchterman_reingold(niter=300)
    points.fit_into((25, 25, WIDTH - 25, HEIGHT - 25), keep_aspect_ratio=False)
    return {account: (round(x, 1), round(y, 1)) for account, (x, y) in zip(accounts, points.coords, strict=True)}


def _line(link: Row, positions: Mapping[int, tuple[float, float]]) -> Row:
    """Return the line of a link."""
    (x1, y1), (x2, y2) = positions[link["account_id"]], positions[link["other_account_id"]]
    width = round(min(3.0, 0.5 + link["surprise"] / 20), 2)
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "width": width, "colour": _colour(link["family"])}


def _dot(member: Row, positions: Mapping[int, tuple[float, float]]) -> Row:
    """Return the dot of a member."""
    x, y = positions[member["account_id"]]
    title = f"{member['account_id']}, strength {member['strength']:.2f}"
    return {"x": x, "y": y, "r": round(3 + 4 * member["strength"], 1), "title": title}


def _mark(action: Row, row_of_member: Mapping[int, int], first: datetime, last: datetime) -> Row:
    """Return the mark of an action on the timeline."""
    span = (last - first).total_seconds() or 1.0
    x = 10 + (WIDTH - 20) * (action["ts"] - first).total_seconds() / span
    title = f"{action['ts']:%Y-%m-%d %H:%M:%S} {action['account_id']} {action['verb']} {action['object_id']}"
    return {
        "x": round(x, 1),
        "y": ROW * (row_of_member[action["account_id"]] + 1),
        "colour": _colour(action["verb"]),
        "title": title,
    }


def _colour(family: str) -> str:
    """Return the colour of a family or verb."""
    return COLOURS.get(family, OTHER.colour)


def _member(member: Row, action_counts: Mapping[int, int]) -> Row:
    """Return a member as texts."""
    created_at = member["created_at"]
    return {
        "account_id": member["account_id"],
        "handle": member["handle"] or "",
        "bio": member["bio"] or "",
        "country": member["country"] or "",
        "signed_up": "" if created_at is None else f"{created_at:%Y-%m-%d %H:%M}",
        "strength": f"{member['strength']:.2f}",
        "acts": action_counts[member["account_id"]],
    }
