"""A ring as a page: its graph coloured by evidence, the timeline of its acts, its members.

Every text on the page was written by those it is about. The template escapes all of it, links nothing, runs no script,
loads nothing, and says so to the browser (content security policy).
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Protocol

import igraph
from jinja2 import Environment, StrictUndefined

from features.rings.definitions import RING_FEATURES


class Row(Protocol):
    """Values by name, such as a row of Spark or a dict."""

    def __getitem__(self, name: str, /) -> Any: ...


COLOURS = {
    "text": "#c2410c",
    "contact": "#ea580c",
    "report": "#b91c1c",
    "upload": "#7e22ce",
    "sound": "#a855f7",
    "comment": "#f59e0b",
    "like": "#db2777",
    "follow": "#0d9488",
    "share": "#2563eb",
    "view": "#64748b",
    "device": "#111827",
    "address": "#65a30d",
    "profile": "#92400e",
    "other": "#94a3b8",
}
"""A colour for each family of evidence, and for the verb of the same name in the timeline."""
WIDTH, HEIGHT, ROW = 760, 560, 13
SEED = 7


MEANINGS = {feature.name: feature.meaning for feature in RING_FEATURES} | {
    "size": "number of members",
    "(base rate)": "share of such groups that are abusive, before anything is known of this one",
}


def ring_page(ring: Row, members: Sequence[Row], links: Sequence[Row], acts: Sequence[Row], left_out: int = 0) -> str:
    """HTML of one ring, self-contained.

    `ring`: its row of `rings`; `members`: account_id, strength, handle, bio, country, created_at; `links`: account_id,
    other_account_id, family, surprise (the strongest kind of each pair); `acts`: account_id, verb, object_id, ts.
    """
    place = _layout(members, links)
    times = [act["ts"] for act in acts]
    rows = {member["account_id"]: number for number, member in enumerate(members)}
    done = dict.fromkeys(rows, 0)
    for act in acts:
        done[act["account_id"]] += 1
    used = {link["family"] for link in links} | {act["verb"] for act in acts}
    return (
        Environment(autoescape=True, undefined=StrictUndefined)
        .from_string((files(__package__) / "ring.html.j2").read_text())
        .render(
            ring=ring,
            key=[(name, colour) for name, colour in COLOURS.items() if name in used],
            width=WIDTH,
            height=HEIGHT,
            timeline_height=ROW * (len(members) + 1),
            lines=[_line(link, place) for link in links],
            dots=[_dot(member, place) for member in members],
            marks=[_mark(act, rows, min(times), max(times)) for act in acts],
            first=f"{min(times):%Y-%m-%d}" if times else "no act",
            last=f"{max(times):%Y-%m-%d}" if times else "known",
            left_out=left_out,
            reasons=[_reason(reason) for reason in ring["reasons"]],
            members=[_member(member, done) for member in members],
        )
    )


def _layout(members: Sequence[Row], links: Sequence[Row]) -> dict[int, tuple[float, float]]:
    accounts = [member["account_id"] for member in members]
    index = {account: number for number, account in enumerate(accounts)}
    edges = [(index[link["account_id"]], index[link["other_account_id"]]) for link in links]
    igraph.set_random_number_generator(random.Random(SEED))
    points = igraph.Graph(n=len(accounts), edges=edges).layout_fruchterman_reingold(niter=300)
    points.fit_into((25, 25, WIDTH - 25, HEIGHT - 25), keep_aspect_ratio=False)
    return {account: (round(x, 1), round(y, 1)) for account, (x, y) in zip(accounts, points.coords, strict=True)}


def _line(link: Row, place: Mapping[int, tuple[float, float]]) -> Row:
    (x1, y1), (x2, y2) = place[link["account_id"]], place[link["other_account_id"]]
    width = round(min(3.0, 0.5 + link["surprise"] / 20), 2)
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "width": width, "colour": _colour(link["family"])}


def _dot(member: Row, place: Mapping[int, tuple[float, float]]) -> Row:
    x, y = place[member["account_id"]]
    title = f"{member['account_id']}, strength {member['strength']:.2f}"
    return {"x": x, "y": y, "r": round(3 + 4 * member["strength"], 1), "title": title}


def _mark(act: Row, rows: Mapping[int, int], first: datetime, last: datetime) -> Row:
    span = (last - first).total_seconds() or 1.0
    x = 10 + (WIDTH - 20) * (act["ts"] - first).total_seconds() / span
    title = f"{act['ts']:%Y-%m-%d %H:%M:%S} {act['account_id']} {act['verb']} {act['object_id']}"
    return {"x": round(x, 1), "y": ROW * (rows[act["account_id"]] + 1), "colour": _colour(act["verb"]), "title": title}


def _colour(family: str) -> str:
    return COLOURS.get(family, COLOURS["other"])


def _reason(reason: Row) -> Row:
    value = reason["value"]
    return {
        "feature": reason["feature"],
        "value": "" if value is None else f"{value:,.2f}" if abs(value) < 1e6 else f"{value:.0f}",
        "contribution": f"{reason['contribution']:+.2f}",
        "meaning": MEANINGS.get(reason["feature"], ""),
    }


def _member(member: Row, done: Mapping[int, int]) -> Row:
    created_at = member["created_at"]
    return {
        "account_id": member["account_id"],
        "handle": member["handle"] or "",
        "bio": member["bio"] or "",
        "country": member["country"] or "",
        "signed_up": "" if created_at is None else f"{created_at:%Y-%m-%d %H:%M}",
        "strength": f"{member['strength']:.2f}",
        "acts": done[member["account_id"]],
    }
