"""Everything that goes over a connection, and whether some words are in it in any disguise."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote, quote_plus

CHUNK = 1 << 16


class Recorder:
    """A port of this machine whose connections lead to another one, both ways written down."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._target: tuple[str, int] | None = None
        self._known = threading.Event()
        self._kept: list[bytearray] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, port: int) -> None:
        """Where connections lead; until then they wait."""
        self._target = ("127.0.0.1", port)
        self._known.set()

    @property
    def streams(self) -> list[bytes]:
        """What was said in each direction of each connection."""
        return [bytes(each) for each in list(self._kept)]

    def _accept(self) -> None:
        while True:
            try:
                asking, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(asking,), daemon=True).start()

    def _join(self, asking: socket.socket) -> None:
        with asking:
            self._known.wait()
            assert self._target is not None
            with suppress(OSError), socket.create_connection(self._target) as answering:
                back = threading.Thread(target=self._copy, args=(answering, asking), daemon=True)
                back.start()
                self._copy(asking, answering)
                back.join()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        kept = bytearray()
        self._kept.append(kept)
        with suppress(OSError):
            while data := one.recv(CHUNK):
                kept += data
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def recording() -> Iterator[Recorder]:
    """A recorder, closed in the end."""
    made = Recorder()
    try:
        yield made
    finally:
        made.close()


def disguises(word: str) -> set[bytes]:
    """The bytes a word may be found as: UTF-8 and UTF-16, each plain, in hex, in base64 wherever in
    a longer text it stands, and percent-encoded; in lower and upper case where that is of the form.
    Compare with lower-cased bytes, but for base64."""
    found: set[bytes] = set()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = word.encode(encoding)
        found |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
        found |= {"".join(f"%{byte:02x}" for byte in plain).encode()}
        found |= {quote(plain).encode(), quote_plus(plain).encode()}
        for before in range(3):
            for coded in (base64.b64encode, base64.urlsafe_b64encode):
                # What stands before and behind shares the first and last characters.
                whole = coded(bytes(before) + plain)
                first = -(-before * 8 // 6)
                last = (before + len(plain)) * 8 // 6
                found.add(whole[first:last])
    return found


def holds(data: bytes, word: str) -> bool:
    """Whether the word is in the bytes, in any of its disguises."""
    return any(each in data for each in disguises(word))
