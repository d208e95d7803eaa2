"""Run a command as a process of its own, and see what it took: time, memory, disk."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fieldfare.vocabulary import FieldfareError

LOOK_EVERY: Final = 0.1
"""Seconds between looks at memory and disk."""


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    cpu_seconds: float
    """Of it and the processes it started. On a busy machine these say more than `seconds`."""
    peak_mib: float
    """Resident memory, of it and the processes it started together."""
    scratch_mib: float
    """The most on disk in its temporary folder: what was spooled, spilled and shuffled."""


_LAUNCHER: Final = """
import os, sys, time
started = time.perf_counter()
nothing = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
# wait4 gives the memory of this child alone; the sum over all children would not.
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""
"""Linux counts the memory of whoever starts a process as the process's own peak, so a small one
starts it, and not this one, which may hold a million messages."""


def run(command: Sequence[str]) -> Run:
    """Run a command to its end. Raises FieldfareError where it fails."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-watch-") as scratch:
        started = subprocess.Popen(  # noqa: S603
            [sys.executable, "-S", "-E", "-c", _LAUNCHER, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": scratch},
        )
        watch = _Watch(started.pid, Path(scratch))
        watch.start()
        printed, errors = started.communicate()
        watch.over.set()
        watch.join()
    if started.returncode != 0:
        last = errors.strip().splitlines()[-1:]
        raise FieldfareError(f"a measured command failed: {' '.join(last)}")
    seconds, processor, kibibytes = printed.split()
    return Run(
        round(float(seconds), 3),
        round(max(float(processor), watch.processor), 3),
        round(max(int(kibibytes) / 1024, watch.memory / 2**20), 1),
        round(watch.disk / 2**20, 1),
    )


class _Watch(threading.Thread):
    """Looks at the processes that one started, and at a folder, until it is over."""

    def __init__(self, pid: int, folder: Path) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.memory = self.disk = 0
        self.processor = 0.0
        self._pid, self._folder = pid, folder

    def run(self) -> None:
        while not self.over.wait(LOOK_EVERY):
            started = [pid for pid in _family(self._pid) if pid != self._pid]
            self.memory = max(self.memory, sum(map(_resident, started)))
            # Spark's machine is not waited for by who started it, so that nobody else counts it.
            self.processor = max(self.processor, sum(map(_processor_seconds, started)))
            self.disk = max(self.disk, sum(map(_size, _files(self._folder))))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(listed).split():
            yield from _family(int(child))


def _files(folder: Path) -> Iterator[Path]:
    # Unlike rglob, walk goes on where a folder disappears while it is read.
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _resident(pid: int) -> int:
    pages = _read(Path(f"/proc/{pid}/statm")).split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _processor_seconds(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12]) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _size(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:
        return 0
    # What is taken of the disk: a file may be longer than what was written of it.
    return found.st_blocks * 512


def _read(path: Path) -> str:
    """The text of a file of a process, which may have ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
