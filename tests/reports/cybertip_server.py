"""A CyberTipline of our own on loopback, as strict as docs/reports.md says the real one is."""

from __future__ import annotations

import hashlib
import itertools
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs

from lxml import etree

from fieldfare.vocabulary.times import DAY, HOUR, to_micros

XSD = (Path(__file__).parent / "notes.xsd").read_bytes()
USER, PASSWORD = "esp-example", "correct horse battery"

Fault = int | Literal["401", "garbage", "drop", "lose"]
"""A code instead of the effect; or no body, no XML, no answer; or the effect without an answer."""


@dataclass
class Held:
    """A report on the server."""

    state: str
    opened_at: int
    changed_at: int
    xml: bytes
    files: dict[str, bytes] = field(default_factory=dict)
    described: dict[str, bytes] = field(default_factory=dict)


class Server:
    """The server's state. `faults`: by call, what its next answers are instead."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.reports: dict[str, Held] = {}
        self.calls: list[str] = []
        self.faults: dict[str, list[Fault]] = {}
        self.authorizations: list[str | None] = []
        self.url = ""
        self._numbers = itertools.count(7_000_001)
        self._lock = threading.Lock()
        self._schema = etree.XMLSchema(etree.fromstring(XSD))

    def states(self) -> Counter[str]:
        """How many reports are in which state, as of now."""
        self._expire()
        return Counter(each.state for each in self.reports.values())

    def finished(self) -> list[str]:
        """Numbers of finished reports."""
        return [number for number, each in self.reports.items() if each.state == "finished"]

    def answer(self, call: str, headers: Any, body: bytes) -> tuple[int, bytes, bool]:
        """HTTP status, body, and whether the answer is to be lost."""
        with self._lock:
            self.calls.append(call)
            self.authorizations.append(headers.get("authorization"))
            self._expire()
            wanted = f"{USER}:{PASSWORD}".encode()
            given = (headers.get("authorization") or "").removeprefix("Basic ")
            faults = self.faults.get(call, [])
            fault = faults.pop(0) if faults else None
            if fault == "401" or b64decode(given) != wanted:
                return 401, b"", False
            if fault == "garbage":
                return 200, b"<html>busy</html", False
            if fault == "drop":
                return 0, b"", True
            if isinstance(fault, int):
                return 200, _answer(fault), False
            if call == "/xsd":
                return 200, XSD, False
            method = getattr(self, "_" + call.removeprefix("/"))
            return 200, method(headers, body), fault == "lose"

    def _status(self, _: Any, __: bytes) -> bytes:
        return _answer(0)

    def _submit(self, headers: Any, body: bytes) -> bytes:
        if headers.get("content-type") != "text/xml; charset=utf-8":
            return _answer(4000)
        code = self._wrong(body, "report")
        if code:
            return _answer(code)
        number, now = str(next(self._numbers)), self.clock()
        self.reports[number] = Held("open", now, now, body)
        return _answer(0, reportId=number)

    def _upload(self, headers: Any, body: bytes) -> bytes:
        head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
        parts: dict[object, bytes] = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            parts[part.get_param("name", header="content-disposition")] = payload
        if set(parts) != {"id", "file"}:
            return _answer(4000)
        held, code = self._open(parts["id"].decode())
        if held is None:
            return _answer(code)
        content = parts["file"]
        file_id = hashlib.sha256(f"{len(held.files)}".encode() + content).hexdigest()[:32]
        held.files[file_id] = content
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return _answer(0, fileId=file_id, hash=md5)

    def _fileinfo(self, _: Any, body: bytes) -> bytes:
        code = self._wrong(body, "fileDetails")
        if code:
            return _answer(code)
        root = etree.fromstring(body)
        held, code = self._open(root.findtext("reportId") or "")
        if held is None:
            return _answer(code)
        file_id = root.findtext("fileId") or ""
        if file_id not in held.files:
            return _answer(5002)
        held.described[file_id] = body
        return _answer(0)

    def _finish(self, _: Any, body: bytes) -> bytes:
        held, code = self._open(parse_qs(body.decode())["id"][0])
        if held is None:
            return _answer(code)
        held.state = "finished"
        inner = "".join(f"<fileId>{each}</fileId>" for each in held.files)
        done = f"<reportDoneResponse><responseCode>0</responseCode><files>{inner}</files>"
        return f"{done}</reportDoneResponse>".encode()

    def _retract(self, _: Any, body: bytes) -> bytes:
        held, code = self._open(parse_qs(body.decode())["id"][0])
        if held is None:
            return _answer(code)
        held.state = "retracted"
        return _answer(0)

    def _open(self, number: str) -> tuple[Held | None, int]:
        held = self.reports.get(number)
        if held is None:
            return None, 5001
        if held.state != "open":
            return None, {"finished": 5102, "retracted": 5101}[held.state]
        held.changed_at = self.clock()
        return held, 0

    def _wrong(self, body: bytes, root: str) -> int:
        try:
            found = etree.fromstring(body)
        except etree.XMLSyntaxError:
            return 4110
        if found.tag != root or not self._schema.validate(found):
            return 4100
        moments = [found.findtext("incidentSummary/incidentDateTime")]
        moments += [each.text for each in found.iter("dateTime")]
        now = self.clock()
        late = any(
            to_micros(datetime.fromisoformat(each)) > now for each in moments if each is not None
        )
        return 4100 if late else 0

    def _expire(self) -> None:
        now = self.clock()
        for number, held in list(self.reports.items()):
            over = max(held.opened_at + DAY, held.changed_at + HOUR)
            if held.state == "open" and now > over:
                del self.reports[number]


def _answer(code: int, **more: str) -> bytes:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return (
        f"<reportResponse><responseCode>{code}</responseCode><responseDescription>code {code}: "
        f"'are your parents home'</responseDescription>{inner}</reportResponse>"
    ).encode()


@contextmanager
def serving(clock: Callable[[], int]) -> Iterator[Server]:
    """A server on a free port of loopback."""
    server = Server(clock)

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, answer, lost = server.answer(self.path, self.headers, body)
            if lost:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Request-ID", f"request-{len(server.calls)}")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _do  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
