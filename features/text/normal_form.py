"""A text as it reads, in one form for all ways to write it."""

import re
import unicodedata

from features.text.contact_marks import MARKS, mark_contacts
from features.text.letters import LEET, Table, emoji_characters, fold

NUMBER = "0"
"""What stands in a normalised text for a number."""
_DIGIT_OR_SIGN = re.compile(r"[\d$@]")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){3,}[^\W\d_](?!\S)")
_WORD_WITH_DIGIT = re.compile(r"(?<!\w)(?=[\w$@]*[^\W\d_])(?=[\w$@]*[\d$@])[\w$@]+(?!\w)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STRETCHED = re.compile(r"(.)\1+", re.DOTALL)


def normalise(text: str | None) -> str:
    """The text as it reads: equal for texts that look or sound alike to a person, empty for none.

    Case, accents, look-alike letters, digits as letters, invisible characters, stretched letters, spaced-out words,
    punctuation and emoji are gone; links, handles, phone numbers and numbers are tokens. A text of emoji alone keeps
    them.
    """
    return plain(mark_contacts(fold(text))) if text else ""


def plain(marked: str) -> str:
    """Give folded text with marks of contacts its normal form."""
    if _DIGIT_OR_SIGN.search(marked):
        marked = _WORD_WITH_DIGIT.sub(lambda found: found[0].translate(LEET), marked)
    words = _finished(marked.translate(_WORDS))
    return words or _finished(marked.translate(_WORDS_EMOJI))


def _finished(text: str) -> str:
    text = _SPACED.sub(lambda found: found[0].replace(" ", ""), text)
    text = _STRETCHED.sub(r"\1", _NUMBER.sub(NUMBER, text))
    for mark, token in MARKS.items():
        if mark in text:
            text = text.replace(mark, f" {token} ")
    return " ".join(text.split())


def _words_only(c: str) -> str:
    if c in MARKS or c == " " or unicodedata.category(c)[0] in "LMN":
        return c
    return "" if c in "'’`´" else " "


def _words_and_emoji(c: str) -> str:
    return c if c in emoji_characters() else _words_only(c)


_WORDS, _WORDS_EMOJI = Table(_words_only), Table(_words_and_emoji)
