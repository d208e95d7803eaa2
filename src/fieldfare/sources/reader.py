"""The seam of this room: what a reader is, and what it is given.

A reader is a class with a cheap `detect` and a `read` that yields Arrow record batches, each
with the schema of one table of the vocabulary. `RecordReader` is for formats read one record
at a time: it yields typed records and this module packs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

import pyarrow as pa

from fieldfare.sources.place import Member, Place
from fieldfare.vocabulary import Record

Completeness = Literal["everything", "one side", "unknown"]
"""What the format holds of a conversation. From an export of one side nothing may be concluded
about what the other side did not do."""

MAX_SAMPLES = 20


@dataclass(frozen=True)
class Problem:
    """One thing that could not be read: where, and what, never with text of a message."""

    source: str
    member: str
    locator: str
    what: str
    detail: str = ""
    """What to do about it, where the phrase alone does not say."""

    @property
    def where(self) -> str:
        """Source, member and locator, those there are."""
        return ": ".join(part for part in (self.source, self.member, self.locator) if part)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line} ({self.detail})" if self.detail else line


@dataclass
class Problems:
    """Counts everything that was skipped or doubtful, and keeps the first few of each kind."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Problem]] = field(default_factory=dict)
    most: int = MAX_SAMPLES
    """How many of a kind are kept."""
    _harmless: set[str] = field(default_factory=set)

    def add(
        self,
        place: Place | str,
        what: str,
        *,
        member: str = "",
        locator: str = "",
        detail: str = "",
        times: int = 1,
        lost: bool = True,
    ) -> None:
        """Note that `what` (a short, constant phrase) went wrong at a place. Not `lost`: what is
        left out or doubtful by its nature, such as a line of the service's own; it is counted and
        located as others are, and nothing that was written is lost by it."""
        self.counts[what] += times
        if not lost:
            self._harmless.add(what)
        kept = self.samples.setdefault(what, [])
        if len(kept) < self.most:
            kept.append(Problem(str(place), member, locator, what, detail))

    def loses(self, what: str) -> bool:
        """Whether something of the input is lost, or may be, where this was noted."""
        return what not in self._harmless

    @property
    def total(self) -> int:
        """Of everything."""
        return sum(self.counts.values())

    @property
    def lost(self) -> int:
        """Of what could not be read, or not fully: without what loses nothing."""
        return sum(count for what, count in self.counts.items() if self.loses(what))


@dataclass(frozen=True)
class ReadOptions:
    """What the person at the keyboard knows and the files do not say."""

    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    """Order of day and month where a format writes them as numbers."""
    time_zone: str | None = None
    """IANA zone of local times without an offset. None: read as UTC and marked ``unknown``."""
    metadata_only: bool = False
    """Drop text while reading; no later stage sees it."""
    progress: Callable[[int], None] | None = None
    """Called with a number of bytes read since the last call."""


class Reader(Protocol):
    """One format. Its docstring lists the versions it was tested on and its references."""

    name: ClassVar[str]
    """Short, as in ``--format-in whatsapp``."""
    title: ClassVar[str]
    """As a person would say it: ``WhatsApp chat export (.txt)``."""
    completeness: ClassVar[Completeness]

    def detect(self, place: Place) -> bool:
        """True where this place is of this format, and no other reader's. Looks at names and a
        few kilobytes only. A static method will do."""
        ...

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield (table, batch): a name of `vocabulary.schemas.TABLES` and rows of its schema.
        What cannot be read is noted in `problems` with its place, and the rest goes on. Raises
        InputError, one clear line, only where nothing at all can be read or a question must be
        answered first."""
        ...

    def others(self, place: Place) -> Sequence[Member]:
        """Of a folder or ZIP that this reader takes as a whole: the members it neither reads nor
        accounts for and that may be of another format. They are tried one by one."""
        ...


class WholeFile:
    """A reader of single files, beside which nothing can lie."""

    def others(self, place: Place) -> Sequence[Member]:  # noqa: ARG002
        """Nothing."""
        return ()


DATA_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet", ".json", ".xml", ".txt", ".zip", ".gz")
"""Ends of the names of files that may be of some format, in lower case."""


def data_files(members: Iterable[Member]) -> list[Member]:
    """Those whose names end like data of some format."""
    return [member for member in members if member.name.lower().endswith(DATA_SUFFIXES)]


class RecordReader(WholeFile):
    """Base for formats read one record at a time: implement `records`."""

    batch_rows: ClassVar[int] = 32_768

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        """Yield records in the order of the source."""
        raise NotImplementedError

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        from fieldfare.sources.packing import pack

        yield from pack(
            self.records(place, options, problems),
            self.batch_rows,
            options.metadata_only,
            problems,
        )
