"""Which dotted names are domains, and which are two sentences with a space forgotten between them.

The public suffix list says where a domain may end, but `is`, `my`, `so`, `now` and hundreds of other words are such
ends, too. What tells "so good.best day ever" from "win at fastviews.best" is that both sides of the dot are words of
one language. So a dot is a forgotten space when

- its right side is more likely to be a word of a language than the end of a domain that is named by a word, and
- its left side is an ordinary word of that language, however stretched, a number, a letter, the end of "you've" or of
  another domain.

How likely a word is, the dictionaries of package pyspellchecker say. How likely a domain ends in it, the private part
of the public suffix list says, which names the services that give out names: a third of all under `.com`, none under
`.best`. Where few do, numbers before two letters ("7.pm") and words before the end of a file ("main.py") are no domains
either.

What this cannot tell: "fast.money" is taken as two words, and "great.shop" as a domain. So are files of no word, and a
word that is a domain's end after slang, a name, or a word of another language or one without a dictionary ("lmao.it").

All is compared in the folded form of letters.py, as look-alike letters are folded there, those of suffixes too.
"""

import mimetypes
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from features.text.letters import fold

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

NAMED_BY_A_WORD = 0.25
"""Share of domains whose name is one ordinary word: a generous guess, for nobody can tell the two apart then."""
ORDINARY = 1e-6
"""Share of all words from which a word is ordinary: rarer ones are mostly names and slips in any dictionary."""
PRIVATE_PART = "===BEGIN PRIVATE DOMAINS==="
_REPEATED = re.compile(r"(.{1,2}?)\1+", re.DOTALL)


class Suffixes(NamedTuple):
    """The public suffixes, folded and as punycode; the share of domains under each last label; the last labels with
    fewer than their part.
    """

    known: "PublicSuffixList"
    share: dict[str, float]
    rare: frozenset[str]


class Words(NamedTuple):
    """The languages in which a domain's end is a likely word, and the ordinary words of each."""

    languages: dict[str, tuple[str, ...]]
    ordinary: dict[str, frozenset[str]]


@cache
def suffixes() -> Suffixes:
    """Read the public suffix list of the package; no network is asked."""
    from publicsuffixlist import PSLFILE, PublicSuffixList

    with open(PSLFILE, encoding="utf-8") as file:
        public, _, private = file.read().partition(PRIVATE_PART)
    rules = list(_rules(public))
    folded = {rule: fold(rule) for rule in rules}
    puny = {rule: rule.encode("idna").decode("ascii") for rule in rules if not rule.isascii()}
    known = PublicSuffixList([*folded.values(), *puny.values()], accept_unknown=False, accept_encoded_idn=False)
    services = Counter(_last(rule) for rule in _rules(private))
    ends = {_last(rule) for rule in rules}
    # One more each: that a service is missing from the list does not say that no domain ends so.
    count = len(ends) + sum(services[end] for end in ends)
    share: dict[str, float] = {}
    for end in sorted(ends):
        for name in {fold(end), end if end.isascii() else end.encode("idna").decode("ascii")}:
            share[name] = max(share.get(name, 0.0), (1 + services[end]) / count)
    return Suffixes(known, share, frozenset(end for end in share if share[end] < 1 / len(ends)))


def _rules(part: str) -> Iterator[str]:
    lines = (line.split() for line in part.splitlines() if not line.startswith("//"))
    return (line[0] for line in lines if line)


def _last(rule: str) -> str:
    return rule.rpartition(".")[2]


@cache
def words() -> Words:
    """Read the dictionaries of all languages; of each only the ordinary words stay in memory."""
    from spellchecker import SpellChecker

    share = suffixes().share
    languages: dict[str, tuple[str, ...]] = {}
    ordinary: dict[str, frozenset[str]] = {}
    for language in SpellChecker.languages():
        ends, ordinary[language] = _of_language(language, share)
        for end in ends:
            languages[end] = (*languages.get(end, ()), language)
    return Words(languages, ordinary)


def _of_language(language: str, share: dict[str, float]) -> tuple[set[str], frozenset[str]]:
    """The ends of domains that are likely words of a language, and its ordinary words."""
    from spellchecker import SpellChecker

    counts = SpellChecker(language=language).word_frequency
    total = counts.total_words
    # No end has so small a share that a rarer word could be likelier.
    common = {word: count / total for word, count in counts.dictionary.items() if count >= ORDINARY * total}
    ends = {fold(word) for word, likely in common.items() if likely > NAMED_BY_A_WORD * share.get(fold(word), 1.0)}
    return ends & share.keys(), frozenset(_unstretched(fold(" ".join(common).replace("'", ""))).split())


@cache
def file_ends() -> frozenset[str]:
    """The ends of file names that Python knows on any machine."""
    return frozenset(end[1:] for end in mimetypes.MimeTypes(filenames=()).types_map[True])


def domain_labels(labels: list[str], spelt: list[bool], known: bool) -> list[str]:
    """Find the first labels of a dotted name that are a domain, as a sentence may follow without a space; none if none.

    `spelt` says of each dot between them whether it is written out, which nobody does in place of a space; `known` that
    what is before the first dot counts as an ordinary word.
    """
    share = suffixes().share
    for size in range(len(labels), 1, -1):
        end = labels[size - 1]
        end = end if end in share else end.partition("-")[0]
        found = [*labels[: size - 1], end]
        if end in share and _is_domain(found, spelt, known):
            return found
    return []


def _is_domain(labels: list[str], spelt: list[bool], known: bool) -> bool:
    suffix = suffixes().known.publicsuffix(".".join(labels))
    if suffix is None:
        return False
    first = max(len(labels) - suffix.count(".") - 2, 0)
    return any(
        spelt[dot] or not _is_forgotten_space(labels[dot], labels[dot + 1], known and dot == 0)
        for dot in range(first, len(labels) - 1)
    )


def _is_forgotten_space(before: str, after: str, known: bool) -> bool:
    before = before.strip("-_")
    rare = after in suffixes().rare
    if rare and len(after) == 2 and before.isdecimal():
        return True
    languages, ordinary = words()
    speaking = ordinary if rare and after in file_ends() else languages.get(after, ())
    if known or len(before) <= 1 or before.isdecimal() or before in suffixes().share:
        return bool(speaking)
    spoken = _unstretched(before)
    return any(spoken in ordinary[language] for language in speaking)


def _unstretched(text: str) -> str:
    """Sooo as so, and hahaha as ha."""
    return _REPEATED.sub(r"\1", text)
