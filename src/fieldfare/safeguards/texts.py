"""What the child and the sender are told: few, short, in the languages of the language room.

A file a language in ``texts/``. A text for a child is one sentence or two and then `ways_out`
(how to block, report, tell someone), for under 13 and for 13 to 17. A text for a sender is
neutral: it says nothing of the recipient and nothing of the sender.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

Grade = Literal["under_13", "from_13"]

FALLBACK: Final = "en"

_SAME: Final = {"fil": "tl", "in": "id", "cmn": "zh", "yue": "zh", "arb": "ar"}
"""Other tags that people use for languages there is a file of."""


class Graded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text for a child, by age."""

    under_13: str
    from_13: str


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of one language."""

    language: str
    reviewed: bool
    """By a native speaker who works with children."""
    ways_out: Graded
    help_here: str
    """``{name}`` and ``{contact}`` of a helpline."""
    help_elsewhere: str
    """Where no helpline of the country is known."""
    children: dict[str, Graded]
    senders: dict[str, str]


@dataclass(frozen=True)
class Keys:
    """The keys of all texts, in the order of the English file."""

    children: tuple[str, ...]
    senders: tuple[str, ...]


@cache
def languages() -> tuple[str, ...]:
    """Tags of all languages there are texts in, lower case."""
    folder = files("fieldfare.safeguards") / "texts"
    names = [each.name for each in folder.iterdir() if each.name.endswith(".toml")]
    return tuple(sorted(name.removesuffix(".toml") for name in names))


@cache
def texts(language: str) -> Texts:
    """The texts of one of `languages`."""
    path = files("fieldfare.safeguards") / "texts" / f"{language}.toml"
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Texts)


@cache
def keys() -> Keys:
    """The keys that a policy may use."""
    english = texts(FALLBACK)
    return Keys(tuple(english.children), tuple(english.senders))


def resolve(tag: str | None) -> str:
    """The language of `languages` to use for a BCP 47 tag: the tag itself, then without its last
    parts one by one, then English. ``pt-BR`` gives ``pt``, ``hi-Latn-IN`` gives ``hi-latn``."""
    return _resolve(tag[:35].lower().replace("_", "-")) if tag else FALLBACK


@cache
def tags() -> dict[str, str]:
    """Tags that `resolve` knows, and the language of `languages` each leads to."""
    return {language: language for language in languages()} | _SAME


def _resolve(tag: str) -> str:
    known = tags()
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        found = known.get("-".join(parts[:length]))
        if found is not None:
            return found
    return FALLBACK


@cache
def for_child(language: str, key: str, grade: Grade) -> str:
    """A text for a child with the ways out behind it."""
    own = texts(language)
    return f"{getattr(own.children[key], grade)} {getattr(own.ways_out, grade)}"


def for_sender(language: str, key: str) -> str:
    """A neutral text for a sender."""
    return texts(language).senders[key]
