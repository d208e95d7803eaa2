"""Our own JSON Lines: one record a line, told apart by its ``type``. See docs/formats.md."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import msgspec

from fieldfare.sources.checking import IN_1970, TIMES
from fieldfare.sources.lines import blocks
from fieldfare.sources.packing import TABLE_OF
from fieldfare.sources.place import Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import Account, Origin, Record
from fieldfare.vocabulary.schemas import REQUIRED
from fieldfare.vocabulary.times import WRONG_UNIT

SUFFIXES = (".jsonl", ".ndjson")
_TAG = re.compile(rb'"type"\s*:\s*"(message|account|connection|notice)"')
_FIELD = re.compile(r"(?:at `\$\.?|required field `)([a-z_]+)")

NOT_JSON = "a line that is not JSON; it was left out"
NOT_UTF8 = "a line that is not UTF-8; it was left out"
NOT_A_RECORD = "a line that is no record of this form; it was left out"
TOO_DEEP = "a line nested too deeply; it was left out"


class _Tagged(msgspec.Struct):
    type: str


class JsonLines(RecordReader):
    """Our own JSON Lines, plain or in gzip. The form is the one of `vocabulary.records`."""

    name: ClassVar[str] = "jsonl"
    title: ClassVar[str] = "Fieldfare JSON Lines (.jsonl, .jsonl.gz)"
    completeness: ClassVar[Completeness] = "everything"

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        if member is None:
            return False
        head = place.head(member).removeprefix(codecs.BOM_UTF8)
        if place.name_of(member).lower().endswith(SUFFIXES):
            # Among damaged lines, one that names its type is enough.
            return any(
                _TAG.search(line) for line in head.split(b"\n") if line.lstrip().startswith(b"{")
            )
        return any(_is_record(line) for line in head.split(b"\n")[:100])

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        """Yield the record of every line that has one, in order."""
        member = place.only()
        source = str(place)
        for first, block in blocks(place, member, options, problems):
            yield from decode_lines(block, first, source, member.name, problems)


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@cache
def _decoder() -> msgspec.json.Decoder[Record]:
    return msgspec.json.Decoder(Record)


def _is_record(line: bytes) -> bool:
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        tagged = msgspec.json.decode(line, type=_Tagged)
    except _UNREADABLE:
        return False
    return tagged.type in ("message", "account", "connection", "notice")


def decode_lines(
    block: bytes, first: int, source: str, member: str, problems: Problems
) -> Iterator[Record]:
    """The record of every line that has one, in order; `first` is the number of the first line.
    A line that cannot be read is noted in `problems` with its number."""
    try:
        found = _decoder().decode_lines(block)
    except _UNREADABLE:
        found = None
    if found is None or len(found) != block.count(b"\n") + (not block.endswith(b"\n")):
        # Blank lines, too: only counting them one by one keeps the numbers right.
        yield from _one_by_one(block.split(b"\n"), "line", first, source, member, problems)
        return
    for number, record in enumerate(found, first):
        yield from _usable(record, source, member, f"line {number}", problems)


def decode_array(body: bytes, source: str, problems: Problems) -> Iterator[Record]:
    """The record of every item of a JSON array that is one, in order. An item that cannot be read
    is noted in `problems` with its number, from 1. Raises msgspec.DecodeError or RecursionError
    where the body is no JSON array."""
    items = msgspec.json.decode(body, type=list[msgspec.Raw])
    yield from _one_by_one([bytes(item) for item in items], "item", 1, source, "", problems)


def _one_by_one(
    lines: list[bytes], unit: str, first: int, source: str, member: str, problems: Problems
) -> Iterator[Record]:
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        locator = f"{unit} {number}"
        try:
            record = _decoder().decode(line)
        except _UNREADABLE as error:
            mended, wrong = _mended(line, error)
            for what in wrong:
                problems.add(source, what, member=member, locator=locator)
            if mended is None:
                continue
            record = mended
        yield from _usable(record, source, member, locator, problems)


def _usable(
    record: Record, source: str, member: str, locator: str, problems: Problems
) -> Iterator[Record]:
    """The record with its origin; nothing where its time is plainly in another unit."""
    if not isinstance(record, Account):
        when = getattr(record, TIMES[TABLE_OF[type(record)]])
        if isinstance(when, int) and WRONG_UNIT[0] <= when < WRONG_UNIT[1]:
            what = f"{IN_1970}; the record was left out"
            problems.add(source, what, member=member, locator=locator)
            return
    yield _located(record, source, member, locator)


NAMES = ("id", "conversation", "sender", "account", "peer")
KEPT = frozenset({"type", "kind"}).union(*REQUIRED.values())
"""Fields without which, or with another value than it says, a record would say something else."""


def _mended(line: bytes, error: Exception) -> tuple[Record | None, list[str]]:
    """The record of a line that is not quite of our form, and what was wrong with it: one field
    of the wrong type must not cost the others. Whole numbers may name accounts, as in Parquet."""
    if not isinstance(error, msgspec.ValidationError):
        return None, [_reason(error)]
    try:
        fields = msgspec.json.decode(line)
    except _UNREADABLE as worse:
        # The wrong field was met before what is no JSON at all.
        return None, [_reason(worse)]
    if not isinstance(fields, dict):
        return None, [NOT_A_RECORD]
    for name in NAMES:
        fields[name] = _name(fields.get(name))
    recipients = fields.get("recipients")
    if isinstance(recipients, list):
        fields["recipients"] = [_name(each) for each in recipients]
    elif recipients is not None:
        fields["recipients"] = [_name(recipients)]
    fields = {name: value for name, value in fields.items() if value is not None}
    wrong: list[str] = []
    while True:
        try:
            return msgspec.convert(fields, Record, strict=False), wrong
        except msgspec.ValidationError as again:
            named = _FIELD.search(str(again))
            if named is None or named[1] in KEPT or fields.pop(named[1], None) is None:
                return None, [_reason(again)]
            wrong.append(f"a value of {named[1]} that cannot be read; it was left empty")


def _name(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _reason(error: Exception) -> str:
    """Why, in words of ours: the decoder's own message may quote the line."""
    if isinstance(error, UnicodeDecodeError):
        return NOT_UTF8
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if not isinstance(error, msgspec.ValidationError):
        return NOT_JSON
    named = _FIELD.search(str(error))
    # The path names only fields of ours, never a key of the line.
    return f"{NOT_A_RECORD} ({named[1]})" if named else NOT_A_RECORD


def _located(record: Record, source: str, member: str, locator: str) -> Record:
    if record.origin is not None:
        return record
    when = getattr(record, TIMES[TABLE_OF[type(record)]])
    raw = "" if when is None else str(when)
    origin = Origin(
        source=source,
        member=member,
        locator=locator,
        raw_time=raw,
        tz_basis="offset" if isinstance(when, str) and not when.endswith("Z") else "utc",
    )
    # Ten times as fast as msgspec.structs.replace, and nobody else holds the record yet.
    msgspec.structs.force_setattr(record, "origin", origin)
    return record
