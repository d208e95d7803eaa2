"""What a stream on Spark keeps: a folder of micro-batches, each whole or not there.

    checkpoint/            Spark's own: which files belong to which micro-batch
    batches/N/             partial rows of the ledger, accounts, digests of messages seen
    base/N/                the same of all micro-batches up to N, merged
    assessments/N/         everyone's assessment after N, and the changes of band
    refused/N/             what was wrong in which file and line

A folder counts once ``done.json`` is in it, which is written last.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec

from fieldfare.vocabulary import FieldfareError, SettingsError

COMPACTED: Final = 16
"""After so many micro-batches their partial rows are merged into one base."""


class Kept:
    """The folder. Only one stream may use it; close it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self.folder / "stream.lock").open("a")
        except OSError as error:
            raise FieldfareError(f"{folder}: cannot be written to ({error.strerror})") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise SettingsError(
                f"{folder}: another stream works on it; stop that, or choose another --state"
            ) from None

    def close(self) -> None:
        """Leave it to others."""
        self._lock.close()

    def path(self, kind: str, number: int) -> Path:
        """Where the part of a micro-batch is, or is to be."""
        return self.folder / kind / f"{number:09d}"

    def facts(self, kind: str, number: int) -> dict[str, Any] | None:
        """What was written down at its end; None: it has not come to that."""
        try:
            found: dict[str, Any] = msgspec.json.decode(
                (self.path(kind, number) / "done.json").read_bytes()
            )
        except FileNotFoundError:
            return None
        return found

    def finish(self, kind: str, number: int, facts: dict[str, Any]) -> None:
        """From now on it counts."""
        path = self.path(kind, number)
        path.mkdir(parents=True, exist_ok=True)
        fresh = path / "done.json.new"
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(facts))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path / "done.json")

    def numbers(self, kind: str) -> list[int]:
        """Those that count, in order."""
        found = (int(path.parent.name) for path in (self.folder / kind).glob("*/done.json"))
        return sorted(found)

    def folded(self, number: int) -> bool:
        """A micro-batch is in what is kept."""
        return number <= self._base() or self.facts("batches", number) is not None

    def parts(self, table: str, before: int | None = None) -> list[str]:
        """Where the rows of a table are, those of micro-batches numbered below `before`."""
        base = self._base()
        found = [self.path("base", base)] if base >= 0 else []
        found += [self.path("batches", each) for each in self._since(base)]
        return [str(path / table) for path in found if before is None or int(path.name) < before]

    def standing(self) -> tuple[int | None, bool]:
        """The last event's time in microseconds UTC, and whether connections were told of."""
        base = self._base()
        facts = [self.facts("base", base)] if base >= 0 else []
        facts += [self.facts("batches", each) for each in self._since(base)]
        some = [each for each in facts if each is not None]
        times = [each["latest"] for each in some if each["latest"] is not None]
        return max(times, default=None), any(each["connections"] for each in some)

    def wants_base(self) -> bool:
        """There are enough micro-batches to merge."""
        return len(self._since(self._base())) >= COMPACTED

    def finish_base(self, number: int) -> None:
        """The base up to a micro-batch is whole."""
        latest, connections = self.standing()
        self.finish("base", number, {"latest": latest, "connections": connections})

    def last_assessments(self, number: int) -> Path | None:
        """Everyone's assessments after the last micro-batch before this one."""
        earlier = [each for each in self.numbers("assessments") if each < number]
        return self.path("assessments", earlier[-1]) / "assessments" if earlier else None

    def tidy(self, number: int) -> None:
        """Remove what is not needed any more once a micro-batch is assessed."""
        base = self._base()
        gone = [self.path("base", each) for each in self.numbers("base") if each < base]
        gone += [self.path("batches", each) for each in self.numbers("batches") if each <= base]
        # Changes stay with the assessments; of these two are enough.
        gone += [
            self.path("assessments", each) / "assessments"
            for each in self.numbers("assessments")
            if each < number - 1
        ]
        gone.append(self.path("batches", number) / "arrived")
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)

    def _base(self) -> int:
        numbers = self.numbers("base")
        return numbers[-1] if numbers else -1

    def _since(self, base: int) -> list[int]:
        return [each for each in self.numbers("batches") if each > base]
