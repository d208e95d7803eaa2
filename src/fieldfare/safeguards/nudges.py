"""What a child is told about a conversation on its own device: levels are data, ``nudges.toml``.

What enters: the evidence of what the other wrote, and what the device knows of the child. What
leaves: a text for the child and what it can do. Nothing is said of the other person: most are
harmless. ``device/nudges.js`` does the same where the messages are; this twin is for servers that
may read, and for tests.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from fieldfare.language.phrases import read_catalogue
from fieldfare.safeguards import texts
from fieldfare.safeguards.conditions import ADULT_FROM
from fieldfare.safeguards.decide import TEENAGER_FROM
from fieldfare.safeguards.device_signal import SignalPolicy
from fieldfare.vocabulary import SettingsError


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One level; see ``nudges.toml`` for what each field does."""

    id: str
    text: str
    first_message: bool
    any: list[str]
    counted: list[str]
    stages: int
    stages_connected: int
    help: bool
    actions: list[Literal["pause", "tell_someone", "block", "report"]]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    levels: list[Level]
    signal: SignalPolicy


@dataclass(frozen=True)
class Child:
    """What the device knows of the child."""

    age: float | None = None
    """Years; unknown is treated as 13 to 17."""
    language: str | None = None
    """BCP 47 tag."""
    helpline: tuple[str, str] | None = None
    """Name and contact of one in its country."""


@dataclass(frozen=True)
class Nudge:
    """What the child is told."""

    level: int
    """From 1 on."""
    id: str
    text: str
    language: str
    actions: tuple[str, ...]


@cache
def _file() -> _File:
    content = (files("fieldfare.safeguards") / "nudges.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(content), _File)


def signal_policy() -> SignalPolicy:
    """What ships of signals that leave a device: none do."""
    return _file().signal


@cache
def levels() -> tuple[Level, ...]:
    """The levels that ship, from the mildest on. Raises SettingsError for a text, indicator or
    stage that does not exist."""
    found = _file().levels
    catalogue = read_catalogue()
    known = {one.id for one in catalogue} | {one.stage for one in catalogue}
    for level in found:
        for name in (*level.any, *level.counted):
            if name not in known:
                raise SettingsError(f"nudges.toml: {level.id}: no indicator or stage '{name}'")
        if level.text not in texts.keys().children:
            raise SettingsError(f"nudges.toml: {level.id}: no text '{level.text}' for children")
    return tuple(found)


def nudge(
    messages: int, indicators: Collection[str], child: Child, *, connected: bool, shown: int = 0
) -> Nudge | None:
    """What to tell the child after a message; None: nothing. `messages` and `indicators` are of all
    that the other wrote to it; `shown` is the level told last in this conversation, 0 for none."""
    if child.age is not None and child.age >= ADULT_FROM:
        return None
    stages = {one.id: one.stage for one in read_catalogue()}
    for number in range(len(levels()), shown, -1):
        if _reached(levels()[number - 1], messages, indicators, stages, connected):
            return _told(number, child)
    return None


def _reached(
    level: Level,
    messages: int,
    indicators: Collection[str],
    stages: Mapping[str, str],
    connected: bool,
) -> bool:
    if not connected and level.first_message and messages > 0:
        return True
    if not connected and not set(level.any).isdisjoint(indicators):
        return True
    counted = len(set(level.counted) & {stages[each] for each in indicators})
    needed = level.stages_connected if connected else level.stages
    return 0 < needed <= counted


def _told(number: int, child: Child) -> Nudge:
    level = levels()[number - 1]
    language = texts.resolve(child.language)
    young = child.age is not None and child.age < TEENAGER_FROM
    words = texts.for_child(language, level.text, "under_13" if young else "from_13")
    if level.help:
        own = texts.texts(language)
        here = child.helpline
        words += " " + (
            own.help_here.format(name=here[0], contact=here[1]) if here else own.help_elsewhere
        )
    return Nudge(number, level.id, words, language, tuple(level.actions))


def device_nudges(signal: SignalPolicy | None = None) -> dict[str, Any]:
    """Levels and texts as a device's tables have them: JSON. `signal`: another policy of signals
    than the one that ships."""
    wanted = {level.text for level in levels()}
    return {
        "levels": [msgspec.to_builtins(level) for level in levels()],
        "signal": msgspec.to_builtins(signal or signal_policy()),
        "tags": texts.tags(),
        "languages": {
            own.language: {
                "ways_out": msgspec.to_builtins(own.ways_out),
                "help_here": own.help_here,
                "help_elsewhere": own.help_elsewhere,
                "children": {
                    key: msgspec.to_builtins(text)
                    for key, text in own.children.items()
                    if key in wanted
                },
            }
            for own in map(texts.texts, texts.languages())
        },
    }
