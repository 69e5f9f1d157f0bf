"""Reasons in words: a feature and its value as a reviewer would say it."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

OURS = {
    "ring_score": "its ring is judged abusive with chance {value}",
    "ring_strength": "it is tied to its ring with strength {value} of 1",
    "ring_size": "its ring has {value} members",
    "owner_ring_score": "the uploader's ring is judged abusive with chance {value}",
    "owner_ring_strength": "the uploader is tied to its ring with strength {value} of 1",
    "owner_ring_size": "the uploader's ring has {value} members",
    "engaging_ring_score": "a ring that acts on it is judged abusive with chance {value}",
    "engaging_ring_share": "{value} of all members of one ring act on it",
    "engaging_ring_tie": "that ring acts for it with chance {value}, by its share of the ring and of the public",
    "engaging_ring_capture": "one ring is {value} of its public",
    "engaging_ring_engagers": "{value} members of one ring act on it",
    "engaging_ring_expected": "of the members of one ring that act on it, {value} are expected to be abusive",
    "ring_engagers": "{value} members of rings act on it",
    "ring_engagers_expected": "of the members of rings that act on it, {value} are expected to be abusive",
    "ring_engagers_per_viewer": "{value} expected abusive ring members per viewer",
    "copying_ring_score": "a ring that uploads the same work is judged abusive with chance {value}",
    "copying_ring_tie": "it is one of that ring's copies with chance {value}, by who uploaded the work",
    "copying_ring_uploaders": "{value} members of one ring uploaded the same work",
    "work_uploaders": "{value} accounts uploaded the same work",
    "work_is_first": "its account was the first with the work (1) or not (0): {value}",
    "link_count": "it acts together with {value} other accounts beyond chance",
    "link_shared_objects_max": "it shares {value} objects with the account it acts most alike",
    "link_surprise_max": "the chance of its strongest co-action is 1e-{value}",
    "(all other features)": "all other features together",
    "(base rate)": "how common it is among all",
}
NEARLY_CERTAIN = 0.99
OF_WHOM = (("owner_ring_", "uploader's ring: "), ("owner_", "uploader: "), ("ring_", "ring: "))


def number(value: float | None) -> str:
    """A value as people write it: 12, 0.31, 1,204, unknown; what is nearly certain is not."""
    if value is None or math.isnan(value):
        return "unknown"
    if NEARLY_CERTAIN < value < 1:
        return f"over {NEARLY_CERTAIN}"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:,.1f}"


def in_words(feature: str, value: float | None, meanings: Mapping[str, str]) -> str:
    """One reason in words.

    `meanings` are the feature definitions' meanings by column name (for ring features without their `ring_` prefix). A
    feature without one is shown by its name, underscores as spaces.
    """
    if feature in OURS:
        return OURS[feature].format(value=number(value))
    of_whom, name = "", feature
    if feature not in meanings:
        for prefix, whose in OF_WHOM:
            if feature.startswith(prefix):
                of_whom, name = whose, feature.removeprefix(prefix)
                break
    return f"{of_whom}{meanings.get(name, name.replace('_', ' '))}: {number(value)}"


def sentence(reasons: Iterable[Mapping[str, Any]], meanings: Mapping[str, str], most: int = 3) -> str:
    """The strongest reasons that speak for violating, as one line."""
    speaking = [each for each in reasons if each["contribution"] > 0 and not each["feature"].startswith("(")]
    top = sorted(speaking, key=lambda each: (-each["contribution"], each["feature"]))[:most]
    return "; ".join(in_words(each["feature"], each["value"], meanings) for each in top)
