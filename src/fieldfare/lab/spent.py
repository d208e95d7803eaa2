"""Time and memory of the steps of a long run, kept beside its results."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

FILE: Final = "spent.json"


class Spent:
    """Seconds and peak memory of each step, those of earlier runs in the same folder included.

    Memory is the peak of the process up to the end of the step, in MiB.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self.say = say
        self.rows: dict[str, dict[str, Any]] = (
            json.loads(self._path.read_text("utf-8")) if self._path.is_file() else {}
        )

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Measure a step. One that fails leaves nothing."""
        self.say(step)
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.rows[step] = {
            "seconds": round(time.perf_counter() - wall, 1),
            "processor_seconds": round(time.process_time() - processor, 1),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        self._path.write_text(json.dumps(self.rows, indent=2) + "\n", "utf-8")
        self.say(f"{step}: {self.rows[step]}")
