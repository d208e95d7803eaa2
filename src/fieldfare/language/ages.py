"""Ages that writers state about themselves, in every language there is a file for.

English forms are in `ages_english`, the others in ``ages/<language>.toml``, read by
`age_forms`. A search for their cues picks the few messages Python reads, and for which
languages. Whether a statement is true is another matter: adults say they are children, and
the other way round.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import ahocorasick_rs
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.language import known_words
from fieldfare.language.age_forms import OLDEST, YOUNGEST, AgeForms, FormReader, StatedAge
from fieldfare.language.ages_english import AgeWords, EnglishReader
from fieldfare.language.kernel import column
from fieldfare.vocabulary import SettingsError

__all__ = ["OLDEST", "VERSION", "YOUNGEST", "AgeReader", "StatedAge", "read_ages"]

VERSION = "ages-4"
"""Changes whenever the same text may give another age; part of the model's fingerprint."""

MOST_READ = 50_000
"""Characters of a text that are read: a bound on what one hostile message can cost."""

_FEW = 32
"""Up to so many texts Python reads them one by one: compiling the pattern in Arrow takes longer."""

ENGLISH = "en.toml"

Integers = npt.NDArray[np.int64]

MOST_FILTERED = 32
"""Languages there are bits for in a table of words; see `AgeReader._with_number`."""

_ALNUM = np.array([bytes([code]).isalnum() for code in range(256)], np.bool_)


@dataclass(frozen=True)
class AgeReader:
    """Finds stated ages in texts in normal form (`normalise`). Picklable; what searches for
    cues is rebuilt."""

    english: EnglishReader
    others: tuple[FormReader, ...]

    def __getstate__(self) -> dict[str, Any]:
        # The automaton is a Rust object that cannot be pickled.
        return {"english": self.english, "others": self.others}

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the words and forms."""
        parts = [self.english.words, *(one.forms for one in self.others)]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    @functools.cached_property
    def cues(self) -> dict[bytes, int]:
        """Every cue, as a normal form has it, and the languages it speaks for, one bit each.
        A space before it stands for the beginning of a word."""
        cues: dict[bytes, int] = {}
        for place, one in enumerate(self.others):
            for cue in one.forms.cues:
                whole = unicodedata.normalize("NFKC", cue).replace("\u200d", "")
                cues[whole.encode()] = cues.get(whole.encode(), 0) | 1 << place
        return cues

    @functools.cached_property
    def _automaton(self) -> ahocorasick_rs.BytesAhoCorasick:
        return ahocorasick_rs.BytesAhoCorasick(
            [cue.removeprefix(b" ") for cue in self.cues],
            implementation=ahocorasick_rs.Implementation.DFA,
        )

    @functools.cached_property
    def _languages(self) -> Integers:
        return np.array(list(self.cues.values()), np.int64)

    @functools.cached_property
    def _begins(self) -> npt.NDArray[np.bool_]:
        """Which cues only count where a word begins."""
        return np.array([cue.startswith(b" ") for cue in self.cues], np.bool_)

    def read_one(self, normalised: str) -> StatedAge | None:
        """The stated age of one text in normal form: the surest, then the first. None where
        there is none."""
        form = normalised.encode()
        found = self._automaton.find_matches_as_indexes(form, overlapping=True)
        languages = 0
        for cue, start, _ in found:
            if start == 0 or not self._begins[cue] or not form[start - 1 : start].isalnum():
                languages |= int(self._languages[cue])
        return self._surest(normalised, languages, english=True)

    def _surest(self, text: str, languages: int, *, english: bool) -> StatedAge | None:
        text = text[:MOST_READ]
        found = list(self.english.read(text)) if english else []
        while languages:
            place = (languages & -languages).bit_length() - 1
            found += self.others[place].read(text)
            languages &= languages - 1
        return min(found, key=lambda one: (-one.confidence, one.start), default=None)

    def read(self, normalised: pa.Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Stated age and confidence of each text in normal form; NaN where there is none."""
        ages = np.full(len(normalised), np.nan, np.float32)
        confidences = np.full(len(normalised), np.nan, np.float32)
        if len(normalised) <= _FEW:
            for row, text in enumerate(normalised.to_pylist()):
                found = self.read_one(text) if text else None
                if found:
                    ages[row], confidences[row] = found.age, found.confidence
            return ages, confidences
        english = self._english(normalised)
        languages = self._with_number(normalised, self._spoken(normalised))
        rows = np.flatnonzero(english | (languages != 0))
        if not rows.size:
            return ages, confidences
        texts = normalised.take(pa.array(rows)).to_pylist()
        for row, text in zip(rows.tolist(), texts, strict=True):
            found = self._surest(text, int(languages[row]), english=bool(english[row]))
            if found:
                ages[row], confidences[row] = found.age, found.confidence
        return ages, confidences

    def _spoken(self, normalised: pa.Array) -> Integers:
        """The languages whose cues stand in each text, one bit each."""
        data, offsets, present = column(normalised)
        spoken = np.zeros(len(normalised), np.int64)
        if not spoken.size:
            return spoken
        first = offsets[0]
        text = data[first : offsets[-1]]
        found = self._automaton.find_matches_as_indexes(text.data, overlapping=True)
        matches = np.array(found, np.int64).reshape(-1, 3)
        rows = np.searchsorted(offsets, matches[:, 1] + first, side="right") - 1
        # The texts stand end to end: what spans two of them is no cue.
        inside = matches[:, 2] + first <= offsets[rows + 1]
        begun = (matches[:, 1] + first == offsets[rows]) | ~self._begins[matches[:, 0]]
        inside &= begun | ~_ALNUM[text[np.maximum(matches[:, 1] - 1, 0)]]
        if present.size:
            inside &= present[rows]
        np.bitwise_or.at(spoken, rows[inside], self._languages[matches[inside, 0]])
        return spoken

    @functools.cached_property
    def _number_words(self) -> tuple[npt.NDArray[np.uint64], Integers]:
        """The words of numbers by hash, with the languages they are of; and the languages whose
        numbers are not words apart."""
        from fieldfare.language import _words

        listed: dict[str, int] = {}
        for place, one in enumerate(self.others):
            for word in one.number_words if one.latin else ():
                listed[word] = listed.get(word, 0) | 1 << place
        table = _words.new_table(len(listed))
        masks = np.array(list(listed.values()), np.uint32)
        _words.enter(table, known_words.word_hashes(list(listed)), masks)
        apart = sum(1 << place for place, one in enumerate(self.others) if not one.latin)
        return table, np.array([apart], np.int64)

    def _with_number(self, normalised: pa.Array, languages: Integers) -> Integers:
        """`languages` without those that a text has no number of: most texts with a cue have
        none, and Python takes long to say so."""
        if len(self.others) > MOST_FILTERED or not languages.any():
            return languages
        from fieldfare.language._numbers import numbered

        data, offsets, _ = column(normalised)
        numbered(data, offsets, *self._number_words, languages)
        return languages

    def _english(self, normalised: pa.Array) -> npt.NDArray[np.bool_]:
        # Arrow's pattern and Python's, which `EnglishReader` asks again, mean the same: to both,
        # letters and digits are ASCII.
        matched = pc.match_substring_regex(normalised, self.english.candidates)
        kept = pc.fill_null(matched, False)
        return np.asarray(kept.to_numpy(zero_copy_only=False), np.bool_)


def read_ages(folder: Traversable | None = None) -> AgeReader:
    """The reader of a folder of TOML files, ``en.toml`` among them; by default, those that
    ship.

    Raises SettingsError, naming the file and the key, for a file that is not valid.
    """
    ours = folder is None
    folder = folder or files("fieldfare.language") / "ages"
    english = EnglishReader(_read(folder / ENGLISH, AgeWords))
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    others = [FormReader(_read(folder / name, AgeForms)) for name in names if name != ENGLISH]
    if len(others) > 62:
        raise SettingsError(f"{folder}: more languages than there are bits for")
    for one in others if not ours else []:
        one.check()  # Tests have checked those that ship; compiling them all takes a while.
    return AgeReader(english, tuple(others))


Shape = TypeVar("Shape", AgeWords, AgeForms)


def _read(file: Traversable, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), shape)
    except OSError as error:
        raise SettingsError(f"{file.name}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{file.name}: {error}") from error
