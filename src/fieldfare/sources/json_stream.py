"""Objects out of large JSON files, one at a time.

What enters: a member of a place and a prefix as ijson writes it (``messages.item``). What leaves:
the objects there, in the order of the file, whatever its size. A file that is damaged gives all
that stands before the damage, and a Problem that says where it stopped. The parser's own words
are never passed on: they quote the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import ijson
from ijson.common import ObjectBuilder

from fieldfare.sources.decoding import JsonBytes
from fieldfare.sources.place import HEAD_BYTES, Member, Place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.vocabulary import InputError

DAMAGED = "the JSON is damaged or cut off here; the rest of the file was not read"
NOT_TEXT = "bytes that are not text; they were read as U+FFFD"
EMPTY = "a conversation without messages"
NOT_AN_OBJECT = "an entry that is not an object; it was left out"

Event = tuple[str, str, Any]
"""(prefix, event, value) as `ijson.parse` gives them."""

# ArithmeticError: a number whose exponent no Decimal can hold.
_BROKEN = (ijson.JSONError, ValueError, ArithmeticError, InputError, OSError)
"""What reading a member can raise because of what the member holds."""


def objects(
    place: Place, member: Member, prefix: str, options: ReadOptions, problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (index, object) of the array items at `prefix`; damage is noted and ends it."""
    name, index = prefix.removesuffix(".item"), 0
    with (
        noting(place, member, problems, lambda: f"{name}[{index}]"),
        _opened(place, member, options, problems) as stream,
    ):
        for item in ijson.items(stream, prefix):
            if isinstance(item, dict):
                yield index, item
            else:
                locator = f"{name}[{index}]"
                problems.add(place, NOT_AN_OBJECT, member=member.name, locator=locator)
            index += 1
        if index == 0:
            problems.add(place, EMPTY, member=member.name, lost=False)


def objects_by_key(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield (key, index, object) of a file that is one object whose values are lists of objects;
    damage is noted and ends it. `locator_of` says where each stands."""
    key, index = "", -1
    builder: ObjectBuilder | None = None

    def amiss(what: str) -> None:
        problems.add(place, what, member=member.name, locator=locator_of(key, max(index, 0)))

    with noting(place, member, problems, lambda: locator_of(key, max(index, 0))):
        for prefix, event, value in events(place, member, options, problems):
            if builder is not None:
                builder.event(event, value)
                if event == "end_map" and prefix == f"{key}.item":
                    yield key, index, builder.value
                    builder = None
            elif prefix == "" and event == "map_key":
                key, index = value, -1
            elif prefix == f"{key}.item" and event not in ("end_array", "map_key"):
                index += 1
                if event == "start_map":
                    builder = ObjectBuilder()
                    builder.event(event, value)
                else:
                    amiss(NOT_AN_OBJECT)
            elif prefix == key and event == "end_array" and index < 0:
                amiss(EMPTY)
            elif prefix == key and event not in ("start_array", "end_array", "map_key", "end_map"):
                amiss(NOT_AN_OBJECT)


def locator_of(key: str, index: int) -> str:
    """``"key"[3]``: the key is quoted, since it may hold any character."""
    return f"{json.dumps(key, ensure_ascii=False)}[{index}]"


def events(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[Event]:
    """Yield the parser's events. Raises what `noting` catches."""
    with _opened(place, member, options, problems) as stream:
        yield from ijson.parse(stream)


def first_pass(place: Place, member: Member) -> Iterator[Event]:
    """Yield the parser's events up to the end or the damage, in silence: the pass that reads
    the messages is the one that reports."""
    try:
        with place.open(member) as raw:
            yield from ijson.parse(JsonBytes(raw))
    except _BROKEN:
        return


@contextmanager
def noting(
    place: Place, member: Member, problems: Problems, locator: Callable[[], str]
) -> Iterator[None]:
    """Turn damage met inside the block into a Problem at `locator`."""
    try:
        yield
    except _BROKEN:
        problems.add(place, DAMAGED, member=member.name, locator=locator())


@contextmanager
def _opened(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[JsonBytes]:
    with place.open(member) as raw:
        stream = JsonBytes(raw, options.progress)
        try:
            yield stream
        finally:
            if stream.damaged:
                problems.add(place, NOT_TEXT, member=member.name)


def outline(place: Place, member: Member, size: int = HEAD_BYTES) -> dict[str, str]:
    """The prefixes met in a member's first bytes, each with its first event: what a detector
    needs to know a format by its structure, never by words somebody may have typed."""
    met: dict[str, str] = {}
    try:
        with place.open(member) as raw:
            for prefix, event, _ in ijson.parse(_Head(JsonBytes(raw), size)):
                met.setdefault(prefix, event)
    except _BROKEN:
        # A head ends in the middle; what was met before is the answer.
        pass
    return met


class _Head:
    """The first `size` bytes of a stream."""

    def __init__(self, stream: JsonBytes, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int = -1) -> bytes:
        # Small reads, so that the events before the cut arrive although the last read fails.
        data = self._stream.read(min(size, 4096, self._left) if size >= 0 else self._left)
        self._left = max(0, self._left - len(data))
        return data


def integer(value: object) -> int | None:
    """A whole number of at most 63 bits, also where it is written as text or ``1.0``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and len(value) <= 20:
        value = int(value) if value.removeprefix("-").isdigit() else None
    elif isinstance(value, Decimal):
        # The exponent first: int() of 1E+999999999 would never end.
        if not value.is_finite() or value.adjusted() > 18 or value.as_integer_ratio()[1] != 1:
            return None
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def text(value: object) -> str | None:
    """The value where it is a string that is not empty."""
    return value if isinstance(value, str) and value else None


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a value that should be a list of them; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
