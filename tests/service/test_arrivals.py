"""What becomes of the body of a request."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language import LanguageModel
from fieldfare.service.arrivals import Arrival, TextUse, read
from fieldfare.vocabulary import InputError

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def message(number: int, **more: object) -> dict[str, object]:
    return {
        "type": "message",
        "id": f"m{number}",
        "sender": "a",
        "recipients": ["b"],
        "sent_at": "2026-05-01T10:00:00Z",
        **more,
    }


def taken(body: bytes | str, text_use: TextUse = "read") -> Arrival:
    raw = body.encode() if isinstance(body, str) else body
    return read(raw, text_use, LanguageModel.load, NOW)


def lines(*records: dict[str, object]) -> str:
    return "\n".join(json.dumps(record) for record in records)


def test_records_of_all_kinds_in_any_order() -> None:
    arrival = taken(
        lines(
            {
                "type": "notice",
                "kind": "block",
                "account": "b",
                "peer": "a",
                "at": 1_700_000_000_000_000,
            },
            message(1),
            {"type": "account", "id": "b", "age": 12},
            {
                "type": "connection",
                "account": "a",
                "peer": "b",
                "connected_at": 1_700_000_000_000_000,
            },
        )
    )
    assert {name: batch.num_rows for name, batch in arrival.tables.items()} == {
        "messages": 1,
        "accounts": 1,
        "connections": 1,
        "notices": 1,
    }
    assert arrival.received == 4
    assert not arrival.refused


@pytest.mark.parametrize("as_array", [True, False])
def test_each_bad_line_is_named_and_the_good_ones_are_kept(as_array: bool) -> None:
    parts = [
        json.dumps(message(1)),
        '{"type": "message"}',
        json.dumps(message(2, id=None)),
        json.dumps(message(3, sent_at="2026-06-03T00:00:00Z")),
        json.dumps(message(4, sent_at="yesterday")),
        json.dumps(message(5)),
    ]
    unit = "item" if as_array else "line"
    body = f"[{','.join(parts)}]" if as_array else "\n".join(parts)
    arrival = taken(body)
    assert [complaint.at for complaint in arrival.refused] == [f"{unit} {n}" for n in (2, 3, 4, 5)]
    assert arrival.tables["messages"]["id"].to_pylist() == ["m1", "m5"]
    assert arrival.received == 6


def test_a_value_left_empty_is_doubtful_and_not_refused() -> None:
    arrival = taken(lines({"type": "account", "id": "a", "age": 400}))
    assert arrival.tables["accounts"]["age"].to_pylist() == [None]
    assert [complaint.at for complaint in arrival.doubtful] == ["line 1"]
    assert not arrival.refused


def test_text_is_annotated_and_forgotten_unless_it_is_to_be_kept() -> None:
    body = lines(message(1, text="how old are you"))
    read_only, kept = taken(body, "read"), taken(body, "keep")
    for arrival in (read_only, kept):
        assert arrival.tables["messages"]["indicators"].to_pylist() == [["age_probing"]]
    assert read_only.tables["messages"]["text"].to_pylist() == [None]
    assert kept.tables["messages"]["text"].to_pylist() == ["how old are you"]


def test_metadata_only_takes_no_text() -> None:
    arrival = taken(lines(message(1, text="how old are you"), message(2)), "refuse")
    assert arrival.tables["messages"]["id"].to_pylist() == ["m2"]
    assert [complaint.at for complaint in arrival.refused] == ["line 1"]
    assert "how old" not in str(arrival)


def test_no_complaint_repeats_what_was_sent() -> None:
    words = "keep this our secret"
    arrival = taken(
        f'{{"type": "message", "{words}": 1}}\n{words}\n'
        + lines(message(1, text=words, sent_at=words), message(2, media=[{"kind": words}]))
    )
    assert (arrival.received, len(arrival.refused), len(arrival.doubtful)) == (4, 3, 1)
    assert words not in repr(arrival.refused)


@pytest.mark.parametrize("body", [b"[1, 2", b"[", b'[{"type": "message"},]'])
def test_a_broken_array_is_refused_whole(body: bytes) -> None:
    with pytest.raises(InputError, match="JSON array"):
        taken(body)


def test_a_hundred_thousand_bad_lines_among_good_ones() -> None:
    rng = random.Random(7)
    bodies, bad = [], []
    for number in range(1, 120_001):
        if number % 6 == 0:
            bodies.append(json.dumps(message(number)).encode())
            continue
        good = bytearray(json.dumps(message(number)).encode())
        for _ in range(rng.randrange(1, 4)):
            # A quotation mark inside: the line is no JSON, whatever the other bytes are.
            good[rng.randrange(len(good))] = rng.choice(b'\x00\xff"{}[\\')
        line = bytes(good).replace(b"\n", b" ") + b'"'
        bodies.append(line)
        bad.append(number)
    arrival = taken(b"\n".join(bodies))
    kept = set(arrival.tables["messages"]["id"].to_pylist())
    assert {f"m{n}" for n in range(6, 120_001, 6)} <= kept
    named = {complaint.at for complaint in arrival.refused}
    assert named == {f"line {n}" for n in bad if f"m{n}" not in kept}
    assert len(named) == 100_000


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        arrival = read(body, "read", LanguageModel.load, NOW)
    except InputError:
        return
    rows = sum(batch.num_rows for batch in arrival.tables.values())
    assert rows + len(arrival.refused) == arrival.received
