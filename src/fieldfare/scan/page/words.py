"""Numbers, times and strangers' text as people should see them."""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files
from typing import Final

from fieldfare.vocabulary.times import DAY, from_micros

NAME_LENGTH: Final = 80
PLACE_LENGTH: Final = 240
TEXT_LENGTH: Final = 1_200

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# Characters that reorder or hide what stands beside them. They are written out, so that a reader
# sees that they are there; plain direction marks stay, since Arabic and Hebrew need them.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

SHORT_ASKS: Final = {
    "age_probing": "age",
    "flattery": "flattery",
    "posing_as_child": "posed as a child",
    "risk_probing": "who can see",
    "parents_absent": "alone?",
    "secrecy": "secrecy",
    "isolation": "against others",
    "compliance_testing": "testing",
    "platform_change": "other app",
    "photo_request": "photo",
    "call": "call",
    "gift_offer": "gift",
    "game_currency": "game currency",
    "payment_offer": "money",
    "meeting_travel": "meeting",
    "pressure": "pressure",
}
"""Indicators in a word or two, in the order they are drawn; others go by their id."""

ASKED: Final = {
    "age_probing": "asked {} for their age",
    "posing_as_child": "claimed to {} to be of their age",
    "risk_probing": "asked {} who can see their phone or chats",
    "parents_absent": "asked {} whether they were alone",
    "secrecy": "asked {} to keep a secret",
    "isolation": "set {} against parents or friends",
    "compliance_testing": "tested whether {} would comply",
    "platform_change": "asked {} to move to another app",
    "photo_request": "asked {} for a photo or video",
    "call": "called {}",
    "gift_offer": "offered {} a gift",
    "game_currency": "offered {} game currency",
    "payment_offer": "offered {} money",
    "meeting_travel": "spoke with {} of meeting or travelling",
    "pressure": "put pressure on {} to send something",
}
"""Indicators as part of a sentence; those that are common among friends are left out of it."""


def clean(text: str) -> str:
    """Text with everything that would hide or reorder it written out, as ``[U+202E]``."""
    return _UNSEEN.sub(lambda match: f"[U+{ord(match.group()):04X}]", text)


def clip(text: str | None, length: int = NAME_LENGTH) -> str:
    """Clean text, cut with a mark where it is longer. Cut first: a megabyte is not gone over."""
    if not text:
        return ""
    cut = clean(text[:length])
    return cut if len(text) <= length else f"{cut.rstrip()}…"


def probability(value: float) -> str:
    """A probability without digits that mean nothing: ``> 99 %``, ``85 %``, ``1 in 40``."""
    if value > 0.99:
        return "> 99\N{NO-BREAK SPACE}%"
    if value >= 0.1:
        return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"
    if value < 1e-5:
        return "< 1 in 100,000"
    return one_in(value)


def one_in(value: float) -> str:
    """``1 in 40``: the nearest of a few round numbers."""
    size = 10 ** math.floor(math.log10(1 / value))
    steps = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)
    nearest = min(steps, key=lambda step: abs(math.log(step * size / 10 * value)))
    return f"1 in {nearest * size / 10:,.3g}" if size < 10 else f"1 in {nearest * size // 10:,}"


def base_rate(prior: float) -> str:
    """A base rate as it was set: ``1 in 10,000``."""
    return f"1 in {1 / prior:,.0f}" if prior < 0.1 else f"{100 * prior:.0f} %"


def signed(value: float) -> str:
    """A weight with its sign, two decimals, and a true minus."""
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "−")


def number(value: float) -> str:
    """An expected count: whole where it is, otherwise rounded and marked so."""
    whole = round(value)
    if abs(value - whole) < 0.005:
        return f"{whole:,}"
    return f"≈ {whole:,}" if whole else "< 1"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 child``, ``3 children``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def minute(micros: int) -> str:
    """``2026-03-14 09:12``, UTC."""
    return f"{from_micros(micros):%Y-%m-%d %H:%M}"


def second(micros: int) -> str:
    """``2026-03-14 09:12:05``, UTC."""
    return f"{from_micros(micros):%Y-%m-%d %H:%M:%S}"


def machine(micros: int) -> str:
    """For the datetime attribute."""
    return f"{from_micros(micros):%Y-%m-%dT%H:%M:%SZ}"


def day(micros: int) -> str:
    """``14 March 2026``, UTC."""
    moment = from_micros(micros)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def short_day(micros: int) -> str:
    """``14 Mar``, UTC."""
    moment = from_micros(micros)
    return f"{moment.day} {MONTHS[moment.month - 1][:3]}"


def duration(micros: int) -> str:
    """A length of time in the unit people would use."""
    days = max(1, round(micros / DAY))
    if days < 21:
        return plural(days, "day")
    return plural(round(days / 7), "week") if days < 120 else plural(round(days / 30.44), "month")


def listed(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def signal_value(value: float, unit: str) -> str:
    """A signal's value with its unit, from the catalogue."""
    if unit in ("share", "probability"):
        return f"{100 * value:.0f} %"
    if unit == "flag":
        return "yes" if value else "no"
    if unit == "class":
        return f"class {value:.0f}"
    if unit == "standard score":
        return f"{value:+z.1f}".replace("-", "−")
    digits = 0 if abs(value - round(value)) < 0.05 else 1
    if unit.endswith("s") and digits == 0 and round(value) == 1:
        unit = unit[:-1]
    if unit == "children" and digits == 0 and round(value) == 1:
        unit = "child"
    return f"{value:z,.{digits}f} {unit}".replace("-", "−")


@cache
def _countries() -> dict[str, str]:
    # The names that come with the time zone database; public domain, and neutral in their wording.
    lines = (files("tzdata.zoneinfo") / "iso3166.tab").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {code: name for code, name, *_ in pairs}


def country(code: str) -> str:
    """A country's name, or the code as it came where it is none."""
    return _countries().get(code) or clip(code, 40)


def ask(indicator: str) -> str:
    """An indicator in a word or two."""
    return SHORT_ASKS.get(indicator) or clip(indicator.replace("_", " "), 30)
