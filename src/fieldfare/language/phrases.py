"""Phrase files: one TOML a language, read, checked and written out into every spelling.

A phrase is written as it is typed; it is compared as a word line (see `kernel.word_lines`). It
may hold

- ``(mum|mom|dad)``: one of these; ``[please]`` or ``[so|very]``: one of these or nothing;
- ``<you>``: one of the words of that name in the file's ``[words]``, written the same way;
- ``*``, once: a gap of at most `GAP_WORDS` words, or, in scripts written without spaces, of at
  most `GAP_BYTES` bytes of UTF-8.

A phrase of many spellings is cut in two between words, and its sides are found apart and joined
as if by a gap of no words: the numbers of their spellings add up instead of multiplying.

``[held_out]`` has paraphrases that are never searched for and must not be trained on: they
measure how much is found of what was not written down. They are plain texts.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import TypeVar

import msgspec

from fieldfare.vocabulary import SettingsError

CATALOGUE = "catalogue.toml"
FRAMES = "frames"
"""The folder, beside the phrases, of files that are read where frames are asked for."""

GAP_WORDS = 2
GAP_BYTES = 24

MOST_SPELLINGS = 1000
"""Spellings of one phrase, or of one side of its gap. More would be a mistake in the file."""

FEW_SPELLINGS = 40
"""A phrase of no more is searched for as a whole."""

SHORT_SIDE = 5
"""Characters from which on a side of a cut is rare enough."""

_MARKS = re.compile(r"[()\[\]<>|*]")
_TOP_LEVEL = re.compile(r"(?:\((?:[^()\[\]]|\[[^\]]*\]|\([^)]*\))*\)|\[[^\]]*\]|[^\s(\[]|[(\[])+")
"""What stands between the spaces of a phrase, brackets whole."""
_OPENING = {"(": ")", "[": "]"}


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing worth noticing in what an adult writes to a child."""

    id: str
    stage: str
    """The stage of an approach it belongs to, as the literature names them."""
    title: str
    """For the reviewer, in a few words: "asks how old the other is"."""


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    indicator: list[Indicator]


class PhraseFile(msgspec.Struct, forbid_unknown_fields=True):
    """The phrases of one language, as its file has them."""

    language: str
    phrases: dict[str, list[str]] = {}
    """By indicator id."""
    held_out: dict[str, list[str]] = {}
    """Paraphrases kept out of matching and training: only an evaluation reads them."""
    words: dict[str, str] = {}
    """What ``<name>`` stands for, in the same notation: ``you = "you|u|ya"``."""
    words_apart: bool = True
    """False for scripts written without spaces between words: a phrase is then found
    anywhere, not only between word boundaries."""
    frames: dict[str, list[str]] = {}
    """By indicator id; see `frames`."""

    def sides(self, phrase: str) -> list[list[str]]:
        """The spellings of a phrase: one list, or two where it has a gap or is cut.

        Raises ValueError, saying what is wrong, for a phrase that cannot be read.
        """
        sides = phrase.split("*")
        if len(sides) > 2:
            raise ValueError("more than one gap")
        if len(sides) == 1 and self.words_apart:
            sides = _cut(phrase, self.words)
        return [spellings(side, self.words) for side in sides]

    def words_of(self, phrase: str) -> set[str]:
        """The words of all its spellings, without writing those out. Raises as `sides` does."""
        chunks = (chunk for side in phrase.split("*") for chunk in _TOP_LEVEL.findall(side))
        texts = (text for chunk in chunks if chunk for text in spellings(chunk, self.words))
        return {word for text in texts for word in text.split()}

    def reach(self, phrase: str) -> int:
        """The most that may stand between its sides: words, or bytes."""
        return (GAP_WORDS if self.words_apart else GAP_BYTES) if "*" in phrase else 0

    def texts(self, phrase: str) -> list[str]:
        """Every spelling of a phrase as a text, its gap left empty."""
        chosen = product(*self.sides(phrase))
        return [" ".join((" " * self.words_apart).join(sides).split()) for sides in chosen]


def read_catalogue(folder: Traversable | None = None) -> tuple[Indicator, ...]:
    """The indicators, in their order. Raises SettingsError, naming the file and the key."""
    catalogue = tuple(_read((folder or shipped()) / CATALOGUE, _Catalogue).indicator)
    if len({indicator.id for indicator in catalogue}) < len(catalogue):
        raise SettingsError(f"{CATALOGUE}: an indicator id stands twice")
    return catalogue


def read_phrases(
    folder: Traversable | None = None, *, frames: bool = False
) -> Iterator[tuple[str, PhraseFile]]:
    """Name and content of each language's file, by name; by default, those that ship. With
    `frames`, those in the folder `FRAMES` too, after them.

    Raises SettingsError, naming the file and the key, for a file that is not valid or an
    indicator the catalogue does not have.
    """
    folder = folder or shipped()
    known = {indicator.id for indicator in read_catalogue(folder)}
    named = {name: file for name, file in _files(folder) if name != CATALOGUE}
    if frames and (folder / FRAMES).is_dir():
        named |= {f"{FRAMES}/{name}": file for name, file in _files(folder / FRAMES)}
    for name, file in named.items():
        content = _read(file, PhraseFile)
        for table in ("phrases", "frames", "held_out"):
            for indicator in getattr(content, table):
                if indicator not in known:
                    raise SettingsError(
                        f"{name}: {table}.{indicator}: no such indicator in {CATALOGUE}"
                    )
        for indicator, texts in content.held_out.items():
            for number, text in enumerate(texts):
                if _MARKS.search(text):
                    key = f"{name}: held_out.{indicator}[{number}]"
                    raise SettingsError(f"{key}: a held-out paraphrase is plain text")
        yield name, content


def _files(folder: Traversable) -> list[tuple[str, Traversable]]:
    """The TOML files of a folder, by name."""
    found = [(file.name, file) for file in folder.iterdir() if file.name.endswith(".toml")]
    return sorted(found, key=lambda one: one[0])


def shipped() -> Traversable:
    """The folder of the catalogue and the phrases that ship."""
    return files("fieldfare.language") / "indicators"


def _cut(phrase: str, words: dict[str, str]) -> list[str]:
    """A phrase whole, or in the two parts that together have the fewest spellings."""
    chunks = [chunk for chunk in _TOP_LEVEL.findall(phrase) if chunk]
    each = [spellings(chunk, words) for chunk in chunks]
    counts = [len(one) for one in each]
    if math.prod(counts) <= FEW_SPELLINGS:
        return [phrase]
    firm = ["" not in one for one in each]
    places = [k for k in range(1, len(chunks)) if any(firm[:k]) and any(firm[k:])]
    if not places:
        return [phrase]

    def cost(k: int) -> int:
        # A side such as "to" or "i am" stands in every other message: each match takes time.
        common = any(_shortest(side) < SHORT_SIDE for side in (each[:k], each[k:]))
        return math.prod(counts[:k]) + math.prod(counts[k:]) + common * MOST_SPELLINGS // 4

    best = min(places, key=cost)
    return [" ".join(chunks[:best]), " ".join(chunks[best:])]


def _shortest(chunks: list[list[str]]) -> int:
    """Characters of the shortest way through some chunks."""
    return sum(min(map(len, one)) for one in chunks)


def spellings(text: str, words: dict[str, str]) -> list[str]:
    """Every way to write `text`, a phrase without a gap or a part of one.

    Raises ValueError, saying what is wrong, for one that cannot be read.
    """
    options, rest = _alternatives(text, words, "")
    if rest:
        raise ValueError(f"'{rest[0]}' without its beginning")
    return list(dict.fromkeys(options))


def _alternatives(text: str, words: dict[str, str], until: str) -> tuple[list[str], str]:
    """The spellings of `text` up to the bracket `until`, and what stands after that."""
    options: list[str] = []
    current = [""]
    while text:
        mark = _MARKS.search(text)
        plain, text = (text[: mark.start()], text[mark.start() :]) if mark else (text, "")
        current = [option + plain for option in current]
        if not text or text[0] in ")]>":
            break
        sign, text = text[0], text[1:]
        if sign == "|" and until:
            options += current
            current = [""]
            continue
        if sign == "<":
            name, closed, text = text.partition(">")
            if not closed or name not in words:
                raise ValueError(f"no words called <{name}>")
            others = {key: value for key, value in words.items() if key != name}
            inner, _ = _alternatives(words[name] + ")", others, ")")
        elif sign in _OPENING:
            inner, text = _alternatives(text, words, _OPENING[sign])
            inner = [*inner, ""] if sign == "[" else inner
        else:
            raise ValueError(f"'{sign}' inside brackets" if until else f"'{sign}' outside brackets")
        current = [before + after for before, after in product(current, inner)]
        if len(current) + len(options) > MOST_SPELLINGS:
            raise ValueError(f"more than {MOST_SPELLINGS} spellings")
    if until:
        if not text.startswith(until):
            raise ValueError(f"a bracket without its '{until}'")
        text = text[1:]
    return options + current, text


Shape = TypeVar("Shape", _Catalogue, PhraseFile)


def _read(file: Traversable, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), shape)
    except OSError as error:
        raise SettingsError(f"{file.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file.name}: not UTF-8") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{file.name}: {error}") from error
