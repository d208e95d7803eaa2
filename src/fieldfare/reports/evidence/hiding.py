"""Children's names and identifiers in a text, and what stands in their place.

Found are the account ids and names of the case's children, each part of a name of three letters or
more, the words an operator adds, e-mail addresses, and numbers of seven digits or more. **What
nobody listed is not found**: a nickname, a misspelling, a school, a street. A person reads a
redacted copy before it is handed on.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fieldfare.scan.snapshot import Span

SHORTEST_PART: Final = 3
"""Letters of a part of a name that is looked for by itself; one fewer beyond ASCII, where two
characters are often a whole name."""
_CONTACT: Final = re.compile(
    r"(?P<email>[\w.+-]+@[\w-]+\.[\w.-]+)|(?P<number>\+?\d(?:[ ()./-]{0,2}\d){6,})"
)
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Scripts that put no spaces between words."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Where something was replaced: ``text[start:end]`` of the original, in characters."""

    start: int
    end: int
    what: str
    """``Child 3``, ``word``, ``e-mail``, ``number``."""


class Named(Protocol):
    """A child whose account and name are replaced."""

    @property
    def account(self) -> str:
        """Its account."""

    @property
    def name(self) -> str | None:
        """Its name."""

    @property
    def pseudonym(self) -> str:
        """What stands in their place."""


class Hider:
    """Finds and replaces."""

    def __init__(self, children: Iterable[Named], also: Sequence[str] = ()) -> None:
        """`also`: further words, such as nicknames and schools."""
        from ahocorasick_rs import AhoCorasick

        known = list(children)
        self.accounts = {child.account: child.pseudonym for child in known}
        called: dict[str, str] = {}
        for child in known:
            parts = re.split(r"[\s_.\-]+", child.name or "")
            names = [child.account, child.name or ""]
            names += [part for part in parts if len(part) >= SHORTEST_PART - (not part.isascii())]
            for name in names:
                _learn(called, name, child.pseudonym)
        for word in also:
            _learn(called, word, "word")
        self._names = list(called.items())
        self._finder = AhoCorasick(list(called)) if called else None

    def hide(self, text: str, *, contacts: bool = True) -> tuple[str, list[Hidden]]:
        """The text with everything replaced, and where. `contacts`: also e-mail addresses and long
        numbers."""
        found = self._find(text, contacts=contacts)
        if not found:
            return text, found
        parts, at = [], 0
        for each in found:
            parts += [text[at : each.start], replacement(each.what)]
            at = each.end
        return "".join([*parts, text[at:]]), found

    def account(self, account: str) -> str:
        """The pseudonym of a child's account; any other account as it is."""
        return self.accounts.get(account, account)

    def _find(self, text: str, *, contacts: bool) -> list[Hidden]:
        found = []
        if self._finder is not None:
            for index, start, end in self._finder.find_matches_as_indexes(
                _small(text), overlapping=True
            ):
                name, what = self._names[index]
                if _stands_alone(text, start, end, name):
                    found.append(Hidden(start, end, what))
        if contacts:
            found += [
                Hidden(each.start(), each.end(), "e-mail" if each["email"] else "number")
                for each in _CONTACT.finditer(text)
            ]
        found.sort(key=lambda each: (each.start, -each.end))
        kept: list[Hidden] = []
        for each in found:
            if not kept or each.start >= kept[-1].end:
                kept.append(each)
            elif each.end > kept[-1].end:
                kept[-1] = Hidden(kept[-1].start, each.end, kept[-1].what)
        return kept


def replacement(what: str) -> str:
    """What stands in its place."""
    return f"[{what}]"


def moved(spans: Sequence[Span], hidden: Sequence[Hidden]) -> tuple[Span, ...]:
    """Spans of the original where they stand now; those that something was replaced in are gone."""
    starts = [each.start for each in hidden]
    shifts = [0]
    for each in hidden:
        shifts.append(shifts[-1] + len(replacement(each.what)) - (each.end - each.start))
    kept = []
    for span in spans:
        if any(each.start < span.end and span.start < each.end for each in hidden):
            continue
        shift = shifts[bisect_right(starts, span.start)]
        kept.append(Span(span.indicator, span.start + shift, span.end + shift))
    return tuple(kept)


def _learn(called: dict[str, str], name: str, who: str) -> None:
    for form in ("NFC", "NFD", "NFKC"):
        known = _small(unicodedata.normalize(form, name.strip()))
        if known:
            called.setdefault(known, who)


def _small(text: str) -> str:
    """In small letters, character by character, so that places stay the same."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


def _stands_alone(text: str, start: int, end: int, name: str) -> bool:
    """Whether it is a word of its own, where its script has such."""
    if _UNSPACED.search(name):
        return True
    before = start == 0 or not _in_word(text[start - 1])
    return before and (end == len(text) or not _in_word(text[end]))


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
