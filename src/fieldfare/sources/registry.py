"""Which reader reads what.

What enters: the paths a person named. What leaves: record batches of everything recognised in
them, and a Problem for everything that was not. A new format is one line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fieldfare.sources.place import FolderPlace, Place, ZipPlace, open_place
from fieldfare.sources.reader import Problems, Reader, ReadOptions
from fieldfare.vocabulary import InputError, SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

    from fieldfare.sources.mapping import Mapping

READERS: tuple[str, ...] = (
    "fieldfare.sources.jsonl:JsonLines",
    "fieldfare.sources.parquet_file:ParquetFile",
    "fieldfare.sources.csv_file:CsvFile",
    "fieldfare.sources.snap:EdgeList",
    "fieldfare.sources.messenger:Messenger",
    "fieldfare.sources.messenger_e2ee:MessengerEncrypted",
    "fieldfare.sources.instagram:Instagram",
    "fieldfare.sources.whatsapp:WhatsApp",
    "fieldfare.sources.telegram:Telegram",
    "fieldfare.sources.discord_chat_exporter:DiscordChatExporter",
    "fieldfare.sources.sms_backup:SmsBackup",
    "fieldfare.sources.snapchat:Snapchat",
    "fieldfare.sources.matrix:Matrix",
    "fieldfare.sources.slack:Slack",
    "fieldfare.sources.google_chat:GoogleChat",
    "fieldfare.sources.roblox:Roblox",
    "fieldfare.sources.discord_package:DiscordPackage",
    "fieldfare.sources.signal_export:SignalExport",
    "fieldfare.sources.ufdr:Ufdr",
    "fieldfare.sources.ios_messages:IosMessages",
    "fieldfare.sources.lava:Lava",
)
"""Every reader, as module:class, imported when first needed. Their order does not matter:
exactly one fits a place."""

UNRECOGNISED = "a file that no reader recognises; it was not read"
NESTED = "a ZIP inside a ZIP; it was not read: unpack the outer one and give the folder"
REFUSED = "a member that is not safe to read; it was not read"
UNREADABLE = "a file that could not be read"


@dataclass(frozen=True)
class Found:
    """A place, and the reader that reads it."""

    place: Place
    reader: Reader
    inside: bool = False
    """True where it was found inside a path that was named, not named itself."""

    def read(
        self, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The record batches of this place; see `Reader.read`. What turns out to be unreadable
        raises InputError where it was named by itself; inside a folder or ZIP it is noted in
        `problems`, so that the others are read."""
        try:
            yield from self.reader.read(self.place, options, problems)
        except InputError as error:
            if not self.inside:
                raise
            problems.add(self.place, UNREADABLE, member=_member(self.place), detail=str(error))


@cache
def readers() -> tuple[Reader, ...]:
    """One of every reader in `READERS`."""
    return tuple(_load(reference) for reference in READERS)


def _load(reference: str) -> Reader:
    module, _, name = reference.partition(":")
    return cast("Reader", getattr(import_module(module), name)())


def reader_named(name: str) -> Reader:
    """The reader with that short name. Raises SettingsError naming those there are."""
    for reader in readers():
        if reader.name == name:
            return reader
    known = ", ".join(sorted(reader.name for reader in readers()))
    raise SettingsError(f"no format is called {name!r}; the formats are {known}")


def detect(place: Place) -> Reader:
    """The reader for a place. Raises InputError where none fits, and where several do."""
    fitting = _fitting(place)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(reader.name for reader in fitting)
        raise InputError(f"{place}: could be any of {names}; name the format of this path")
    raise InputError(f"{place}: {_why_not(place, Problems())}")


def find(
    paths: Sequence[Path],
    problems: Problems,
    mapping: Mapping | None = None,
    format: str | None = None,  # noqa: A002
) -> Iterator[Found]:
    """Yield everything readable at the paths, in the order given, and inside each by name.

    A folder or ZIP that no reader takes as a whole is walked, and each thing in it is tried by
    itself. What is refused or not recognised inside is noted in `problems`; a path of which
    nothing is recognised raises InputError. With `format`, that reader reads every file named,
    and in folders and ZIPs what it recognises; with `mapping`, the same of the mapping.
    """
    if mapping is not None and format is not None:
        raise SettingsError("a column mapping and a format were both given; give one of them")
    chosen = reader_named(format) if format else None
    if mapping is not None:
        from fieldfare.sources.mapping import MappedReader

        chosen = MappedReader(mapping)
    for path in paths:
        place = open_place(path)
        _note_refused(place, problems)
        if chosen is not None and place.single is not None:
            yield Found(place, chosen)
            continue
        found, unknown = _walk(place, problems, chosen)
        if not found:
            raise InputError(f"{place}: {_why_not(place, problems)}")
        for part in unknown:
            problems.add(part, NESTED if _is_zip(part) else UNRECOGNISED, member=_member(part))
        yield from found


def read_paths(
    paths: Sequence[Path],
    options: ReadOptions,
    problems: Problems,
    mapping: Mapping | None = None,
    format: str | None = None,  # noqa: A002
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield (table, batch) of everything at the paths; see `find` and `Found.read`."""
    for found in find(paths, problems, mapping, format):
        yield from found.read(options, problems)


def _fitting(place: Place) -> list[Reader]:
    try:
        return [reader for reader in readers() if reader.detect(place)]
    except InputError:
        # Damaged from its first byte: nothing can recognise it.
        return []


def _walk(
    place: Place, problems: Problems, chosen: Reader | None, inside: bool = False
) -> tuple[list[Found], list[Place]]:
    """What is found in a place, and the files in it that no reader recognises."""
    fitting = _fitting(place) if chosen is None else [r for r in (chosen,) if r.detect(place)]
    if len(fitting) == 1:
        return [Found(place, fitting[0], inside), *_beside(place, fitting[0], problems)], []
    if fitting and place.single is not None:
        detect(place)
    found: list[Found] = []
    unknown: list[Place] = []
    for part in place.parts():
        try:
            if isinstance(part, ZipPlace):
                _note_refused(part, problems)
            inner, left = _walk(part, problems, chosen, inside=True)
        except InputError as error:
            problems.add(part, UNREADABLE, member=_member(part), detail=str(error))
            continue
        found += inner
        unknown += left
    if place.single is not None:
        # Raises, and says why, where not even the first byte can be read.
        place.head(place.single, 1)
    if isinstance(place, FolderPlace):
        return found, unknown
    # A ZIP of which nothing is known (a document, a program) is one unknown thing, not hundreds.
    return (found, unknown) if found else ([], [place])


def _beside(place: Place, reader: Reader, problems: Problems) -> Iterator[Found]:
    """What lies in a place beside the format that takes it as a whole. What nobody recognises
    there may have been attached to a message, and is no problem."""
    if place.single is not None:
        return
    for member in reader.others(place):
        try:
            part = place.part(member)
            if isinstance(part, ZipPlace):
                _note_refused(part, problems)
            yield from _walk(part, problems, None, inside=True)[0]
        except InputError as error:
            problems.add(place, UNREADABLE, member=member.name, detail=str(error))


def _note_refused(place: Place, problems: Problems) -> None:
    for name, reason in place.refused.items():
        problems.add(place, REFUSED, member=name, detail=reason)


def _member(place: Place) -> str:
    return place.single.name if place.single is not None else ""


def _is_zip(place: Place) -> bool:
    return place.single is not None and place.head(place.single, 4) == b"PK\x03\x04"


def _why_not(place: Place, problems: Problems) -> str:
    member = place.single
    if member is None:
        known = (*problems.samples.get(REFUSED, ()), *problems.samples.get(UNREADABLE, ()))
        for noted in known:
            if noted.source.startswith(str(place)):
                where = f"{noted.member}: " if noted.member not in noted.detail else ""
                return (
                    f"nothing in it can be read ({where}{noted.detail.removeprefix(f'{place}: ')})"
                )
        if place.members and all(_is_zip(part) for part in place.parts()):
            return "it holds other ZIPs only; unpack it and give the folder"
        if not place.members:
            return "there is no readable file in it; check the path"
        return f"nothing in it is recognised; {_KNOWN}"
    head = place.head(member, 4)
    if not head:
        return "the file is empty; check that it was copied completely"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "the text is UTF-16; save it as UTF-8 and try again"
    return f"the format is not recognised; {_KNOWN}"


_KNOWN = (
    "`fieldfare formats` lists what is; other Parquet, CSV and JSON Lines need a column mapping"
)
