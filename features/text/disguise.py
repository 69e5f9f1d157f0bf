"""What a text shows beside its words: contacts, emoji, its script, and whether it hides from filters."""

import re
import unicodedata
from typing import NamedTuple

from features.text.contact_marks import HANDLE_MARK, LINK_MARK, PHONE_MARK, mark_contacts
from features.text.letters import ALIKE_SCRIPTS, emoji_characters, fold, script
from features.text.lists import LISTS
from features.text.normal_form import plain

JOINING_SCRIPTS = frozenset(LISTS["scripts"]["joining"])
"""Scripts that need invisible joiners for honest spelling."""
UNSPACED_SCRIPTS = frozenset(LISTS["scripts"]["unspaced"])
"""Scripts without spaces between words, in which U+200B says where a line may be broken."""
DIRECTION_MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
"""What apps put around names and mentions so that lines of two directions read well."""
_WORD = re.compile(r"[^\W\d_]+")


class TextTraits(NamedTuple):
    """What a text shows beside its words."""

    normal: str
    has_link: bool
    has_handle: bool
    has_phone: bool
    disguised: bool
    emoji_share: float
    length: int
    script: str


def traits(text: str | None) -> TextTraits:
    """The normalised text and what else it shows; `length` counts visible characters as written."""
    if not text:
        return TextTraits("", False, False, False, False, 0.0, 0, "")
    marked = mark_contacts(fold(text))
    visible = "".join(text.split())
    if not text.isascii():
        visible = "".join(c for c in visible if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    emoji = 0 if text.isascii() else sum(c in emoji_characters() for c in visible)
    return TextTraits(
        normal=plain(marked),
        has_link=LINK_MARK in marked,
        has_handle=HANDLE_MARK in marked,
        has_phone=PHONE_MARK in marked,
        disguised=is_disguised(text),
        emoji_share=emoji / len(visible) if visible else 0.0,
        length=len(visible),
        script=main_script(visible),
    )


def main_script(text: str) -> str:
    """The script that most letters belong to, empty when there is none; of equals the first by name."""
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    counts: dict[str, int] = {}
    for c in text:
        if c.isalpha():
            counts[script(c)] = counts.get(script(c), 0) + 1
    return min(counts, key=lambda name: (-counts[name], name)) if counts else ""


def is_disguised(text: str) -> bool:
    """Whether it hides from filters: invisible characters, styled letters, or one word in letters of several
    alphabets.
    """
    if text.isascii():
        return False
    needs_joiners = any(c.isalpha() and script(c) in JOINING_SCRIPTS for c in text)
    previous = ""
    for c in text:
        if unicodedata.category(c) == "Cf" and not _is_layout(c, previous) and not _joins(c, previous, needs_joiners):
            return True
        styled = unicodedata.decomposition(c).startswith(("<font>", "<circle>", "<square>"))
        if c.isalpha() and styled and c not in emoji_characters():
            return True
        previous = c
    composed = unicodedata.normalize("NFC", text)
    return any(_mixes_alphabets(word) for word in _WORD.findall(composed))


def _is_layout(c: str, previous: str) -> bool:
    """Whether an invisible character is what keyboards and editors put into honest text."""
    breaks = c == "\u200b" and previous != "" and script(previous) in UNSPACED_SCRIPTS
    return breaks or c in DIRECTION_MARKS or (c == "\ufeff" and previous == "")


def _joins(c: str, previous: str, needs_joiners: bool) -> bool:
    """Whether an invisible character is part of honest spelling or of an emoji."""
    if 0xE0020 <= ord(c) <= 0xE007F:  # the letters of a regional flag
        return True
    return c in "\u200c\u200d" and (needs_joiners or previous in emoji_characters() or previous == "\ufe0f")


def _mixes_alphabets(word: str) -> bool:
    alphabets = {script(c) for c in word} - {"COMMON", "INHERITED"}
    return len(alphabets) > 1 and len(alphabets & ALIKE_SCRIPTS) > 1
