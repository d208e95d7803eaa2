"""Conversations in RSMF (Relativity Short Message Format), as e-discovery systems take them: a
message of RFC 5322 with one ``rsmf.zip``, in it ``rsmf_manifest.json``. One file a conversation.

The names of fields and headers follow version 2.0 as it is generally known (†: the specification
itself was not at hand); try it on the system that is to read it.
"""

from __future__ import annotations

import base64
import json
import tempfile
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from fieldfare.reports.case_file import FiledChild, Suspect
from fieldfare.reports.evidence.bag import HashedFile
from fieldfare.reports.frozen import FrozenMessage
from fieldfare.vocabulary.times import from_micros, isoformat

VERSION: Final = "2.0.0"
MANIFEST: Final = "rsmf_manifest.json"
_BOUNDARY: Final = "fieldfare-rsmf-boundary"
_ENCODE: Final = msgspec.json.Encoder().encode
_LINE: Final = 57 * 1024
"""Bytes encoded at once: whole lines of base64."""


class RsmfConversation:
    """Writes one conversation: `add` its messages, then close it."""

    def __init__(self, file: HashedFile, suspect: Suspect, child: FiledChild) -> None:
        self._out, self._suspect, self._child = file, suspect, child
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the rest
        self._zip = zipfile.ZipFile(self._spool, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        # The moment of the snapshot is in the bag; a fixed one here keeps the bytes the same.
        self._entry = self._zip.open(zipfile.ZipInfo(MANIFEST), "w", force_zip64=True)
        self._count, self._first, self._last = 0, 0, 0
        self._write(self._head())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._write("\n]}\n")
        self._entry.close()
        self._zip.close()
        if kind is None:
            self._message()
        self._spool.close()

    def add(self, message: FrozenMessage) -> None:
        """One message, as an event."""
        custom = [
            {"name": "Fieldfare number", "value": str(message.number)},
            {"name": "Zone", "value": message.zone},
        ]
        if message.redacted:
            custom.append({"name": "Redacted", "value": "true"})
        custom += [{"name": "Media", "value": f"{m.kind} {m.hash or ''}"} for m in message.media]
        event = {
            "id": message.id or f"fieldfare-{message.number}",
            "type": "message",
            "conversation": self._name,
            "participant": message.sender,
            "timestamp": message.sent_at_utc,
            "body": message.text or "",
            "direction": "outgoing" if message.from_account else "incoming",
            "custom": custom,
        }
        self._entry.write((b",\n" if self._count else b"\n") + _ENCODE(event))
        self._first = self._first if self._count else message.sent_at
        self._last = message.sent_at
        self._count += 1

    @property
    def _name(self) -> str:
        return f"conversation-{self._child.number}"

    def _write(self, text: str) -> None:
        self._entry.write(text.encode("utf-8", "replace"))

    def _head(self) -> str:
        people = [
            {"id": each.account, "display": each.name or each.account}
            for each in (self._suspect, self._child)
        ]
        conversation = {
            "id": self._name,
            "display": f"{self._suspect.account}, {self._child.account}",
            "platform": "generic",
            "type": "direct",
            "participants": [each["id"] for each in people],
        }
        parts = {"version": VERSION, "participants": people, "conversations": [conversation]}
        return json.dumps(parts, ensure_ascii=False)[:-1] + ', "events": ['

    def _message(self) -> None:
        begin = from_micros(self._first) if self._count else datetime(1970, 1, 1, tzinfo=UTC)
        header = (
            "From: fieldfare@localhost\r\nTo: fieldfare@localhost\r\n"
            f"Subject: {self._name}\r\nDate: {format_datetime(begin)}\r\n"
            f"X-RSMF-Version: {VERSION}\r\nX-RSMF-Generator: Fieldfare\r\n"
            f"X-RSMF-EventCount: {self._count}\r\n"
            f"X-RSMF-BeginDate: {isoformat(self._first)}\r\n"
            f"X-RSMF-EndDate: {isoformat(self._last)}\r\n"
            "MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\r\n\r\n'
            f"--{_BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            f"{self._count} messages; see rsmf.zip.\r\n"
            f"--{_BOUNDARY}\r\nContent-Type: application/zip; name=rsmf.zip\r\n"
            "Content-Disposition: attachment; filename=rsmf.zip\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        self._out.write(header.encode("ascii"))
        self._spool.seek(0)
        while block := self._spool.read(_LINE):
            self._out.write(base64.encodebytes(block).replace(b"\n", b"\r\n"))
        self._out.write(f"--{_BOUNDARY}--\r\n".encode("ascii"))
