"""Moments as a reviewer wants to read them: in UTC, in the own zone, in the child's, as written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from fieldfare.cases.records import Message
from fieldfare.console.preferences import Preferences
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE, from_micros


@dataclass(frozen=True)
class Zone:
    """A zone and how it is called on the page."""

    name: str
    zone: tzinfo
    written: bool = False
    """Times of messages as their source wrote them, where it did not write UTC."""

    def minute(self, micros: int) -> Time:
        """A moment to the minute."""
        shown = from_micros(micros).astimezone(self.zone)
        return Time(f"{shown:%Y-%m-%d %H:%M}", words.machine(micros))

    def second(self, micros: int) -> Time:
        """A moment to the second."""
        shown = from_micros(micros).astimezone(self.zone)
        return Time(f"{shown:%Y-%m-%d %H:%M:%S}", words.machine(micros))


def sent(message: Message, zone: Zone) -> Time:
    """When a message was sent. A source that wrote a number or UTC is read as UTC anyway."""
    source = message.source
    if zone.written and source is not None and source.raw_time and source.tz_basis != "utc":
        return Time(words.clip(source.raw_time, 40), words.machine(message.sent_at))
    return zone.second(message.sent_at)


def zone_of(preferences: Preferences, child_country: str | None = None) -> Zone:
    """The zone that times are shown in. A child's country with several zones has none that is
    certain: UTC then, and it says so."""
    if preferences.zone == "local":
        return Zone(f"your time, {preferences.own_zone}", preferences.own())
    if preferences.zone == "child":
        found = _zones().get(child_country or "", [])
        if len(found) == 1:
            return Zone(f"the child's country, {found[0]}", ZoneInfo(found[0]))
        why = "has several zones" if found else "is not known"
        return Zone(f"UTC: the child's country {why}", UTC)
    if preferences.zone == "source":
        return Zone("UTC, but those of messages as the source wrote them", UTC, written=True)
    return Zone("UTC", UTC)


@cache
def _zones() -> dict[str, list[str]]:
    lines = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8").splitlines()
    zones: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line and not line.startswith("#"):
            country, _, name, *_ = line.split("\t")
            zones[country].append(name)
    return zones


def span(micros: int) -> str:
    """A length of time: ``12 minutes``, ``5 hours``, ``3 days``."""
    micros = abs(micros)
    if micros < 90 * MINUTE:
        return words.plural(max(1, round(micros / MINUTE)), "minute")
    if micros < 36 * HOUR:
        return words.plural(round(micros / HOUR), "hour")
    return words.plural(round(micros / DAY), "day") if micros < 60 * DAY else words.duration(micros)


def deadline(due_at: int, now: int) -> str:
    """``due in 3 hours`` or ``overdue by 2 days``."""
    return f"due in {span(due_at - now)}" if due_at > now else f"overdue by {span(now - due_at)}"
