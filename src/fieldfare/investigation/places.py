"""Where somebody may be: calling codes, names of places, and where languages are spoken, as data.

Names of places are searched for in the normal form of a message, all at once; they show what a
message mentions, and ``sql/countries.sql`` decides what that is worth.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any, Final

import ahocorasick_rs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language.kernel import column

_LETTERS: Final = np.array(
    [bytes([one]).isalnum() or 0xC3 <= one <= 0xDB for one in range(256)], np.bool_
)
"""Bytes that go on with a word of a script with spaces: ASCII letters and digits, and what begins
a letter of Latin, Greek, Cyrillic, Hebrew or Arabic."""

_ASCII: Final = np.array([bytes([one]).isalnum() for one in range(256)], np.bool_)


@cache
def _file(name: str) -> dict[str, Any]:
    text = (files("fieldfare.investigation") / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


class Gazetteer:
    """The names of places, ready to be searched for."""

    def __init__(self) -> None:
        from fieldfare.language.normalise import normalise

        named: dict[str, str] = {}
        for country, place in _file("places").items():
            for kind in ("names", "cities"):
                for name in place[kind]:
                    tag = f"{country}:{'' if kind == 'names' else name}"
                    for spelled in {name, _unaccented(name)}:
                        named.setdefault(spelled, tag)
        forms = normalise(pa.array(list(named), pa.large_string())).to_pylist()
        self._patterns = [form.encode() for form in forms]
        self._tags = pa.array(named.values(), pa.string())
        self._bounded = np.array([_has_spaces(form) for form in forms], np.bool_)
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            self._patterns, implementation=ahocorasick_rs.Implementation.DFA
        )

    def find(self, normalised: pa.Array) -> pa.ListArray:
        """The places each text in normal form names: ``PH:`` for a country, ``PH:cebu`` for a
        city."""
        texts = column(normalised)
        first = texts.offsets[0]
        data = texts.data[first : texts.offsets[-1]]
        found = self._automaton.find_matches_as_indexes(data.data, overlapping=True)
        matches = np.array(found, np.int64).reshape(-1, 3)
        rows = np.searchsorted(texts.offsets, matches[:, 1] + first, side="right") - 1
        end = matches[:, 2]
        kept = end + first <= texts.offsets[rows + 1]
        bounded = self._bounded[matches[:, 0]]
        begun = (matches[:, 1] + first == texts.offsets[rows]) | ~_ASCII[
            data[np.maximum(matches[:, 1] - 1, 0)]
        ]
        ended = (end + first == texts.offsets[rows + 1]) | ~_LETTERS[
            data[np.minimum(end, max(data.size - 1, 0))] if data.size else end
        ]
        kept &= ~bounded | (begun & ended)
        return _lists(rows[kept], matches[kept, 0], len(normalised), self._tags)


def _lists(
    rows: npt.NDArray[np.int64], which: npt.NDArray[np.int64], count: int, tags: pa.Array
) -> pa.ListArray:
    pairs = np.unique(np.stack([rows, which]), axis=1)
    counts = np.bincount(pairs[0], minlength=count)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), tags.take(pa.array(pairs[1])))


def _unaccented(name: str) -> str:
    if not name[0].isascii() and unicodedata.name(name[0]).split()[0] != "LATIN":
        return name
    apart = unicodedata.normalize("NFD", name)
    return "".join(one for one in apart if not unicodedata.combining(one))


def _has_spaces(form: str) -> bool:
    """Whether the name is of a script in which words stand apart and do not change much."""
    return unicodedata.name(form[0], "").split()[0] in ("LATIN", "CYRILLIC", "GREEK", "ARABIC")


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer that ships."""
    return Gazetteer()


@cache
def tables() -> dict[str, pa.Table]:
    """`calling_codes` (code, country), `offsets` (country, hours from UTC), `languages` (language,
    letters), `language_words` (language, word, share), `spoken_in` (language, country, share)."""
    codes = [
        (code, country)
        for country, all_ in _file("calling_codes")["codes"].items()
        for code in all_
    ]
    spoken = _file("languages")
    words = [(name, word) for name, one in spoken.items() for word in one.get("words", ())]
    known: dict[str, int] = {}
    for _, word in words:
        known[word] = known.get(word, 0) + 1
    shares = [
        (name, country, share)
        for name, one in spoken.items()
        for country, share in one.get("countries", {}).items()
    ]
    return {
        "calling_codes": _table(["code", "country"], codes),
        "offsets": _table(
            ["country", "hours"],
            [(country, float(one["offset"])) for country, one in _file("places").items()],
        ),
        "languages": _table(
            ["language", "letters"],
            [(name, one["letters"]) for name, one in spoken.items() if "letters" in one],
        ),
        "language_words": _table(
            ["language", "word", "share"],
            [(name, word, 1.0 / known[word]) for name, word in words],
        ),
        "spoken_in": _table(["language", "country", "share"], shares),
    }


@cache
def dialled() -> dict[str, pa.Table]:
    """`country_codes` (code, trunk): each country code of E.164 and what is dialled before the
    rest of a number within the country; empty where nothing is."""
    dialling = _file("calling_codes")
    codes = sorted(code for all_ in dialling["codes"].values() for code in all_)
    # Of 1204 and 1, the country code is 1; the other is Canada's share of it.
    shortest = [code for at, code in enumerate(codes) if not _begins(code, codes[:at])]
    trunk = dialling["trunk"]
    rows = [(code, one) for code in shortest for one in trunk.get(code, ["0"])]
    return {"country_codes": _table(["code", "trunk"], rows)}


def _begins(code: str, shorter: list[str]) -> bool:
    return any(code.startswith(one) for one in shorter)


def _table(names: list[str], rows: list[Any]) -> pa.Table:
    return pa.table(
        {name: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}
    )
