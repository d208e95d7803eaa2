"""Archives become records: what was read, with where it was read, and never changed again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from fieldfare.investigation.places import gazetteer
from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation
from fieldfare.sources.reader import Problems, ReadOptions

if TYPE_CHECKING:
    from fieldfare.language.indicators import Indicators
    from fieldfare.sources.registry import Found

AGAIN: Final = "the same file as another one; it was read once"
WAITING: Final = 3
MEMORY_LIMIT: Final = "1000MB"
"""Of the database while rows come in: nothing else in it needs memory then, and what goes to disk
is written twice."""
ROWS: Final = 60_000
"""Rows put into the database at a time."""

_WEAKEST: Final = (
    "CASE tz_basis WHEN 'unknown' THEN 3 WHEN 'assumed' THEN 2 WHEN 'offset' THEN 1 ELSE 0 END"
)


@dataclass
class Imported:
    """What was read by one run."""

    records: int = 0
    places: list[str] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)


def import_paths(
    case: Investigation,
    paths: Sequence[Path],
    options: ReadOptions,
    format_in: str | None = None,
    on_place: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Read everything at the paths into `records`, `described` and `sources`, in one
    transaction. What was read before, by its SHA-256, is not read again. Raises InputError
    where nothing at all can be read."""
    from fieldfare.sources.registry import find

    imported = Imported()
    found = sorted(find(paths, imported.problems, format=format_in), key=lambda one: str(one.place))
    known = {
        row["sha256"]: row["source"] for row in case.rows("SELECT source, sha256 FROM sources")
    }
    spool = _Spool(case)
    with case.memory(MEMORY_LIMIT), case.transaction():
        try:
            for one in found:
                _read(one, options, imported, known, spool, on_place)
            spool.finish()
        except BaseException:
            spool.stop()
            raise
        _note_problems(case, imported.problems)
    imported.records = spool.records
    return imported


def _read(
    found: Found,
    options: ReadOptions,
    imported: Imported,
    known: dict[str, str],
    spool: _Spool,
    on_place: Callable[[str], None],
) -> None:
    place, source = found.place, str(found.place)
    digest = place.sha256
    repeated = known.setdefault(digest, source) != source or source in spool.before
    if repeated and source not in imported.places:
        imported.problems.add(place, AGAIN, detail=known[digest], lost=False)
        return
    on_place(f"{place} ({found.reader.title})")
    imported.places.append(source)
    spool.begin(source, digest, found)
    before = imported.problems.lost
    for table, batch in found.read(options, imported.problems):
        spool.add(table, batch)
    spool.problems[source] += imported.problems.lost - before


class _Spool:
    """Rows on their way into the database. Annotating and writing run beside the reading: they
    need no interpreter, so that a second core reads on."""

    def __init__(self, case: Investigation) -> None:
        self._case = case
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._waiting: deque[Future[None]] = deque()
        self._batches: list[pa.RecordBatch] = []
        self._sources: dict[str, tuple[str, str, str, str]] = {}
        self.before = {row["source"] for row in case.rows("SELECT source FROM sources")}
        self.problems: Counter[str] = Counter()
        self.first = case.value("SELECT COALESCE(MAX(record) + 1, 0) FROM records")
        self.records = 0

    def begin(self, source: str, digest: str, found: Found) -> None:
        """The rows that follow are of this source."""
        reader = found.reader
        self._sources.setdefault(source, (digest, reader.name, reader.title, reader.completeness))

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take in a batch of a table."""
        if table == "messages":
            self._batches.append(batch)
            if sum(one.num_rows for one in self._batches) >= ROWS:
                self._submit()
        elif table == "accounts":
            self._later(self._write_accounts, pa.Table.from_batches([batch]))

    def _submit(self) -> None:
        if self._batches:
            self._later(self._write_messages, pa.Table.from_batches(self._batches))
            self._batches = []

    def _later(self, write: Callable[[pa.Table], None], rows: pa.Table) -> None:
        self._waiting.append(self._thread.submit(write, rows))
        while len(self._waiting) > WAITING:
            self._waiting.popleft().result()

    def _write_messages(self, rows: pa.Table) -> None:
        from fieldfare.language.annotate import LanguageModel, annotate
        from fieldfare.language.normalise import as_strings, normalise

        texts = rows["text"].combine_chunks()
        # One archive is read, and little may be missed.
        found = annotate(texts, LanguageModel.load(frames=True))
        normalised = normalise(as_strings(texts))
        columns = {name: found.column(name) for name in found.schema.names}
        arriving = rows
        for name in ("stated_age", "stated_age_confidence", "indicators"):
            arriving = arriving.append_column(name, columns[name])
        arriving = arriving.append_column("cues", said().find(normalised))
        arriving = arriving.append_column("places", gazetteer().find(normalised))
        self._insert(arriving, "records")
        self.records += rows.num_rows

    def _write_accounts(self, rows: pa.Table) -> None:
        self._insert(rows, "described")

    def _insert(self, rows: pa.Table, name: str) -> None:
        first = self.first + self.records
        with self._case.lent(arriving=rows):
            self._case.run(statements(f"arriving_{name}").replace("{first}", str(first)))

    def finish(self) -> None:
        """Write what waits, then the sources."""
        self._submit()
        while self._waiting:
            self._waiting.popleft().result()
        self._thread.shutdown()
        for source, (digest, reader, title, completeness) in sorted(self._sources.items()):
            self._case.connection.execute(
                "INSERT INTO sources SELECT ?, ?, ?, ?, ?,"
                f" CASE COALESCE(MAX({_WEAKEST}), 0) WHEN 3 THEN 'unknown' WHEN 2 THEN 'assumed'"
                " WHEN 1 THEN 'offset' ELSE 'utc' END, COUNT(*), ? FROM records WHERE source = ?",
                [source, digest, reader, title, completeness, self.problems[source], source],
            )

    def stop(self) -> None:
        """Forget what waits."""
        self._thread.shutdown(cancel_futures=True)


def _note_problems(case: Investigation, problems: Problems) -> None:
    for what, count in problems.counts.items():
        listed = problems.samples.get(what, [])
        noted = [[one.source, one.where, what, one.detail, 1] for one in listed]
        if count > len(listed):
            noted.append(["", "", what, "", count - len(listed)])
        for row in noted:
            case.connection.execute(
                "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?)", [*row, problems.loses(what)]
            )


@cache
def said() -> Indicators:
    """This room's phrases, found as the language room finds its own."""
    from fieldfare.language.indicators import read_indicators

    return read_indicators(files("fieldfare.investigation") / "phrases")
