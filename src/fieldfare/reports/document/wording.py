"""How values are put into words in the report."""

from __future__ import annotations

import math
from typing import Final

from fieldfare.vocabulary.times import from_micros

AGE_BASIS: Final = {
    "verified": "checked by the service",
    "declared": "given by the user",
    "inferred": "estimated by the service",
    "stated": "stated in a message",
    "peers": "inferred from whom it knew",
    "unknown": "no basis",
}


def minute(micros: int | None) -> str:
    """``2026-03-01 12:00 UTC``; a dash where there is none."""
    return "–" if micros is None else from_micros(micros).strftime("%Y-%m-%d %H:%M UTC")


def day(micros: int | None) -> str:
    """``2026-03-01``."""
    return "–" if micros is None else from_micros(micros).strftime("%Y-%m-%d")


def age(value: float | None, basis: str) -> str:
    """An age with its basis."""
    said = AGE_BASIS.get(basis, basis)
    return f"unknown ({said})" if value is None else f"{math.floor(value)} ({said})"


def country(code: str | None, basis: str | None) -> str:
    """A country with its basis."""
    return "unknown" if code is None else f"{code} ({basis or 'no basis given'})"


def times(contribution: float) -> str:
    """A weight of evidence as a factor: how many times as likely it makes grooming, or less."""
    factor = math.exp(abs(contribution))
    shown = f"{factor:.1f}" if factor < 10 else f"{factor:.0f}"
    if shown == "1.0":
        return "no difference"
    return f"{shown} times {'more' if contribution > 0 else 'less'} likely"


def percent(probability: float) -> str:
    """A probability; never 100 %, which nothing is."""
    return "over 99 %" if probability >= 0.995 else f"{probability:.0%}"


def words(identifier: str) -> str:
    """``meeting_travel`` as it is read."""
    return identifier.replace("_", " ")


def count(number: int, one: str, many: str) -> str:
    """``1 child``, ``12 children``."""
    return f"{number:,} {one if number == 1 else many}"
