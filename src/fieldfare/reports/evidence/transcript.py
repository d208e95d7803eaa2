"""The transcript as JSON Lines (exact) and as CSV (to be looked at in a spreadsheet)."""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec

from fieldfare.reports.evidence.bag import HashedFile
from fieldfare.reports.frozen import FrozenMessage

COLUMNS: Final = (
    "number",
    "conversation",
    "id",
    "sent_at_utc",
    "zone",
    "raw_time",
    "sender",
    "recipients",
    "text",
    "redacted",
    "indicators",
    "media",
    "file",
    "member",
    "record",
)

_FORMULA: Final = frozenset("=+-@\t\r")
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class JsonLines:
    """One message a line; the same message, the same bytes."""

    def __init__(self, file: HashedFile) -> None:
        self._file = file

    def add(self, message: FrozenMessage) -> None:
        """Write one."""
        self._file.write(_ENCODER.encode(message) + b"\n")


class Csv:
    """One message a row, in UTF-8 with a byte order mark. Cells that a spreadsheet would take for a
    formula begin with an apostrophe."""

    def __init__(self, file: HashedFile) -> None:
        self._file, self._text = file, io.StringIO()
        self._rows = csv.writer(self._text)
        file.write(b"\xef\xbb\xbf")
        self._rows.writerow(COLUMNS)
        self._flush()

    def add(self, message: FrozenMessage) -> None:
        """Write one."""
        source = message.source
        self._rows.writerow(
            (
                message.number,
                message.conversation,
                plain(message.id or ""),
                message.sent_at_utc,
                message.zone,
                plain(message.raw_time),
                plain(message.sender),
                plain("; ".join(message.recipients)),
                plain(message.text or ""),
                "yes" if message.redacted else "",
                "; ".join(message.indicators),
                plain("; ".join(f"{m.kind} {m.hash or ''}".strip() for m in message.media)),
                plain(source.file if source else message.origin),
                plain(source.member if source else ""),
                plain(source.record if source else ""),
            )
        )
        self._flush()

    def _flush(self) -> None:
        self._file.write(self._text.getvalue().encode("utf-8", "replace"))
        self._text.seek(0)
        self._text.truncate()


def plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA and text else text
