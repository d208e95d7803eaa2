"""The catalogue of signals: what each means, its unit, its range and its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signal, in words."""

    meaning: str
    unit: str
    range: str
    source: str
    rests_on: tuple[str, ...] = ()
    """What messages show it: ``first_contact``, ``wording``, ``call`` or ids of indicators."""
    worse: Literal["higher", "lower"] | None = None
    """Which values speak against an account, where it may be scored: a card's weights must rise,
    or fall, that way. Fixed by what is known of behaviour, never by a fit."""
    evidence: Literal["metadata", "text"] = "metadata"
    """Whether it can be seen without reading messages."""


@cache
def catalogue() -> dict[str, Entry]:
    """Every column of the signals table but `account`, by name, in the table's order."""
    text = (files("fieldfare.contacts") / "catalogue.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Entry])
