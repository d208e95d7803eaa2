"""The investigations below a folder of data, for several people at once.

A database of an investigation can be open in one process only. So the console opens it when
somebody looks, lets one person at a time work in it, and gives it back when nobody has looked for a
while: then `fieldfare investigate` can add to it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fieldfare.cases.errors import NotFound
from fieldfare.investigation.store import Investigation
from fieldfare.vocabulary import InputError, SettingsError

IDLE: Final = 20.0
"""Seconds without a look after which a database is given back."""


@dataclass
class _Drawer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    case: Investigation | None = None
    timer: threading.Timer | None = None


class Cabinet:
    """Opens investigations by their names."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._drawers: dict[str, _Drawer] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Every investigation there is."""
        return Investigation.names(self.data)

    def folder(self, name: str) -> Path:
        """Where an investigation lies. Raises NotFound for one that is not there."""
        try:
            folder = Investigation.folder_of(self.data, name)
        except SettingsError:
            raise NotFound("there is no such investigation") from None
        if not folder.is_dir() or name not in self.names():
            raise NotFound("there is no such investigation")
        return folder

    @contextmanager
    def open(self, name: str) -> Iterator[Investigation]:
        """An investigation, to be worked in alone. Raises NotFound for one that is not there, and
        InputError for one that is damaged or that another process has."""
        folder = self.folder(name)
        with self._lock:
            drawer = self._drawers.setdefault(name, _Drawer())
        with drawer.lock:
            if drawer.timer is not None:
                drawer.timer.cancel()
            if drawer.case is None:
                drawer.case = _opened(folder, name)
            try:
                yield drawer.case
            finally:
                drawer.timer = threading.Timer(IDLE, self._give_back, [drawer])
                drawer.timer.daemon = True
                drawer.timer.start()

    def close(self) -> None:
        """Give all of them back."""
        for drawer in list(self._drawers.values()):
            if drawer.timer is not None:
                drawer.timer.cancel()
            self._give_back(drawer)

    @staticmethod
    def _give_back(drawer: _Drawer) -> None:
        with drawer.lock:
            if drawer.case is not None:
                drawer.case.close()
                drawer.case = None


def _opened(folder: Path, name: str) -> Investigation:
    try:
        return Investigation.open(folder)
    except InputError as error:
        # The reason without the folder, which is no business of a page.
        raise InputError(f"investigation {name}: {str(error).rpartition(': ')[2]}") from None
