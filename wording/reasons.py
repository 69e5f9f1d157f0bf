"""Put reasons into words: a feature and its value as a reviewer would say it."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from features import accounts, videos
from features.definitions import SHARE, YES, Feature
from features.rings.measures import RING_FEATURES
from wording.figures import chance, number

OURS = {
    "ring_score": "its ring is judged abusive with chance {chance}",
    "ring_strength": "it is tied to its ring with strength {value} of 1",
    "ring_size": "its ring has {value} members",
    "owner_ring_score": "the uploader's ring is judged abusive with chance {chance}",
    "owner_ring_strength": "the uploader is tied to its ring with strength {value} of 1",
    "owner_ring_size": "the uploader's ring has {value} members",
    "engaging_ring_score": "a ring that acts on it is judged abusive with chance {chance}",
    "engaging_ring_share": "{value} of all members of one ring act on it",
    "engaging_ring_tie": "that ring acts for it with chance {chance}, by its part in the public of this creator",
    "engaging_ring_capture": "one ring is {value} of its public",
    "engaging_ring_engagers": "{value} members of one ring act on it",
    "engaging_ring_expected": "of the members of one ring that act on it, {value} are expected to be abusive",
    "ring_engagers": "{value} members of rings act on it",
    "ring_engagers_expected": "of the members of rings that act on it, {value} are expected to be abusive",
    "ring_engagers_per_viewer": "{value} expected abusive ring members per viewer",
    "copying_ring_score": "a ring that uploads the same work is judged abusive with chance {chance}",
    "copying_ring_tie": "it is one of that ring's copies with chance {chance}, by who uploaded the work",
    "copying_ring_uploaders": "{value} members of one ring uploaded the same work",
    "work_uploaders": "{value} accounts uploaded the same work",
    "work_is_first": "its account was the first with the work (1) or not (0): {value}",
    "link_count": "it acts together with {value} other accounts beyond chance",
    "neighbour_count": "{value} accounts that it acts together with were active",
    "link_shared_objects_max": "it shares {value} objects with the account it acts most alike",
    "link_surprise_max": "the chance of its strongest co-action is 1e-{value}",
    "(all other features)": "all other features together",
    "(base rate)": "how common it is among all",
}
OURS_OF_RINGS = {
    "ring_score": "by its evidence alone it is abusive with chance {chance}",
    "ring_size": "it has {value} members",
}
WORTH_SAYING = 0.5
"""Log-odds below which a reason is not worth a reviewer's time, unless there is no stronger one."""


class Meaning(NamedTuple):
    """Hold what a feature says, and in which unit."""

    text: str
    unit: str


def meanings(features: Iterable[Feature]) -> dict[str, Meaning]:
    """Return the meaning of each column; what is in brackets is for those who compute with it."""
    spans = {0: "", 1: ", last day"}
    return {
        name: Meaning(re.sub(r" \([^)]*\)", "", feature.meaning) + spans.get(days, f", last {days} days"), feature.unit)
        for feature in features
        for name, days in feature.columns()
    }


OF_ACCOUNTS, OF_VIDEOS = meanings(accounts.FEATURES), meanings(videos.FEATURES)
OF_RINGS = {feature.name: Meaning(feature.meaning, feature.unit) for feature in RING_FEATURES}
MEANINGS_OF_RINGS = {name: meaning.text for name, meaning in OF_RINGS.items()} | {
    "size": "number of members",
    "(base rate)": "share of such groups that are abusive, before anything is known of this one",
}
"""What the page of a ring says beside a figure."""
OWN = {"account": ("", "", OF_ACCOUNTS), "video": ("", "", OF_VIDEOS), "ring": ("ring_", "", OF_RINGS)}
OF_WHOM = (
    ("owner_ring_", "uploader's ring: ", OF_RINGS),
    ("owner_", "uploader: ", OF_ACCOUNTS),
    ("ring_", "ring: ", OF_RINGS),
    ("neighbour_mean_", "accounts it acts together with, on average: ", OF_ACCOUNTS),
    ("neighbour_max_", "accounts it acts together with, at most: ", OF_ACCOUNTS),
)


def amount(value: float | None, meaning: Meaning) -> str:
    """Write a value with its unit: 62 %, 12 seconds, yes; without where the meaning names the unit."""
    if value is None or math.isnan(value):
        return "unknown"
    if meaning.unit == YES:
        return "yes" if value else "no"
    if meaning.unit in (SHARE, "share"):
        return f"{value:.1%}".replace(".0%", "%").replace("%", " %")
    named = meaning.unit in meaning.text or meaning.unit in ("count", "ratio")
    return number(value) if named else f"{number(value)} {meaning.unit}"


def in_words(entity_type: str, feature: str, value: float | None) -> str:
    """Say one reason about an account, a video or a ring; one without a definition is shown by its name."""
    ours = OURS | OURS_OF_RINGS if entity_type == "ring" else OURS
    if feature in ours:
        return ours[feature].format(value=number(value), chance=chance(value))
    for prefix, whose, known in (OWN[entity_type], *OF_WHOM):
        name = feature.removeprefix(prefix)
        if feature.startswith(prefix) and name in known:
            return f"{whose}{known[name].text}: {amount(value, known[name])}"
    return f"{feature.replace('_', ' ')}: {number(value)}"


def sentence(entity_type: str, reasons: Iterable[Mapping[str, Any]], most: int = 3) -> str:
    """Say the strongest reasons that speak for violating, on one line; nothing where none does."""
    speaking = [each for each in reasons if each["contribution"] > 0 and not each["feature"].startswith("(")]
    top = sorted(speaking, key=lambda each: (-each["contribution"], each["feature"]))[:most]
    telling = [each for each in top if each["contribution"] >= WORTH_SAYING] or top[:1]
    return "; ".join(in_words(entity_type, each["feature"], each["value"]) for each in telling)


def as_figures(reason: Mapping[str, Any]) -> str:
    """Write a reason on a terminal, for those who know the features: `comments_28d 812 (+2.0)`."""
    return f"{reason['feature']} {reason['value']:.3g} ({reason['contribution']:+.1f})"


def row_of_ring(reason: Mapping[str, Any]) -> dict[str, str]:
    """Return a reason of a ring's score as the texts of a row: feature, value, contribution, meaning."""
    value = reason["value"]
    return {
        "feature": reason["feature"],
        "value": "" if value is None else f"{value:,.2f}" if abs(value) < 1e6 else f"{value:.0f}",
        "contribution": f"{reason['contribution']:+.2f}",
        "meaning": MEANINGS_OF_RINGS.get(reason["feature"], ""),
    }
