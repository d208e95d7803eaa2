"""The transcript as PDF, in parts of a few thousand messages.

Typst keeps what it has typeset in memory for as long as its process lives; so parts of a long
transcript are made by processes of their own, which end with them.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from fieldfare.reports.case_file import FiledChild
from fieldfare.reports.evidence.bag import BagWriter
from fieldfare.reports.frozen import FrozenCase, FrozenMessage
from fieldfare.reports.typesetting import Typeset, typeset

PART: Final = 5_000
"""Messages of one PDF."""
WORKERS: Final = 2
WAITING: Final = 3
"""Parts under way at once."""


class TranscriptPages:
    """Takes messages in order; writes ``transcript/transcript-001.pdf`` and so on."""

    def __init__(self, writer: BagWriter, case: FrozenCase, fonts: Path | None) -> None:
        self._writer, self._case, self._fonts = writer, case, fonts
        self._sections: list[dict[str, Any]] = []
        self._count = self._parts = self._written = 0
        self._conversation: FiledChild | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[Future[Typeset]] = deque()
        self.missing: set[str] = set()
        """Characters that no font could show."""

    def conversation(self, child: FiledChild) -> None:
        """The messages that follow are with this child."""
        self._conversation = child
        self._section()

    def add(self, message: FrozenMessage) -> None:
        """One message."""
        if self._count == PART:
            self._flush(last=False)
            self._section()
        self._sections[-1]["messages"].append(_line(message))
        self._count += 1

    def finish(self) -> int:
        """Write what is left; how many files there are."""
        if self._count or not self._parts:
            self._flush(last=True)
        while self._waiting:
            self._take()
        self.close()
        return self._written

    def close(self) -> None:
        """Let the processes go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _section(self) -> None:
        child = self._conversation
        if child is not None:
            name = child.account if child.name is None else f"{child.account} ({child.name})"
            title = f"{self._case.suspect.account} and {name} ({child.pseudonym})"
            self._sections.append({"title": title, "messages": []})

    def _flush(self, *, last: bool) -> None:
        self._parts += 1
        data = self._data()
        self._sections, self._count = [], 0
        at = self._case.taken_at
        if last and self._pool is None:
            self._write(typeset("transcript", data, at=at, fonts=self._fonts))
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                WORKERS, multiprocessing.get_context("spawn"), max_tasks_per_child=1
            )
        self._waiting.append(
            self._pool.submit(typeset, "transcript", data, at=at, fonts=self._fonts)
        )
        while len(self._waiting) > WAITING:
            self._take()

    def _take(self) -> None:
        self._write(self._waiting.popleft().result())

    def _write(self, found: Typeset) -> None:
        self._written += 1
        self.missing |= found.missing
        self._writer.add(f"transcript/transcript-{self._written:03}.pdf", found.data)

    def _data(self) -> dict[str, Any]:
        case = self._case
        return {
            "title": f"Case {case.reference}: transcript",
            "running": f"Case {case.reference}, transcript",
            "part": f"Part {self._parts}",
            "notice": case.notice,
            "legend": (
                "Times are UTC. Beside each: how it became UTC (utc: it was; offset: it carried "
                "its offset; assumed: read in a zone the operator named; unknown: read as UTC). "
                "Numbers are those of messages.jsonl, which holds each text exactly. Red: "
                "indicators that a machine found. A box stands for a character that no font "
                "could show."
            ),
            "sections": self._sections,
        }


def _line(message: FrozenMessage) -> tuple[Any, ...]:
    body = "[redacted]" if message.redacted else message.text
    media = "".join(f" [{each.kind} {each.hash or 'no hash'}]" for each in message.media)
    if body is None:
        body = "" if media else "[no text was kept]"
    return (
        str(message.number),
        message.sent_at_utc.replace("T", " ").removesuffix("Z"),
        f"UTC ({message.zone})",
        message.sender,
        f"{body}{media}",
        ", ".join(message.indicators),
        message.id or "",
    )
