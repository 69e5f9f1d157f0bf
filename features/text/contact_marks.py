"""Links, handles and phone numbers in a text: where they are, and what they have in common however they are written."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from features.text.domains import domain_labels
from features.text.letters import LEET, fold
from features.text.lists import LISTS

LINK, HANDLE, PHONE = "<link>", "<handle>", "<phone>"
"""What stands in a normalised text for a link, a handle, a phone number."""
LINK_MARK, HANDLE_MARK, PHONE_MARK = "\ue000", "\ue001", "\ue002"
"""What stands for them while a text is worked on: characters that no text has once it is folded."""
MARKS = {LINK_MARK: LINK, HANDLE_MARK: HANDLE, PHONE_MARK: PHONE}
LONGEST_APP = 16
"""Characters of an app's name, a colon and spaces."""
MAX_PHONE_DIGITS, MIN_PHONE_DIGITS = 15, 8
_MARK = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
_LABEL = rf"[\w{_MARK}-]++"
"""Part of a domain: vowels of Indian and Thai letters are marks, which are not of \\w."""
_DOT = r"(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)"
_URL = re.compile(
    r"(?:https?\s?:\s?//|www\.)\S+"
    rf"|(?:(?<![\w{_MARK}@.-])|(?<=\.\.))(?P<name>{_LABEL}(?:{_DOT}{_LABEL})+)(?P<path>/\S*)?"
)
"""Links, and names with dots that may be links: `_link_end` says which."""
_DOTS, _WITH_PATH = re.compile(_DOT), re.compile(rf".*{_DOT}[a-z]{{2,24}}/\w", re.DOTALL)
_APP = rf"(?<!\w)(?:{'|'.join(LISTS['apps']['before_colon'])})\s?[:=]\s?"
_JOINED_APPS = LISTS["apps"]["before_handle"]
_JOINED_APP = rf"(?:{'|'.join(_JOINED_APPS)})"
_HANDLE_SIGNS = "@:=" + "".join(name[0] for name in _JOINED_APPS)
"""One of these is in every handle."""
_HANDLE = re.compile(
    r"(?<!\w)@[\w.]{2,30}"
    rf"|{_APP}@?[\w.-]{{3,30}}"
    rf"|{_JOINED_APP}\s?[:=]?\s?[a-z][\w-]{{4,30}}"
)
_AFTER_APP_OR_WORD = re.compile(rf"{_APP}$|\w['’]$")
_PHONE = re.compile(
    r"(?<![\w.])(?!\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4})"
    rf"\+?\(?\d(?:[\s().-]{{0,2}}\d){{{MIN_PHONE_DIGITS - 1},{MAX_PHONE_DIGITS - 1}}}(?!\w)"
)
_BEFORE_CONTACT = re.compile(rf"^(?:https?\s?:\s?//(?:www\.)?|www\.|\w+\s?[:=]\s?|{_JOINED_APP}\s?)")
_SPELT_DOT = re.compile(r"[(\[]\s?dot\s?[)\]]")
_DIGIT = re.compile(r"\d")


class Contact(NamedTuple):
    """Where a text sends its readers, without what ways to write it differ in; a mention may be of a friend."""

    name: str
    is_mention: bool


def contacts(text: str) -> list[Contact]:
    """The links, handles and phone numbers that a text names, each once, by name."""
    rest = fold(text)
    places: set[str] = set()
    mentions: set[str] = set()
    rest = _without_links(rest, " ", lambda link: places.add(_contact(link)))
    for pattern in (_HANDLE, _PHONE):
        for each in pattern.findall(rest):
            (mentions if each.startswith("@") else places).add(_contact(each))
        rest = pattern.sub(" ", rest)
    return sorted(Contact(name, name not in places) for name in places | mentions if name)


def first_link(text: str) -> str | None:
    """The first link that a text holds, by the name that `contacts` gives it; None where there is none."""
    found: list[str] = []
    _without_links(fold(text), " ", lambda link: found.append(_contact(link)))
    return next(filter(None, found), None)


def _contact(written: str) -> str:
    """What is left of a contact when its app, its punctuation and digits for letters do not count."""
    address = _SPELT_DOT.sub("", _BEFORE_CONTACT.sub("", written))
    dense = "".join(filter(str.isalnum, address))
    return dense if dense.isdecimal() else dense.translate(LEET)


def mark_contacts(folded: str) -> str:
    """Folded text with a mark in place of each link, handle and phone number; a look for a telling character is cheaper
    than a search for the pattern.
    """
    if "." in folded or "://" in folded or "dot" in folded:
        folded = _without_links(folded, f" {LINK_MARK} ")
    if any(sign in folded for sign in _HANDLE_SIGNS):
        folded = _HANDLE.sub(f" {HANDLE_MARK} ", folded)
    if _DIGIT.search(folded):
        folded = _PHONE.sub(f" {PHONE_MARK} ", folded)
    return folded


def _without_links(folded: str, mark: str, seen: Callable[[str], None] = lambda link: None) -> str:
    """Folded text with a mark in place of each link, which are shown to `seen` before."""

    def marked(found: re.Match[str]) -> str:
        size = _link_end(found) - found.start()
        if not size:
            return found[0]
        seen(found[0][:size])
        return mark + found[0][size:]

    return _URL.sub(marked, folded)


def _link_end(found: re.Match[str]) -> int:
    """Where the link ends that a match of `_URL` starts with; its start when there is none."""
    name = found["name"]
    if name is None or (found["path"] and _WITH_PATH.match(found[0])):
        return found.end()
    text, start, end = found.string, found.start(), found.end("name")
    if text[end : end + 1] == "@":  # an address for mail
        return start
    dots, labels = list(_DOTS.finditer(name)), _DOTS.split(name)
    before = _AFTER_APP_OR_WORD.search(text[max(0, start - LONGEST_APP) : start])
    domain = domain_labels(labels, [dot[0] != "." for dot in dots], before is not None)
    if domain == labels:
        return found.end()
    return start + dots[len(domain) - 2].end() + len(domain[-1]) if domain else start
