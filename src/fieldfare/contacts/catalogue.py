"""The catalogue of signals: what each means, its unit, its range and its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signal, in words."""

    meaning: str
    unit: str
    range: str
    source: str
    rests_on: tuple[str, ...] = ()
    """What messages show it: ``first_contact``, ``wording``, ``call`` or ids of indicators."""


@cache
def catalogue() -> dict[str, Entry]:
    """Every column of the signals table but `account`, by name, in the table's order."""
    text = (files("fieldfare.contacts") / "catalogue.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Entry])
