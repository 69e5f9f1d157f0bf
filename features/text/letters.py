"""Letters as they look: the scripts that they belong to, and one letter for all that look alike.

Sources: Unicode NFKD and case folding (UAX 15), the confusables of UTS 39 (package confusable-homoglyphs) for the
alphabets that imitate each other, decancer for ornamental Latin letters, the emoji list of package emoji.
"""

import unicodedata
from collections.abc import Callable
from functools import cache

from features.text.lists import LISTS

ALIKE_SCRIPTS = frozenset(LISTS["scripts"]["alike"])
"""Alphabets whose letters stand in for each other in disguised text."""
FOLDED_SCRIPTS = ALIKE_SCRIPTS.union(LISTS["scripts"]["several_alike"])
"""Alphabets with several letters that look the same; those of two that do not imitate each other stay apart."""
LEET = str.maketrans("013457$@", "oleastsa")
"""Digits and signs that stand for letters."""


@cache
def script(character: str) -> str:
    """The Unicode script of a character, such as LATIN; COMMON for what belongs to none."""
    from confusable_homoglyphs import categories

    return categories.alias(character).upper()


@cache
def emoji_characters() -> frozenset[str]:
    from emoji import EMOJI_DATA

    return frozenset(
        c for sequence in EMOJI_DATA for c in sequence if ord(c) >= 0x2139 and unicodedata.category(c) != "Mn"
    )


@cache
def _alike() -> dict[str, str]:
    """Lower-case letter → the one that stands for all that look like it."""
    from confusable_homoglyphs import confusables

    pairs = confusables.confusables_data
    neighbours: dict[str, set[str]] = {}
    for one, others in pairs.items():
        for other in (item["c"] for item in others):
            if len(one) == len(other) == 1 and _may_stand_for(one, other):
                for letter, twin in ((one, other), (other, one)):
                    neighbours.setdefault(letter, set()).add(twin)
    chosen: dict[str, str] = {}
    for letter in sorted(neighbours):
        if letter in chosen:
            continue
        group, frontier = {letter}, [letter]
        while frontier:
            for twin in neighbours[frontier.pop()] - group:
                group.add(twin)
                frontier.append(twin)
        best = min(group, key=lambda c: (not c.isascii(), not c.islower(), c)).casefold()
        chosen |= dict.fromkeys(group, best if len(best) == 1 else letter)
    # Capitals look alike too: Cyrillic в is no b, but В is a B, and case is folded before letters are compared.
    by_capital = {
        c.casefold(): chosen[c] for c in chosen if c.isupper() and chosen[c].isascii() and len(c.casefold()) == 1
    }
    return {**chosen, **{c: to for c, to in by_capital.items() if not chosen.get(c, c).isascii() or c not in chosen}}


def _may_stand_for(one: str, other: str) -> bool:
    if not (one.isalpha() and other.isalpha()):
        return False
    scripts = {script(one), script(other)}
    return scripts <= ALIKE_SCRIPTS or (len(scripts) == 1 and scripts <= FOLDED_SCRIPTS)


def _ornamental(character: str) -> str | None:
    """The plain letter that an ornamental Latin letter or letter-like symbol stands for."""
    import decancer_py

    plain = str(decancer_py.parse(character))
    return plain if len(plain) == 1 and plain.isascii() and plain.isalpha() else None


class Table(dict[int, str]):
    """A table for str.translate that is filled as characters are met."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self.rule = rule

    def __missing__(self, code: int) -> str:
        self[code] = result = self.rule(chr(code))
        return result


def _folded_letter(c: str) -> str:
    """Letters to the one that stands for all that look alike, digits to ASCII, invisible characters and accents to
    nothing.
    """
    category = unicodedata.category(c)
    if c.isspace():
        return " "
    if category in ("Cf", "Cc", "Co", "Cs", "Cn"):
        return ""
    if category in ("Mn", "Me"):
        return "" if category == "Me" or _is_accent(c) else c
    if category == "Nd":
        return str(unicodedata.digit(c))
    if c == "ـ":  # Arabic tatweel only stretches a word
        return ""
    if category[0] == "L":
        plain = _alike().get(c, c)
        if plain.isascii() or script(c) != "LATIN":
            return plain
        return _ornamental(c) or plain
    if category == "So" and 0x1F130 <= ord(c) <= 0x1F189:  # letters in dark squares and circles
        return _ornamental(c) or c
    return c


def _is_accent(c: str) -> bool:
    """Marks that a reader skips: accents and stacked marks, Arabic and Hebrew vowel points, variation selectors."""
    combining = unicodedata.combining(c)
    return combining == 1 or 10 <= combining <= 35 or combining >= 200 or 0xFE00 <= ord(c) <= 0xFE0F or c == "\u034f"


_FOLDED = Table(_folded_letter)


def fold(text: str) -> str:
    """Write each letter of a text as the one that stands for all that look alike, without case, accents and invisible
    characters.
    """
    if text.isascii():
        return text.lower().translate(_FOLDED)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", decomposed.translate(_FOLDED))
