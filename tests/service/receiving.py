"""A receiver of webhooks that answers as it is told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from fieldfare.service.webhooks import Endpoint, key_of, verify

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


KEY = key_of(SECRET)


WAIT = 30.0


@dataclass
class Receiver:
    """A server that answers as it is told."""

    url: str
    got: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    status: int = 200
    """Answered to everything; 0: nothing is answered until `released`."""
    released: threading.Event = field(default_factory=threading.Event)

    def next(self) -> dict[str, Any]:
        headers, body = self.got.get(timeout=WAIT)
        return {**verify(SECRET, headers, body), "id": headers["webhook-id"]}


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            this.got.put((headers, body))
            if this.status == 0:
                this.released.wait(WAIT)
                return
            self.send_response(this.status)
            if this.status in (301, 302, 307, 308):
                self.send_header("location", f"{this.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        this = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield this
        finally:
            this.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def endpoint_of(receiver: Receiver, name: str = "one", **more: Any) -> Endpoint:
    defaults = {"timeout_seconds": WAIT, "first_retry_seconds": 0.01}
    return Endpoint(name, receiver.url, (KEY,), **(defaults | more))
