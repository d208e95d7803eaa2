"""Read everything, annotate what has text, and spool it to Parquet for the engine.

A plain Parquet file of messages without text needs neither and is handed over as it is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.contacts.accounts import PREPARED, prepare
from fieldfare.contacts.intake import MOST_RECIPIENTS, EventFiles
from fieldfare.scan.settings import ScanSettings
from fieldfare.sources.place import Place
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary.schemas import CONNECTIONS, NOTICES

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

MEDIA_SENT: Final = pa.schema(
    [
        ("id", pa.string()),
        ("sender", pa.string()),
        ("sent_at", pa.int64()),
        ("source", pa.string()),
        ("member", pa.string()),
        ("locator", pa.string()),
        ("kind", pa.string()),
        ("hash", pa.string()),
    ]
)
"""What was sent beside text, a row each, with what tells its message: for snapshots alone."""

SPOOLED: Final[dict[str, pa.Schema]] = {
    "media": MEDIA_SENT,
    "accounts": PREPARED,
    "connections": CONNECTIONS,
    "notices": NOTICES,
}
"""How tables are written; messages as the language room leaves them."""

REPEATED: Final = [
    "kind",
    "sender",
    "recipients.list.element",
    "origin.source",
    "origin.member",
    "origin.tz_basis",
    "age",
    "age_basis",
    "age_confidence",
    "country",
    "country_basis",
    "utc_offset_hours",
]
"""Columns whose values repeat; a dictionary of the others (ids, times) would only cost."""

WAITING: Final = 4


@dataclass
class Gathered:
    """What was read."""

    files: EventFiles = field(default_factory=EventFiles)
    problems: Problems = field(default_factory=Problems)
    rows: Counter[str] = field(default_factory=Counter)
    """Rows by table; those of files handed over as they are included."""
    formats: Counter[str] = field(default_factory=Counter)
    """Places by the title of their format."""
    sources: dict[str, str] = field(default_factory=dict)
    """SHA-256 by path, of everything that was read through (not of files handed over)."""
    one_sided: list[str] = field(default_factory=list)
    """Places whose format holds one side of a conversation only."""
    language: str = ""
    """Fingerprint of the language model, where there was text."""
    media: Path | None = None
    """Parquet file of `MEDIA_SENT`; None where nothing was sent beside text."""
    announcements: int = 0
    """Messages to more than `MOST_RECIPIENTS`, those of `unsure` not included."""
    unsure: list[Path] = field(default_factory=list)
    """Files handed over that may hold announcements, by their own statistics."""

    def announced(self) -> list[str]:
        """What a reader of results must know of announcements: one sentence, or none."""
        if not self.announcements:
            return []
        were = "message was" if self.announcements == 1 else "messages were"
        return [
            f"{self.announcements:,} {were} sent to more than {MOST_RECIPIENTS} recipients: such an"
            " announcement is not counted as contact with any of them."
        ]


class Spool:
    """Parquet files, one a table, written as batches arrive.

    Annotating and writing run in a thread beside the reading: the work is Arrow's and Numba's,
    which need no interpreter, so that a second core reads on. At most `WAITING` batches wait.
    """

    def __init__(self, folder: Path, *, frames: bool = False, heads: bool = False) -> None:
        self._folder = folder
        self._frames, self._heads = frames, heads
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._model: LanguageModel | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._waiting: deque[Future[None]] = deque()
        self.announcements = 0
        """Messages to more than `MOST_RECIPIENTS` among those written."""

    @property
    def language(self) -> str:
        """Fingerprint of the language model, or nothing where no text was seen."""
        return "" if self._model is None else self._model.fingerprint

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Annotate or prepare a batch and write it; batches are written in the order given. What
        goes wrong with one is raised by a later call, at the latest by `finish`."""
        self._waiting.append(self._thread.submit(self._write, table, batch))
        while len(self._waiting) > WAITING:
            self._waiting.popleft().result()

    def _write(self, table: str, batch: pa.RecordBatch) -> None:
        schema = SPOOLED.get(table)
        if table == "messages":
            # The language room loads when there is something to read.
            from fieldfare.language.messages import ANNOTATED, annotate_messages

            schema = ANNOTATED
            many = pc.greater(pc.list_value_length(batch["recipients"]), MOST_RECIPIENTS)
            self.announcements += pc.sum(many).as_py() or 0
            sent = media_sent(batch)
            if sent.num_rows:
                self._write("media", sent)
            batch = annotate_messages(batch, self._language)
        elif table == "accounts":
            batch = prepare(batch)
        if table not in self._writers:
            self._writers[table] = pq.ParquetWriter(
                self._folder / f"{table}.parquet",
                schema,
                compression="lz4",
                use_dictionary=REPEATED,
                write_statistics=False,
            )
        self._writers[table].write_batch(batch.cast(schema))

    def finish(self, files: EventFiles) -> Path | None:
        """Write what waits, close the files and list them; the file of media, if there is one."""
        while self._waiting:
            self._waiting.popleft().result()
        self._thread.shutdown()
        media: Path | None = None
        for table, writer in self._writers.items():
            writer.close()
            path = self._folder / f"{table}.parquet"
            if table == "media":
                media = path
            else:
                getattr(files, table).append(path)
        return media

    def _language(self) -> LanguageModel:
        from fieldfare.language.annotate import LanguageModel

        if self._model is None:
            self._model = LanguageModel.load(frames=self._frames, heads=self._heads)
        return self._model


def media_sent(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The media of a batch of messages, as rows of `MEDIA_SENT`."""
    parents = pc.list_parent_indices(batch["media"])
    items = pc.list_flatten(batch["media"])
    found = {name: batch[name].take(parents) for name in ("id", "sender", "sent_at")}
    origin = batch["origin"].take(parents)
    found |= {name: pc.struct_field(origin, name) for name in ("source", "member", "locator")}
    found |= {name: pc.struct_field(items, name) for name in ("kind", "hash")}
    return pa.RecordBatch.from_pydict(
        {
            name: pc.cast(found[name], kind)
            for name, kind in zip(MEDIA_SENT.names, MEDIA_SENT.types, strict=True)
        },
        schema=MEDIA_SENT,
    )


def gather(
    paths: Sequence[Path],
    settings: ScanSettings,
    folder: Path,
    on_place: Callable[[str], None] = lambda _: None,
    on_handed_over: Callable[[list[Path]], None] = lambda _: None,
) -> Gathered:
    """Read paths into Parquet files under `folder`. Raises InputError where nothing can be read.

    `on_place` is called with each place as it is read; `on_handed_over` with the files that are
    left to the engine as they are, before anything else is read.
    """
    from fieldfare.sources.mapping import load_mapping
    from fieldfare.sources.registry import find

    mapping = load_mapping(settings.mapping) if settings.mapping is not None else None
    gathered, spool = Gathered(), Spool(folder, frames=settings.frames, heads=settings.heads)
    to_read = []
    for found in find(paths, gathered.problems, mapping, settings.format_in):
        gathered.formats[found.reader.title] += 1
        if mapping is not None or not _hand_over(found.place, gathered):
            to_read.append(found)
    on_handed_over(list(gathered.files.messages))
    for found in to_read:
        on_place(f"{found.place} ({found.reader.title})")
        if found.reader.completeness == "one side":
            gathered.one_sided.append(str(found.place))
        for table, batch in found.read(settings.read, gathered.problems):
            gathered.rows[table] += batch.num_rows
            spool.add(table, batch)
        gathered.sources[str(found.place)] = found.place.sha256
    gathered.media = spool.finish(gathered.files)
    gathered.language = spool.language
    gathered.announcements = spool.announcements
    return gathered


def _hand_over(place: Place, gathered: Gathered) -> bool:
    from fieldfare.sources.parquet_file import is_plain_messages

    plain = is_plain_messages(place)
    if plain is None or plain.has_text or plain.has_media:
        return False
    gathered.files.messages.append(place.path)
    gathered.rows["messages"] += plain.rows
    if plain.most_recipients > MOST_RECIPIENTS:
        gathered.unsure.append(place.path)
    return True
