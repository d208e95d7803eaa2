"""Stated ages in the words of a language: forms are data (``ages/<language>.toml``).

A form is a regular expression on the normal form of a message, accents off, with

- ``{n}``: a number, in digits of any script or in words, or a short range ("13-14");
- ``{o}``: an ordinal of ``[ordinals]``; ``{f}``: up to three of ``fillers``.

The lists of a file: ``sure`` forms name the writer and the age; ``likely`` ones leave one of
both to be understood; ``bare`` ones are trusted at the end or before a mark or one of
``followers``; ``nearly`` is half a year less; ``birthday`` and ``[[school]]`` (number ``plus``
the middle of the usual ages, or a fixed ``age``). ``before`` and ``after`` are what must not
stand next to a form: negations, conditions, other people, measures. A message is only read
where it holds one of the ``cues``, plain text as it is typed; one that begins with a space only
counts where a word begins.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from fieldfare.language.folding import folded
from fieldfare.vocabulary import SettingsError

YOUNGEST, OLDEST = 5.0, 99.0
"""Ages outside are read as something else."""

_SURE, _LIKELY, _BARE, _NEARLY, _BIRTHDAY, _SCHOOL = 0.95, 0.75, 0.8, 0.8, 0.65, 0.8
_LESS_SURE_OF_RANGE = 0.1
_WIDEST_RANGE = 3
_HAN = {character: value for value, character in enumerate("零一二三四五六七八九十")} | {"两": 2}
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w+")
_MEASURE = re.compile(r"[\d%°$€£+*=^]|[.,:/-]\d| ?(?:%|km|kg|cm|min|€)")


class StatedAge(NamedTuple):
    """An age a writer states about himself or herself."""

    age: float
    """Years, `YOUNGEST` to `OLDEST`; halves where a range or "almost" was said."""
    confidence: float
    """0–1: how surely the words speak of the writer's age, judged by form, not fitted."""
    start: int
    end: int
    """Where it stands, in characters of the text given."""


class School(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form of school years: the age is its number `plus`, or just `age`."""

    pattern: str
    plus: float = 0.0
    age: float | None = None


class AgeForms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The forms of one language, as in its file."""

    language: str
    cues: list[str]
    sure: list[str]
    before: list[str]
    after: list[str]
    numbers: dict[str, int]
    likely: list[str] = []
    bare: list[str] = []
    nearly: list[str] = []
    birthday: list[str] = []
    school: list[School] = []
    ordinals: dict[str, int] = {}
    fillers: list[str] = []
    followers: list[str] = []
    ranges: list[str] = msgspec.field(default_factory=list, name="or")
    words_apart: bool = True
    han_numbers: bool = False


class _Form(NamedTuple):
    pattern: re.Pattern[str]
    confidence: float
    less: float
    """What is added to the number said: schools and "almost"."""
    age: float | None


def _plain(text: str) -> str:
    # Patterns take the form of what they are matched against.
    whole = unicodedata.normalize("NFKC", text)
    return folded(whole.replace("\u200d", "").replace("\u200c", ""))


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")" if words else "(?!)"


@dataclass(frozen=True)
class FormReader:
    """Finds the stated ages of one language. Picklable."""

    forms: AgeForms

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        both = self.forms.numbers | self.forms.ordinals
        return {_plain(word): value for word, value in both.items()}

    @functools.cached_property
    def _number(self) -> str:
        words = [re.escape(_plain(word)) for word in self.forms.numbers]
        if self.forms.han_numbers:
            words.append("[一二三四五六七八九十两]{1,3}")
        return rf"(?:(?<!\d)(?<!\d[.,:])\d{{1,2}}(?!\d)|{_any(words)})"

    @functools.cached_property
    def shapes(self) -> list[_Form]:
        forms = self.forms
        follow = rf"(?=\W*$|\s*[^\w\s]|\s+{_any([_plain(word) for word in forms.followers])}\b)"
        shapes: list[tuple[str, float, float, float | None]]
        shapes = [(form, _SURE, 0.0, None) for form in forms.sure]
        shapes += [(form, _LIKELY, 0.0, None) for form in forms.likely]
        shapes += [(form + follow, _BARE, 0.0, None) for form in forms.bare]
        shapes += [(form, _NEARLY, -0.5, None) for form in forms.nearly]
        shapes += [(form, _BIRTHDAY, 0.0, None) for form in forms.birthday]
        shapes += [(one.pattern, _SCHOOL, one.plus, one.age) for one in forms.school]
        return [_Form(self._compiled(one[0]), *one[1:]) for one in shapes]

    def _compiled(self, form: str) -> re.Pattern[str]:
        gap = " " if self.forms.words_apart else " ?"
        joint = _any([r"[-~/–]", *[f"{gap}{_plain(word)}{gap}" for word in self.forms.ranges]])
        pattern = _plain(form)
        fillers = _any([_plain(word) for word in self.forms.fillers])
        pattern = pattern.replace("{f}", rf"(?:{fillers}{gap}){{0,3}}")
        ordinals = _any([_plain(word) for word in self.forms.ordinals])
        for place in range(pattern.count("{n}")):
            number = rf"(?P<n{place}>{self._number})(?:{joint}(?P<m{place}>{self._number}))?"
            pattern = pattern.replace("{n}", number, 1)
        for place in range(pattern.count("{o}")):
            pattern = pattern.replace("{o}", rf"(?P<o{place}>{ordinals})", 1)
        if self.forms.words_apart:
            pattern = rf"(?<!\w)(?:{pattern})(?!\w)"
        return re.compile(pattern)

    @functools.cached_property
    def number_words(self) -> frozenset[str]:
        # The first words of numbers, and the classes that are called by a name.
        numbers = _WORD.findall(" ".join(self.numbers))
        fixed = " ".join(_plain(one.pattern) for one in self.forms.school if one.age)
        return frozenset([*numbers, *(word for word in _WORD.findall(fixed) if len(word) > 5)])

    @functools.cached_property
    def latin(self) -> bool:
        return self.forms.words_apart and all(word.isascii() for word in self.numbers)

    @functools.cached_property
    def number_letters(self) -> re.Pattern[str]:
        words = [re.escape(word) for word in self.numbers]
        words += ["[一二三四五六七八九十]"] if self.forms.han_numbers else []
        return re.compile(_any(words))

    def _has_number(self, text: str) -> bool:
        # Most texts with a cue have none; the forms cost more than asking.
        if _DIGIT.search(text):
            return True
        if self.latin:
            return not self.number_words.isdisjoint(_WORD.findall(text))
        return self.number_letters.search(text) is not None

    @functools.cached_property
    def before(self) -> re.Pattern[str]:
        edge = r"(?<!\w)" if self.forms.words_apart else ""
        words = _any([_plain(word) for word in self.forms.before])
        return re.compile(rf"{edge}{words}[\s,'،、，]{{0,2}}$")

    @functools.cached_property
    def after(self) -> re.Pattern[str]:
        edge = r"(?!\w)" if self.forms.words_apart else ""
        return re.compile(rf"\s?{_any([_plain(word) for word in self.forms.after])}{edge}")

    def check(self) -> None:
        """Raises SettingsError, naming the language, for a form that is no pattern."""
        try:
            _ = (self.shapes, self.before, self.after)
        except re.error as error:
            raise SettingsError(f"{self.forms.language}.toml: {error}") from error

    def read(self, text: str) -> Iterator[StatedAge]:
        """Every stated age in a text in normal form."""
        text = folded(text)
        if not self._has_number(text):
            return
        for form in self.shapes:
            for match in form.pattern.finditer(text):
                # Windows keep the time linear in the text, whatever it repeats.
                before = text[max(0, match.start() - 24) : match.start()]
                after = text[match.end() : match.end() + 32]
                if self.before.search(before) or self.after.match(after):
                    continue
                if _MEASURE.match(after):
                    continue
                found = self._age(form, match)
                if found and YOUNGEST <= found[0] <= OLDEST:
                    yield StatedAge(*found, match.start(), match.end())

    def _age(self, form: _Form, match: re.Match[str]) -> tuple[float, float] | None:
        if form.age is not None:
            return form.age, form.confidence
        groups = match.groupdict()
        said = [value for name, value in groups.items() if name[0] in "no" and value]
        until = [value for name, value in groups.items() if name[0] == "m" and value]
        age = float(self._value(said[0])) if said else 0.0
        if form.confidence == _SCHOOL and form.less and not 1 <= age <= 13:
            return None  # A school has no year 14.
        if not until:
            return age + form.less, form.confidence
        other = self._value(until[0])
        if not age < other <= age + _WIDEST_RANGE:
            return None
        return (age + other) / 2 + form.less, form.confidence - _LESS_SURE_OF_RANGE

    def _value(self, said: str) -> int:
        if said.isdigit():
            return int(said)
        if said in self.numbers:
            return self.numbers[said]
        tens, ten, ones = said.rpartition("十")
        if not ten:
            return _HAN[said] if len(said) == 1 else 0
        return (_HAN.get(tens, 1) if tens else 1) * 10 + (_HAN.get(ones, 0) if ones else 0)
