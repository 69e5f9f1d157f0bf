"""Text as it reads, not as it is written: the same for features and links, in any script.

Spammers vary what a machine sees and keep what a person sees: look-alike letters, letters of other alphabets, invisible
characters, stretched letters, emoji, links that change. `normalise` undoes that, so that equal messages become equal
strings. It judges character by character: a Russian sentence in Russian letters and the same sentence with some Latin
ones in it end equal, whichever was first. The result is for comparing, not for reading.

Sources: Unicode NFKD and case folding (UAX 15), the confusables of UTS 39 (package confusable-homoglyphs) for the
alphabets that imitate each other, decancer for ornamental Latin letters, the emoji list of package emoji.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DoubleType, LongType, StringType, StructField, StructType

from features.domains import domain_labels

LINK, HANDLE, PHONE, NUMBER = "<link>", "<handle>", "<phone>", "0"
"""What stands in a normalised text for a link, a handle, a phone number, any other number."""
_MARKS = {"\ue000": LINK, "\ue001": HANDLE, "\ue002": PHONE}

ALIKE_SCRIPTS = frozenset(
    [
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "ARMENIAN",
        "CHEROKEE",
        "COPTIC",
        "LISU",
        "DESERET",
        "CANADIAN_ABORIGINAL",
        "COMMON",
        "INHERITED",
    ]
)
"""Alphabets whose letters stand in for each other in disguised text."""
FOLDED_SCRIPTS = ALIKE_SCRIPTS | {"ARABIC", "HEBREW"}
"""Alphabets with several letters that look the same; those of two that do not imitate each other stay apart."""
JOINING_SCRIPTS = frozenset(
    [
        "ARABIC",
        "SYRIAC",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
        "KHMER",
        "MYANMAR",
    ]
)
"""Scripts that need invisible joiners for honest spelling."""
DIRECTION_MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
"""What apps put around names and mentions so that lines of two directions read well."""
UNSPACED_SCRIPTS = frozenset(["THAI", "LAO", "KHMER", "MYANMAR"])
"""Scripts without spaces between words, in which U+200B says where a line may be broken."""
MAX_TEXT, MAX_BIO = 2_000, 500
"""Characters of a comment and of a bio that are looked at: a pattern may take the square of a longer one's time."""
LONGEST_APP = 16
"""Characters of an app's name, a colon and spaces."""
LEET = str.maketrans("013457$@", "oleastsa")
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
_APP = (
    r"(?<!\w)(?:telegram|tg|whatsapp|instagram|insta|ig|snapchat|snap|wechat|weixin|vx|qq|line|kik|discord)\s?[:=]\s?"
)
_HANDLE = re.compile(
    r"(?<!\w)@[\w.]{2,30}"
    rf"|{_APP}@?[\w.-]{{3,30}}"
    r"|(?:微信|加v|薇信)\s?[:=]?\s?[a-z][\w-]{4,30}"
)
_AFTER_APP_OR_WORD = re.compile(rf"{_APP}$|\w['’]$")
_PHONE = re.compile(
    r"(?<![\w.])(?!\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4})"
    rf"\+?\(?\d(?:[\s().-]{{0,2}}\d){{{MIN_PHONE_DIGITS - 1},{MAX_PHONE_DIGITS - 1}}}(?!\w)"
)
_BEFORE_CONTACT = re.compile(r"^(?:https?\s?:\s?//(?:www\.)?|www\.|\w+\s?[:=]\s?|(?:微信|加v|薇信)\s?)")
_SPELT_DOT = re.compile(r"[(\[]\s?dot\s?[)\]]")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){3,}[^\W\d_](?!\S)")
_WORD_WITH_DIGIT = re.compile(r"(?<!\w)(?=[\w$@]*[^\W\d_])(?=[\w$@]*[\d$@])[\w$@]+(?!\w)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STRETCHED = re.compile(r"(.)\1+", re.DOTALL)
_DIGIT, _DIGIT_OR_SIGN = re.compile(r"\d"), re.compile(r"[\d$@]")


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


@cache
def script(character: str) -> str:
    """The Unicode script of a character, such as LATIN; COMMON for what belongs to none."""
    from confusable_homoglyphs import categories

    return categories.alias(character).upper()


@cache
def _emoji() -> frozenset[str]:
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


class _Table(dict[int, str]):
    """A table for str.translate that is filled as characters are met."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self.rule = rule

    def __missing__(self, code: int) -> str:
        self[code] = result = self.rule(chr(code))
        return result


def _fold(c: str) -> str:
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


def _words_only(c: str) -> str:
    if c in _MARKS or c == " " or unicodedata.category(c)[0] in "LMN":
        return c
    return "" if c in "'’`´" else " "


def _words_and_emoji(c: str) -> str:
    return c if c in _emoji() else _words_only(c)


_FOLD, _WORDS, _WORDS_EMOJI = _Table(_fold), _Table(_words_only), _Table(_words_and_emoji)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_FOLD)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", decomposed.translate(_FOLD))


def _marked(folded: str) -> str:
    """Folded text with a mark in place of each link, handle and phone number; a look for a telling character is cheaper
    than a search for the pattern.
    """
    if "." in folded or "://" in folded or "dot" in folded:
        folded = _without_links(folded, " \ue000 ")
    if any(sign in folded for sign in "@:=微加薇"):
        folded = _HANDLE.sub(" \ue001 ", folded)
    if _DIGIT.search(folded):
        folded = _PHONE.sub(" \ue002 ", folded)
    return folded


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
    domain = domain_labels(labels, [dot[0] != "." for dot in dots], before is not None, _folded)
    if domain == labels:
        return found.end()
    return start + dots[len(domain) - 2].end() + len(domain[-1]) if domain else start


def _without_links(folded: str, mark: str, seen: Callable[[str], None] = lambda link: None) -> str:
    """Folded text with a mark in place of each link, which are shown to `seen` before."""

    def marked(found: re.Match[str]) -> str:
        size = _link_end(found) - found.start()
        if not size:
            return found[0]
        seen(found[0][:size])
        return mark + found[0][size:]

    return _URL.sub(marked, folded)


def _plain(marked: str) -> str:
    if _DIGIT_OR_SIGN.search(marked):
        marked = _WORD_WITH_DIGIT.sub(lambda found: found[0].translate(LEET), marked)
    words = _finished(marked.translate(_WORDS))
    return words or _finished(marked.translate(_WORDS_EMOJI))


def _finished(text: str) -> str:
    text = _SPACED.sub(lambda found: found[0].replace(" ", ""), text)
    text = _STRETCHED.sub(r"\1", _NUMBER.sub(NUMBER, text))
    for mark, token in _MARKS.items():
        if mark in text:
            text = text.replace(mark, f" {token} ")
    return " ".join(text.split())


def normalise(text: str | None) -> str:
    """The text as it reads: equal for texts that look or sound alike to a person, empty for none.

    Case, accents, look-alike letters, digits as letters, invisible characters, stretched letters, spaced-out words,
    punctuation and emoji are gone; links, handles, phone numbers and numbers are tokens. A text of emoji alone keeps
    them.
    """
    return _plain(_marked(_folded(text))) if text else ""


class Contact(NamedTuple):
    """Where a text sends its readers, without what ways to write it differ in; a mention may be of a friend."""

    name: str
    is_mention: bool


def contacts(text: str) -> list[Contact]:
    """The links, handles and phone numbers that a text names, each once, by name."""
    rest = _folded(text)
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
    _without_links(_folded(text), " ", lambda link: found.append(_contact(link)))
    return next(filter(None, found), None)


def _contact(written: str) -> str:
    """What is left of a contact when its app, its punctuation and digits for letters do not count."""
    address = _SPELT_DOT.sub("", _BEFORE_CONTACT.sub("", written))
    dense = "".join(filter(str.isalnum, address))
    return dense if dense.isdecimal() else dense.translate(LEET)


def traits(text: str | None) -> TextTraits:
    """The normalised text and what else it shows; `length` counts visible characters as written."""
    if not text:
        return TextTraits("", False, False, False, False, 0.0, 0, "")
    marked = _marked(_folded(text))
    visible = "".join(text.split())
    if not text.isascii():
        visible = "".join(c for c in visible if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    emoji = 0 if text.isascii() else sum(c in _emoji() for c in visible)
    return TextTraits(
        normal=_plain(marked),
        has_link="\ue000" in marked,
        has_handle="\ue001" in marked,
        has_phone="\ue002" in marked,
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
        if c.isalpha() and styled and c not in _emoji():
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
    return c in "\u200c\u200d" and (needs_joiners or previous in _emoji() or previous == "\ufe0f")


def _mixes_alphabets(word: str) -> bool:
    alphabets = {script(c) for c in word} - {"COMMON", "INHERITED"}
    return len(alphabets) > 1 and len(alphabets & ALIKE_SCRIPTS) > 1


CONTACTS_TYPE = ArrayType(StructType([StructField("name", StringType()), StructField("is_mention", BooleanType())]))
_ARROW_CONTACTS = pa.list_(pa.struct([("name", pa.string()), ("is_mention", pa.bool_())]))
TRAITS_TYPE = StructType(
    [
        StructField("normal", StringType()),
        StructField("has_link", BooleanType()),
        StructField("has_handle", BooleanType()),
        StructField("has_phone", BooleanType()),
        StructField("disguised", BooleanType()),
        StructField("emoji_share", DoubleType()),
        StructField("length", LongType()),
        StructField("script", StringType()),
    ]
)
_ARROW_TRAITS = pa.struct(
    [
        ("normal", pa.string()),
        ("has_link", pa.bool_()),
        ("has_handle", pa.bool_()),
        ("has_phone", pa.bool_()),
        ("disguised", pa.bool_()),
        ("emoji_share", pa.float64()),
        ("length", pa.int64()),
        ("script", pa.string()),
    ]
)


def _each_distinct(values: pa.Array, function: Callable[[str], object], result: pa.DataType) -> pa.Array:
    """The function of each value, called once for each distinct one; null stays null."""
    encoded = values.dictionary_encode()
    results = pa.array([function(text) for text in encoded.dictionary.to_pylist()], result)
    return results.take(encoded.indices)


def _readable(text: Column) -> Column:
    """The first `MAX_TEXT` characters, with a replacement character for what is no UTF-8."""
    return F.substring(F.make_valid_utf8(text), 1, MAX_TEXT)


def normalised(text: Column) -> Column:
    """`normalise` of a column of texts, in whole Arrow batches; null stays null."""

    @F.arrow_udf(StringType())
    def normalise_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, normalise, pa.string())

    return normalise_batch(_readable(text))


def text_contacts(text: Column) -> Column:
    """`contacts` of a column of texts, in whole Arrow batches; null stays null."""

    @F.arrow_udf(CONTACTS_TYPE)
    def contacts_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, lambda text: [each._asdict() for each in contacts(text)], _ARROW_CONTACTS)

    return contacts_batch(_readable(text))


def bio_link(bio: Column) -> Column:
    """`first_link` of a column of bios, in whole Arrow batches; null where there is none."""

    @F.arrow_udf(StringType())
    def first_link_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, first_link, pa.string())

    return first_link_batch(F.substring(F.make_valid_utf8(bio), 1, MAX_BIO))


def text_traits(text: Column) -> Column:
    """`traits` of a column of texts as a struct, in whole Arrow batches; null stays null."""

    @F.arrow_udf(TRAITS_TYPE)
    def traits_batch(values: pa.Array) -> pa.Array:
        return _each_distinct(values, lambda text: traits(text)._asdict(), _ARROW_TRAITS)

    return traits_batch(_readable(text))
