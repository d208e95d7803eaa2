"""Stated ages in English: "im 12", "13f uk", "I'm in year 7"; and ages beside a sex, anywhere.

English writes them in so many short ways that its forms are here; the words are data
(``ages/en.toml``). Other languages: `age_forms`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from fieldfare.language.age_forms import OLDEST, YOUNGEST, StatedAge


class AgeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language; see ``ages/en.toml`` for what each list does."""

    language: str
    fillers: list[str]
    nearly: list[str]
    before: list[str]
    units: list[str]
    followers: list[str]
    short_followers: list[str]
    after_school: list[str]
    school: dict[str, tuple[float, float]]
    numbers: dict[str, int]
    ones: dict[str, int]
    ordinals: dict[str, int]


_DIGIT = re.compile(r"\d", re.ASCII)
_WORD = re.compile(r"[a-z]+")


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


# Every form below begins with a cue and has a number at most a few words on, or is the number
# joined to a sex. The cues are the same in the RE2 filter and in the Python patterns.
_I_AM = r"(?:i'?m|i m|i am|iam|im)"
_I_WILL_BE = r"(?:i'?ll be|i will be|i'?m going to be|i'?m gonna be|imma be|i turn|i'?ll turn)"
_ME = r"(?:me|my age is|my age:?|age:?|i(?:'ve)? (?:just )?turned|just turned|turning)"


@dataclass(frozen=True)
class EnglishReader:
    """Finds stated ages in texts in normal form (`normalise`). Picklable."""

    words: AgeWords

    @functools.cached_property
    def _number(self) -> str:
        tens = [word for word, value in self.words.numbers.items() if value >= 20]
        compound = f"{_any(tens)}[ -]?{_any(list(self.words.ones))}"
        return rf"(?:\d{{1,2}}|{compound}|{_any(list(self.words.numbers))})"

    @functools.cached_property
    def number_words(self) -> frozenset[str]:
        words = [*self.words.numbers, *self.words.ordinals]
        tens = [word for word, value in self.words.numbers.items() if value >= 20]
        return frozenset([*words, *(ten + one for ten in tens for one in self.words.ones)])

    @functools.cached_property
    def _ordinal(self) -> str:
        return rf"(?:\d{{1,2}} ?(?:st|nd|rd|th)|{_any(list(self.words.ordinals))})"

    @functools.cached_property
    def candidates(self) -> str:
        """The RE2 pattern every text with a stated age matches, and few others do."""
        between = _any([*self.words.fillers, *self.words.nearly, "an"])
        number = self._number
        return "|".join(
            [
                rf"\b(?:{_I_AM}|{_I_WILL_BE}|{_ME})\W{{1,3}}(?:{between} +)*{number}\b",
                rf"\b(?:{_I_AM}|{_ME})\W{{1,3}}(?:{between} +)*\d\d(?:f|m|yo|yrs?)\b",
                r"^\W{0,3}(?:\w+\W{1,3}){0,2}\d\d ?[mf]\b",
                r"^\W{0,3}(?:\w+\W{1,3}){0,2}[mf] ?\d\d\b",
                r"\b\d\d ?/ ?[mf]\b|\b[mf] ?/ ?\d\d\b|^\W{0,3}\d\d\W{1,3}\w",
                rf"\b(?:{number}) ?(?:yrs?|years?)[ -]old (?:girl|boy|here|male|female|f|m)\b",
                rf"\b(?:years?|yr|grade) ?{number}\b|\b{self._ordinal} ?(?:grade|year)",
                rf"\bmy {self._ordinal} (?:birthday|bday|b-day)",
            ]
        )

    @functools.cached_property
    def _candidates(self) -> re.Pattern[str]:
        return re.compile(self.candidates, re.ASCII)

    @functools.cached_property
    def patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        number, ordinal = f"(?P<n>{self._number})", f"(?P<o>{self._ordinal})"
        between = rf"(?:(?:{_any(self.words.fillers)}|(?P<nearly>{_any(self.words.nearly)})) +)*"
        old = r"(?:(?:years?|yrs?|yr)(?:[ -]?old)|y/?o|yrs? of age)"
        sex, gap = "[mf]", r" ?[/.,-]? ?"
        greeting = r"^\W{0,3}(?:(?:asl|hi|hey|hello|a/s/l)\W{1,3}){0,2}"
        forms = {
            "aged": rf"\b{_I_AM}\W{{1,3}}{between}(?:an? )?{number}[ -]?{old}\b",
            "bare": rf"\b{_I_AM}\W{{1,3}}{between}{number}(?P<half> and a half|\.5)?\b",
            "short_self": rf"\b{_I_AM}\W{{1,3}}{between}(?P<n>\d\d)(?:[mf]|yo|yrs?)\b",
            "range": rf"\b{_I_AM}\W{{1,3}}{between}(?P<n>\d\d?) ?(?:-|/|or) ?(?P<n2>\d\d?)\b",
            "will_be": rf"\b(?P<nearly>{_I_WILL_BE}) +{number}\b",
            "turning": rf"(?:^|(?<=[.!?,] ))\W{{0,3}}(?P<nearly>turning) +{number}\b",
            "turned": rf"(?:^\W{{0,3}}|(?<=[.!?,] )|\bi(?:'ve)? ?)(?:just )?turned +{number}\b",
            "me": rf"(?:^\W{{0,3}}me|\bmy age(?: is|:)?|^\W{{0,3}}age:?) +{number}\b",
            "slashed": rf"(?<![\d/])\b(?:(?P<n>\d\d) ?/ ?{sex}|{sex} ?/ ?(?P<n2>\d\d))\b(?!/?\d)",
            "asl": rf"{greeting}(?:(?P<n>\d\d){gap}{sex}|{sex}{gap}(?P<n2>\d\d))\b",
            "reply": r"^\W{0,3}(?P<n>\d\d)\W{1,3}(?:lol )?"
            r"(?:and you|you|u|wbu|hbu|n u|how about you)\b",
            "old_here": rf"\b{number} ?(?:yrs?|years?)[ -]old (?:girl|boy|male|female) here\b",
            "year": rf"\b{_I_AM} +(?:only |just |going )?(?:in(?:to)? )?(?:year|yr) ?{number}\b",
            "grade": rf"\b{_I_AM} +(?:only |just |going )?(?:in(?:to)? (?:the )?)"
            rf"(?:grade ?{number}|{ordinal} ?grade)\b",
            "grader": rf"(?:\b{_I_AM} +(?:only |just )?a |^\W{{0,3}}){ordinal} ?grader\b",
            "birthday": rf"\bmy {ordinal} (?:birthday|bday|b-day)\b",
        }
        return [(name, re.compile(form, re.ASCII)) for name, form in forms.items()]

    @functools.cached_property
    def before(self) -> re.Pattern[str]:
        return re.compile(rf"\b{_any(self.words.before)}(?: that)?\W{{1,3}}$", re.ASCII)

    @functools.cached_property
    def no_age(self) -> re.Pattern[str]:
        # What follows the number: a digit, a letter, a sign of a measure, or a unit.
        return re.compile(
            rf"[\w%'\"°$€£+*=^]|[.,:/-] ?\d|/|-(?!$|\W)| ?%| ?{_any(self.words.units)}\b", re.ASCII
        )

    @functools.cached_property
    def follows(self) -> re.Pattern[str]:
        return re.compile(rf"\W*$|\s*[^\w\s]| {_any(self.words.followers)}\b")

    @functools.cached_property
    def short_follows(self) -> re.Pattern[str]:
        followers = _any(self.words.short_followers)
        return re.compile(rf"\W*$|[?!)]|[ ,/.-]+{followers}\b")

    @functools.cached_property
    def after_school(self) -> re.Pattern[str]:
        return re.compile(rf"\w|[./:-]\d| {_any(self.words.after_school)}\b", re.ASCII)

    def read(self, text: str) -> Iterator[StatedAge]:
        """Every stated age in a text in normal form."""
        if not _DIGIT.search(text) and self.number_words.isdisjoint(_WORD.findall(text)):
            return
        if not self._candidates.search(text):
            return
        for name, form in self.patterns:
            for match in form.finditer(text):
                if match.start() and text[match.start() - 1].isalpha():
                    continue  # The end of a word of another alphabet, where ASCII sees an edge.
                # Windows keep the time linear in the text, whatever it repeats.
                before = text[max(0, match.start() - 32) : match.start()]
                after = text[match.end() : match.end() + 48]
                confidence = self._confidence(name, before, after)
                age = self._age(name, match)
                if confidence > 0 and YOUNGEST <= age <= OLDEST:
                    yield StatedAge(age, confidence, match.start(), match.end())

    def _confidence(self, form: str, before: str, after: str) -> float:
        if form != "slashed" and self.before.search(before):
            return 0.0
        if form in ("year", "grade", "grader"):
            return 0.0 if self.after_school.match(after) else 0.85
        if form == "birthday":
            past = re.search(r"\b(?:on|since|for|at)\W+$", before)
            return 0.4 if past else 0.7
        if form in ("aged", "old_here"):
            return 0.0 if re.match(r"\w", after) else 0.95
        if form in ("slashed", "asl", "short_self"):
            if not self.short_follows.match(after):
                return 0.6 if form == "slashed" else 0.0
            return 0.9 if form == "slashed" else 0.75
        if self.no_age.match(after):
            return 0.0
        if form in ("reply", "range"):
            return 0.7
        sure = self.follows.match(after)
        if form == "bare":
            return 0.9 if sure else self._doubtful(after)
        return 0.8 if sure else 0.5

    def _doubtful(self, after: str) -> float:
        # "im 12 chapters in": what is counted is mostly a plural.
        counted = re.match(r" [a-z']*s\b", after)
        return 0.0 if counted else 0.5

    def _age(self, form: str, match: re.Match[str]) -> float:
        groups = match.groupdict()
        if groups.get("o"):
            value = self._value(groups["o"], self.words.ordinals)
        else:
            value = self._value(groups.get("n") or groups.get("n2") or "", self.words.numbers)
        if form in ("year", "grade", "grader"):
            first, last = self.words.school["year" if form == "year" else "grade"]
            # A school has no year 14; what is counted then is something else.
            return value + (first + last) / 2 if 1 <= value <= 13 else 0.0
        if form == "range":
            other = int(groups["n2"])
            return (value + other) / 2 if value < other <= value + 3 else 0.0
        if groups.get("half"):
            return value + 0.5
        return value - 0.5 if groups.get("nearly") else float(value)

    def _value(self, said: str, words: dict[str, int]) -> int:
        digits = re.match(r"\d+", said)
        if digits:
            return int(digits[0])
        if said in words:
            return words[said]
        ten = next(
            word
            for word in self.words.numbers
            if said.startswith(word) and word != said and self.words.numbers[word] >= 20
        )
        return words[ten] + self.words.ones[said[len(ten) :].strip(" -")]
