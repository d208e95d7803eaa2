"""What is said to hold no plain text is searched well enough to find some."""

from __future__ import annotations

import base64
import json
import socket
from urllib.parse import quote

import pytest

from tests.examples.recording import holds, recording

WORD = "kingfisher"


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_word_is_found_in_every_disguise(before: int, encoding: str) -> None:
    text = ("x" * before + WORD + " says so").encode(encoding)
    assert holds(text, WORD)
    assert holds(text.hex().encode(), WORD) and holds(text.hex().upper().encode(), WORD)
    assert holds(base64.b64encode(text), WORD) and holds(base64.urlsafe_b64encode(text), WORD)
    assert holds("".join(f"%{byte:02x}" for byte in text).encode(), WORD)


def test_other_bytes_do_not_hold_it() -> None:
    assert holds(json.dumps({"text": WORD}).encode(), WORD)
    assert holds(quote(f"a {WORD}").encode(), WORD)
    assert not holds(bytes(range(256)) * 100, WORD)
    assert not holds(base64.b64encode(b"kingdoms and more fish"), WORD)


def test_both_directions_are_written_down() -> None:
    with recording() as between, socket.create_server(("127.0.0.1", 0)) as server:
        between.lead_to(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", between.port)) as asking:
            asking.sendall(b"question")
            answering, _ = server.accept()
            with answering:
                assert answering.recv(100) == b"question"
                answering.sendall(b"answer")
                assert asking.recv(100) == b"answer"
    assert sorted(between.streams) == [b"answer", b"question"]
