"""Figures of speed and memory, each with the machine they were measured on.

Whole commands are measured from outside as processes of their own, so that start-up counts and
the operating system says how much memory they took. A scan is paired, run for run, with a bare
``GROUP BY sender, recipient`` over the same file, so that the ratio holds on a busy machine.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fieldfare.vocabulary import FieldfareError, SettingsError

_WORDS: Final = [
    "the",
    "you",
    "and",
    "see",
    "later",
    "school",
    "homework",
    "football",
    "ok",
    "yes",
    "no",
    "maybe",
    "tomorrow",
    "today",
    "game",
    "play",
    "music",
    "bus",
    "mum",
    "dad",
    "dinner",
    "what",
    "when",
    "where",
    "how",
    "are",
    "we",
    "going",
    "think",
    "good",
    "nice",
    "funny",
    "test",
    "maths",
    "team",
    "train",
    "match",
    "friend",
    "home",
    "late",
    "soon",
    "please",
    "thanks",
    "sure",
    "really",
    "cool",
    "right",
    "left",
]

_BARE: Final = """
import duckdb, sys
connection = duckdb.connect()
connection.execute("SET preserve_insertion_order = false")
if len(sys.argv) > 2:
    connection.execute(f"SET memory_limit = '{sys.argv[2]}'")
connection.execute(
    "CREATE TEMP TABLE pairs AS SELECT sender, recipient, COUNT(*) AS messages FROM ("
    "SELECT sender, UNNEST(recipients) AS recipient FROM read_parquet(?)) GROUP BY ALL",
    [sys.argv[1]],
)
"""


@dataclass(frozen=True)
class Run:
    """One run of a process."""

    seconds: float
    peak_mib: float


def measure(
    what: str, sizes: Sequence[int], engine: str, memory: str | None, runs: int
) -> dict[str, Any]:
    """The figures of ``kernel``, ``scan`` or ``all``, ready for JSON."""
    if what not in ("kernel", "scan", "all"):
        raise SettingsError(f"nothing called '{what}' to measure; choose kernel, scan or all")
    figures: dict[str, Any] = {"machine": machine()}
    if what in ("kernel", "all"):
        figures["kernel"] = kernel(runs)
    if what in ("scan", "all"):
        figures["scan"] = [scan(size, engine, memory, runs) for size in sizes]
    return figures


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was."""
    import duckdb

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def kernel(runs: int, messages: int = 500_000) -> dict[str, Any]:
    """Messages a second of the token kernel on one core, on generated English of about 60 bytes."""
    from fieldfare.language import tables
    from fieldfare.language.kernel import sums

    texts = _texts(messages)
    table = tables.words_en()
    sums(texts.slice(0, 1000), table)  # compiles on first use, which is not measured
    rates = []
    for _ in range(runs):
        started = time.perf_counter()
        sums(texts, table)
        rates.append(messages / (time.perf_counter() - started))
    length = texts.buffers()[2].size / messages
    return {
        "messages": messages,
        "bytes_a_message": round(length, 1),
        "messages_a_second": _spread(rates, 0),
        "target": "at least 500,000",
    }


def scan(events: int, engine: str, memory: str | None, runs: int) -> dict[str, Any]:
    """Seconds and peak memory of a whole scan of generated events without text, beside the bare
    GROUP BY over the same file."""
    from fieldfare.lab.crowd import write_crowd

    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as name:
        folder = Path(name)
        crowd = write_crowd(folder / "crowd", events)
        bare = [sys.executable, "-c", _BARE, str(crowd.messages), *([memory] if memory else [])]
        command = [
            sys.executable,
            "-m",
            "fieldfare",
            "scan",
            str(folder / "crowd"),
            "--out",
            str(folder / "out"),
            "--engine",
            engine,
            "--format",
            "json",
            *(["--memory", memory] if memory else []),
        ]
        pairs = [(_run(bare), _run(command)) for _ in range(runs)]
    return {
        "events": events,
        "accounts": crowd.account_count,
        "engine": engine,
        "memory_limit": memory,
        "bare_group_by_seconds": _spread([bare.seconds for bare, _ in pairs]),
        "scan_seconds": _spread([whole.seconds for _, whole in pairs]),
        "ratio": _spread([whole.seconds / bare.seconds for bare, whole in pairs]),
        "bare_group_by_peak_mib": _spread([bare.peak_mib for bare, _ in pairs], 0),
        "scan_peak_mib": _spread([whole.peak_mib for _, whole in pairs], 0),
        "runs": [asdict(whole) for _, whole in pairs],
        "target": "ratio at most 5; peak at most 2048 MiB at 10 million events",
    }


_LAUNCHER: Final = """
import os, sys, time
started = time.perf_counter()
nothing = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
# wait4 gives the memory of this child alone; the sum over all children would not.
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""
"""Linux counts the memory of whoever starts a process as the process's own peak, so a small one
starts it, and not this one, which may hold a million messages."""


def _run(command: Sequence[str]) -> Run:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-S", "-E", "-c", _LAUNCHER, *command], capture_output=True, text=True
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:]
        raise FieldfareError(f"a measured command failed: {' '.join(last)}")
    seconds, kibibytes = done.stdout.split()
    return Run(round(float(seconds), 3), round(int(kibibytes) / 1024, 1))


def _texts(count: int) -> pa.Array:
    random = np.random.default_rng(1)
    words = np.array(_WORDS)
    chosen = words[random.integers(0, len(words), (count, 12))]
    return pa.array([" ".join(row) for row in chosen.tolist()], pa.string())


def _spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    return {
        "min": round(min(values), digits),
        "median": round(statistics.median(values), digits),
        "max": round(max(values), digits),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
