"""The folder ``evidence/`` of a scan: one snapshot a file, complete or not there.

The files hold message text in clear, as the input did: only the one who made them can read them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fieldfare.scan.snapshot import Snapshot, decode, encode
from fieldfare.vocabulary import InputError

NAME: Final = "evidence"
_DRAFT: Final = "evidence.part"


class EvidenceFolder:
    """Takes the snapshots of a scan; `finish` lets them appear in place of an earlier scan's."""

    def __init__(self, out: Path) -> None:
        """`out` is the folder of the results, which exists."""
        self._out, self._draft = out, out / _DRAFT
        self.written = 0
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(mode=0o700)

    def keep(self, snapshot: Snapshot) -> None:
        """Write one, numbered in the order they come."""
        self.written += 1
        path = self._draft / f"{self.written:05}.json"
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            file.write(encode(snapshot))

    def finish(self) -> None:
        """Let the folder appear; nothing where there is no snapshot."""
        shutil.rmtree(self._out / NAME, ignore_errors=True)
        if self.written:
            self._draft.replace(self._out / NAME)
        else:
            self._draft.rmdir()


def read(folder: Path) -> Iterator[tuple[Path, Snapshot]]:
    """The snapshots of a scan's results, or of the folder ``evidence`` itself, in order. Raises
    InputError where there is none, or where one cannot be read."""
    inside = folder / NAME if (folder / NAME).is_dir() else folder
    paths = sorted(inside.glob("*.json"))
    if not paths:
        raise InputError(
            f"{folder}: there is no {NAME}/ with snapshots; give the --out of a scan that flagged "
            "somebody"
        )
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        yield path, decode(data, path)
