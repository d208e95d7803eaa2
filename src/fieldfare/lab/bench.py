"""Figures of speed and memory, each with the machine they were measured on.

Whole commands are measured from outside as processes of their own, so that start-up counts and
the operating system says how much memory they took. A scan is paired, run for run, with a bare
``GROUP BY sender, recipient`` over the same file, so that the ratio holds on a busy machine.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fieldfare.lab.process_watch import run
from fieldfare.vocabulary import SettingsError

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


def measure(
    what: str,
    sizes: Sequence[int],
    engine: str,
    memory: str | None,
    runs: int,
    shape: str | None = None,
) -> dict[str, Any]:
    """The figures of ``kernel``, ``scan`` or ``all``, ready for JSON."""
    if what not in ("kernel", "scan", "all"):
        raise SettingsError(f"nothing called '{what}' to measure; choose kernel, scan or all")
    figures: dict[str, Any] = {"machine": machine()}
    if what in ("kernel", "all"):
        figures["kernel"] = kernel(runs)
    if what in ("scan", "all"):
        figures["scan"] = [scan(size, engine, memory, runs) for size in sizes]
        figures["growth_exponent"] = {
            column: growth(figures["scan"], column)
            for column in ("scan_seconds", "scan_cpu_seconds", "scan_peak_mib")
        }
        if shape is not None:
            shaped = scan(sizes[-1], engine, memory, runs, shape)
            figures["shaped"] = shaped
            figures["times_the_plain_crowd"] = {
                column: round(shaped[column]["median"] / figures["scan"][-1][column]["median"], 2)
                for column in ("scan_seconds", "scan_cpu_seconds", "scan_peak_mib")
            }
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


def scan(
    events: int, engine: str, memory: str | None, runs: int, shape: str | None = None
) -> dict[str, Any]:
    """What a whole scan of generated events without text takes, beside the bare GROUP BY over the
    same files."""
    from fieldfare.lab.crowd import write_crowd
    from fieldfare.lab.crowd_shapes import write_shape

    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as name:
        folder = Path(name)
        crowd = write_crowd(folder / "crowd", events)
        if shape is not None:
            write_shape(crowd, shape)
        messages = folder / "crowd" / "messages*.parquet"
        limit = [memory] if memory else []
        bare = [sys.executable, "-c", _BARE, str(messages), *limit]
        command = [sys.executable, "-m", "fieldfare", "scan", str(folder / "crowd")]
        command += ["--out", str(folder / "out"), "--engine", engine, "--format", "json"]
        command += ["--memory", *limit] if memory else []
        pairs = [(run(bare), run(command)) for _ in range(runs)]
    whole = [pair[1] for pair in pairs]
    return {
        "events": events,
        "shape": shape,
        "accounts": crowd.account_count,
        "engine": engine,
        "memory_limit": memory,
        "bare_group_by_seconds": _spread([bare.seconds for bare, _ in pairs]),
        "scan_seconds": _spread([each.seconds for each in whole]),
        "ratio": _spread([each.seconds / bare.seconds for bare, each in pairs]),
        "scan_cpu_seconds": _spread([each.cpu_seconds for each in whole]),
        "ratio_of_cpu_seconds": _spread(
            [each.cpu_seconds / bare.cpu_seconds for bare, each in pairs]
        ),
        "cpu_seconds_per_million_events": _spread(
            [each.cpu_seconds / events * 1e6 for each in whole]
        ),
        "bare_group_by_peak_mib": _spread([bare.peak_mib for bare, _ in pairs], 0),
        "scan_peak_mib": _spread([each.peak_mib for each in whole], 0),
        "scan_scratch_mib": _spread([each.scratch_mib for each in whole], 0),
        "runs": [asdict(each) for each in whole],
        "target": "ratio at most 5; peak at most 2048 MiB at 10 million events",
    }


def growth(figures: Sequence[dict[str, Any]], column: str) -> float | None:
    """The exponent b of column = a * events ** b, by least squares on logarithms over the sizes;
    null for one size. n log n is about 1.06 from one to a hundred million."""
    sizes = np.log([each["events"] for each in figures])
    values = np.log([each[column]["median"] for each in figures])
    if len(set(sizes.tolist())) < 2:
        return None
    return round(float(np.polyfit(sizes, values, 1)[0]), 3)


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
