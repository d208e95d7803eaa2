"""Small investigations for tests: archives that `lab.suspect` generates, read and analysed once."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from fieldfare.investigation import reading
from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import FOLDER, Investigation
from fieldfare.lab.suspect.archive import write_archive
from fieldfare.sources.reader import ReadOptions

NAME = "North Pier"
OPTIONS = ReadOptions(date_order="dmy", time_zone="Europe/London")

_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def made(peers: int, children: int, messages: int, countries: int = 4) -> Path:
    """A folder of data with the investigation `NAME` in it, not to be changed."""
    kept = tempfile.TemporaryDirectory(prefix="fieldfare-investigation-")
    _KEPT.append(kept)
    data = Path(kept.name)
    archive = write_archive(data / "made", 3, peers, children, messages, countries)
    with Investigation.open(Investigation.folder_of(data, NAME), create=True) as case:
        import_paths(case, [archive.archives], OPTIONS)
        analyse(case, imported=True)
    return data


def copied(data: Path, to: Path) -> Path:
    """A copy of its investigations, to be changed; the folder of data."""
    shutil.copytree(data / FOLDER, to / FOLDER)
    return to


@cache
def somebody() -> str:
    """The key of somebody in `small`."""
    with Investigation.open(Investigation.folder_of(made(24, 10, 500), NAME)) as case:
        return reading.people(case)[0].key


def small(to: Path) -> Path:
    """A copy of a small one."""
    return copied(made(24, 10, 500), to)
