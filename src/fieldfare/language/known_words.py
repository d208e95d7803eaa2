"""Words known to exist: what makes a repair credible.

"s3cr3t" is read as "secret" because that is a word, and "ext3" stays because "exte" is none.
The words are those of the indicator phrases in every language, and common words of some, kept
as hashes (``known-<language>.npz``, made by ``scripts/build-known-words``; sources and licences
in ``known-words.md``). Not a spelling dictionary: a word not here is only left as it is.
"""

from __future__ import annotations

import functools
import hashlib
import io
import tomllib
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language.phrases import PhraseFile, read_phrases
from fieldfare.vocabulary import SettingsError

DICTIONARIES = ("ar", "de", "en", "es", "fr", "it", "nl", "pt", "ru")
"""Languages with a list of common words."""

MOST_LANGUAGES = 30
"""Languages after so many share a bit."""

SURE = 31
"""The bit of words that count whatever language a message is of: those of phrases, and English."""

Hashes = npt.NDArray[np.uint32]


Entries = npt.NDArray[np.uint64]


@functools.cache
def known() -> Entries:
    """The known words and their languages as the loops ask for them; see `_words.mask_of`."""
    from fieldfare.language import _words

    words = spoken().words
    sure = np.uint32(1 << SURE)
    tables = [(word_hashes(list(words)), np.fromiter(words.values(), np.uint32, len(words)) | sure)]
    for name in DICTIONARIES:
        hashes = dictionary(name)
        mask = language(name) | (sure if name == "en" else np.uint32(0))
        tables.append((hashes, np.full(hashes.size, mask, np.uint32)))
    for name, listed in more().items():
        mask = language(name) | (sure if name == "en" else np.uint32(0))
        hashes = word_hashes(listed)
        tables.append((hashes, np.full(hashes.size, mask, np.uint32)))
    total = sum(hashes.size for hashes, _ in tables)
    entries = _words.new_table(total)
    for hashes, masks in tables:
        _words.enter(entries, hashes, masks)
    entries.flags.writeable = False
    return entries


def language(name: str) -> np.uint32:
    """The bit of a language in the masks of `known`; those we do not know share the last."""
    languages = spoken().languages
    place = languages.index(name) if name in languages else MOST_LANGUAGES
    return np.uint32(1 << min(place, MOST_LANGUAGES))


class Spoken(NamedTuple):
    """The words of the phrases that ship, and where they are spoken."""

    languages: tuple[str, ...]
    words: dict[str, int]
    """The languages whose phrases have a word, one bit each, in their order."""


@functools.cache
def spoken() -> Spoken:
    """Read from the phrases. A file that cannot be read raises SettingsError, as it does where
    its phrases are read."""
    languages: list[str] = []
    words: dict[str, int] = {}
    for name, content in read_phrases():
        bit = 1 << min(len(languages), MOST_LANGUAGES)
        for word in _words_of(name, content):
            words[word] = words.get(word, 0) | bit
        languages.append(content.language)
    return Spoken(tuple(languages), words)


def _words_of(name: str, content: PhraseFile) -> set[str]:
    from fieldfare.language.kernel import word_lines
    from fieldfare.language.normalise import plain

    words: set[str] = set()
    for phrase in (one for each in content.phrases.values() for one in each):
        try:
            words |= content.words_of(phrase)
        except ValueError as error:
            raise SettingsError(f"{name}: {phrase}: {error}") from None
    lines = word_lines(plain(pa.array(sorted(words), pa.large_string())))
    return set(lines.buffer.tobytes().decode().split())


def hashes_of(data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> Hashes:
    """The hashes of words that stand end to end, each as a word line has it."""
    from fieldfare.language import _words

    return np.asarray(_words.hash_all(data, bounds), np.uint32)


def word_hashes(words: list[str]) -> Hashes:
    """The hash of each word, which must be as a word line has it or plain ASCII letters."""
    encoded = [word.encode() for word in words]
    bounds = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return hashes_of(np.frombuffer(b"".join(encoded) or b" ", np.uint8), bounds)


def dictionary(name: str) -> Hashes:
    """The hashes of the common words of a language that ship."""
    file = files("fieldfare.language") / f"known-{name}.npz"
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            return np.cumsum(archive["steps"], dtype=np.uint32)
    except (OSError, KeyError, ValueError) as error:
        raise SettingsError(f"{file.name}: not a list of word hashes") from error


def more() -> dict[str, list[str]]:
    """By language, as word lines have them, the words of ``known-more.toml``."""
    from fieldfare.language.kernel import word_lines
    from fieldfare.language.normalise import plain

    file = files("fieldfare.language") / "known-more.toml"
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        listed = {name: " ".join(each.values()) for name, each in read.items()}
    except (OSError, AttributeError, TypeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file.name}: not lists of words by language") from error
    lines = {name: word_lines(plain(pa.array([each]))) for name, each in listed.items()}
    return {
        name: sorted(set(line.buffer.tobytes().decode().split())) for name, line in lines.items()
    }


@functools.cache
def fingerprint() -> str:
    """SHA-256, in hex, of everything known; part of the model's fingerprint."""
    return hashlib.sha256(known().tobytes()).hexdigest()
