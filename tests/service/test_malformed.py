"""Malformed lines of every kind among good ones, over HTTP: each named, no good one lost."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable

from fastapi.testclient import TestClient

from fieldfare.service.settings import ServiceSettings

LINES = int(os.environ.get("FIELDFARE_MALFORMED_LINES", "6000"))
"""Malformed ones; the full measure is 100,000."""
REQUEST = 5_000
"""Lines a request."""


def good(number: int) -> bytes:
    """A line that is right."""
    return json.dumps(
        {
            "type": "message",
            "id": f"m{number}",
            "sender": "a",
            "recipients": [f"b{number % 50}"],
            "sent_at": 1_772_000_000_000_000 + number,
        }
    ).encode()


def _other(**values: object) -> Callable[[int, random.Random], bytes]:
    return lambda number, _: json.dumps(json.loads(good(number)) | values).encode()


def _cut(number: int, rng: random.Random) -> bytes:
    return good(number)[: rng.randrange(1, 60)]


def _without(number: int, rng: random.Random) -> bytes:
    record = json.loads(good(number))
    del record[rng.choice(["type", "id", "sender", "recipients", "sent_at"])]
    return json.dumps(record).encode()


def _noise(_: int, rng: random.Random) -> bytes:
    line = rng.randbytes(rng.randrange(1, 80)).translate(None, b"\n\r")
    return b"\x00" + line


def _spoilt(number: int, rng: random.Random) -> bytes:
    line = bytearray(good(number))
    for _ in range(rng.randrange(1, 5)):
        line[rng.randrange(len(line))] = rng.choice(b'\x00\xff"{}[]\\,:')
    # Whatever the other bytes are: with a quotation mark more it is no JSON.
    return bytes(line) + b'"'


MALFORMED: tuple[Callable[[int, random.Random], bytes], ...] = (
    _cut,
    _without,
    _noise,
    _spoilt,
    _other(type="massage"),
    _other(type=7),
    _other(id=None),
    _other(id={"a": 1}),
    _other(sender=None),
    _other(sender=["a"]),
    _other(sender=""),
    _other(recipients=[None]),
    _other(recipients=[["b"]]),
    _other(sent_at=None),
    _other(sent_at="yesterday"),
    _other(sent_at=[1]),
    _other(sent_at=10**30),
    _other(sent_at=-(10**17)),
    _other(sent_at="2999-01-01T00:00:00Z"),
    _other(sent_at="2026-02-30T00:00:00Z"),
    lambda number, _: good(number).replace(b'"a"', b'"\xff\xfe"'),
    lambda number, _: good(number).replace(b'"a"', b"NaN"),
    lambda number, _: good(number) + good(number),
    lambda number, _: b"[" + good(number) + b"]",
    lambda *_: b'{"type":"message","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    lambda *_: b"null",
    lambda *_: b"17",
    lambda *_: b'"text"',
    lambda *_: b"{}",
)


def test_a_first_line_that_begins_like_an_array_costs_no_other(embedded: TestClient) -> None:
    for first in (b"[" + good(0) + b"]", b"[", b"[1, 2"):
        told = embedded.post("/v1/events", content=first + b"\n" + good(1)).json()
        assert [row["at"] for row in told["refused"]] == ["line 1"]
        assert (told["received"], told["new"] + told["repeated"]) == (2, 1)


def test_each_malformed_line_is_named_and_every_good_one_kept(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    rng = random.Random(2026)
    total = LINES * 6 // 5
    is_bad = [number % 6 != 0 for number in range(total)]
    lines = [
        rng.choice(MALFORMED)(number, rng) if bad else good(number)
        for number, bad in enumerate(is_bad)
    ]
    for start in range(0, total, REQUEST):
        part, bad = lines[start : start + REQUEST], is_bad[start : start + REQUEST]
        answer = embedded.post("/v1/events", content=b"\n".join(part))
        assert answer.status_code == 202
        told = answer.json()
        named = {row["at"] for row in told["refused"]}
        assert named == {f"line {n}" for n, each in enumerate(bad, 1) if each}
        assert told["new"] == bad.count(False)
        assert (told["received"], told["doubtful"]) == (len(part), [])
    journal = sqlite_settings.open_journal()
    kept = [
        id_
        for entry in journal.entries(0, 0, events=10**9)
        for id_ in entry.events["id"].to_pylist()
    ]
    journal.close()
    assert sorted(kept) == sorted(f"m{n}" for n, bad in enumerate(is_bad) if not bad)
