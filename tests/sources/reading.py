"""Reading a fixture with its reader, as plain rows that a test can write down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldfare.sources.place import open_place
from fieldfare.sources.reader import Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import Account, Message
from fieldfare.vocabulary.times import isoformat
from tests.sources.fixtures import Files, as_file, as_folder


@dataclass
class Reading:
    """What came out of a place."""

    accounts: dict[str, str | None]
    """Name by id."""
    messages: list[Message]
    problems: Problems

    def lines(self) -> Iterator[tuple[object, ...]]:
        """Each message as (locator, sender, recipients, time, text, kinds of media, warnings)."""
        for message in self.messages:
            origin = message.origin
            assert origin is not None
            yield (
                origin.locator,
                message.sender.partition(":")[2],
                tuple(account.partition(":")[2] for account in message.recipients),
                isoformat(int(message.sent_at)),
                message.text,
                tuple(media.kind for media in message.media),
                origin.warnings,
            )


def read(
    reader: RecordReader, files: Files, folder: Path, options: ReadOptions | None = None
) -> Reading:
    """Read files, written below a folder, with a reader."""
    path = (as_file if len(files) == 1 else as_folder)(files, folder)
    return read_path(reader, path, options)


def read_path(reader: RecordReader, path: Path, options: ReadOptions | None = None) -> Reading:
    """Read a path with a reader."""
    found = Reading({}, [], Problems())
    for record in reader.records(open_place(path), options or ReadOptions(), found.problems):
        if isinstance(record, Account):
            assert record.id not in found.accounts, "an account came twice"
            found.accounts[record.id] = record.name
        elif isinstance(record, Message):
            found.messages.append(record)
    return found
