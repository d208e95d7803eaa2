"""Words known to exist: what makes a repair credible.

"s3cr3t" is read as "secret" because that is a word, and "ext3" stays because "exte" is none.
The words are those of the indicator phrases in every language, and common English from a
word list, kept as hashes (``known-en.npz``, made by ``scripts/build-known-words``). Not a
spelling dictionary: a word not here is only left as it is.
"""

from __future__ import annotations

import functools
import hashlib
import io
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language.phrases import PhraseFile, read_phrases
from fieldfare.vocabulary import SettingsError

ENGLISH = "known-en.npz"

Hashes = npt.NDArray[np.uint32]


@functools.cache
def known() -> npt.NDArray[np.uint8]:
    """The known words as the loops ask for them; see `_words.in_set`. 512 KiB."""
    from fieldfare.language import _words

    bits = np.zeros(_words.SET_BYTES, np.uint8)
    _words.add(bits, np.concatenate([english(), word_hashes(sorted(spoken().words))]))
    bits.flags.writeable = False
    return bits


class Spoken(NamedTuple):
    """The words of the phrases that ship, and where they are spoken."""

    languages: tuple[str, ...]
    words: dict[str, int]
    """The languages whose phrases have a word, one bit each, in their order."""


@functools.cache
def spoken() -> Spoken:
    """Read from the phrases, every spelling of them. A file that cannot be read raises
    SettingsError, as it does where its phrases are read."""
    languages: list[str] = []
    words: dict[str, int] = {}
    for _, content in read_phrases():
        # One language at a time: all spellings at once take 100 MB.
        for word in _words_of(content):
            words[word] = words.get(word, 0) | 1 << min(len(languages), 62)
        languages.append(content.language)
    return Spoken(tuple(languages), words)


def _words_of(content: PhraseFile) -> set[str]:
    from fieldfare.language.kernel import word_lines
    from fieldfare.language.normalise import plain

    words: set[str] = set()
    for phrase in (one for each in content.phrases.values() for one in each):
        try:
            sides = content.sides(phrase)
        except ValueError as error:
            raise SettingsError(f"{content.language}.toml: {phrase}: {error}") from None
        words.update(word for side in sides for text in side for word in text.split())
    lines = word_lines(plain(pa.array(sorted(words), pa.large_string())))
    return set(lines.buffer.tobytes().decode().split())


def word_hashes(words: list[str]) -> Hashes:
    """The hash of each word, which must be as a word line has it or plain ASCII letters."""
    from fieldfare.language import _words

    encoded = [word.encode() for word in words]
    bounds = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return np.asarray(
        _words.hash_all(np.frombuffer(b"".join(encoded) or b" ", np.uint8), bounds), np.uint32
    )


@functools.cache
def english() -> Hashes:
    """The hashes of common English words that ship."""
    file = files("fieldfare.language") / ENGLISH
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            return np.cumsum(archive["steps"], dtype=np.uint32)
    except (OSError, KeyError, ValueError) as error:
        raise SettingsError(f"{ENGLISH}: not a list of word hashes") from error


@functools.cache
def fingerprint() -> str:
    """SHA-256, in hex, of everything known; part of the model's fingerprint."""
    return hashlib.sha256(known().tobytes()).hexdigest()
