"""Bytes as text, JSON as objects: damage, bombs and chunks."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.sources.conversation import (
    LARGE_GROUP,
    MAX_PEOPLE,
    Conversation,
    Ordinals,
    derived_id,
)
from fieldfare.sources.decoding import MAX_DEPTH, CleanBytes, JsonBytes, Lines
from fieldfare.sources.json_stream import (
    DAMAGED,
    EMPTY,
    NOT_AN_OBJECT,
    NOT_TEXT,
    integer,
    objects,
    outline,
)
from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.place import open_place
from fieldfare.sources.reader import Problems, ReadOptions

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def drain(stream: CleanBytes, size: int) -> bytes:
    parts = []
    while data := stream.read(size):
        parts.append(data)
    return b"".join(parts)


@given(st.binary(), st.integers(1, 9))
def test_anything_becomes_text(data: bytes, size: int) -> None:
    stream = CleanBytes(io.BytesIO(data))
    text = drain(stream, size).decode()
    if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert text == data.decode(errors="replace")
        if "\ufffd".encode() not in data:
            assert stream.damaged == ("\ufffd" in text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), size=st.integers(1, 9))
def test_marks_of_byte_order_are_understood(encoding: str, text: str, size: int) -> None:
    if text.startswith("\ufeff"):
        return
    stream = CleanBytes(io.BytesIO(text.encode(encoding)))
    assert drain(stream, size).decode() == text
    assert not stream.damaged


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"))))
def test_only_line_feeds_end_lines(lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).removeprefix("\ufeff").encode()
    expected = data.decode().split("\n")[:-1]
    assert list(Lines(CleanBytes(io.BytesIO(data)))) == expected


@given(JSON, st.integers(1, 7))
def test_json_passes_whatever_its_chunks(value: object, size: int) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    assert drain(JsonBytes(io.BytesIO(data)), size) == data


@given(JSON, st.integers(1, 7), st.sampled_from(["[", '{"a":', '{"[\\"":', ' [ "]", ']))
def test_deep_json_does_not_pass(value: object, size: int, opening: str) -> None:
    data = (f"[{json.dumps(value)}," + opening * (MAX_DEPTH + 1)).encode()
    with pytest.raises(ValueError, match="deep"):
        drain(JsonBytes(io.BytesIO(data)), size)


def test_brackets_in_strings_are_no_nesting() -> None:
    data = json.dumps(["[{" * 1000, '\\"[' * 1000]).encode()
    for size in (1, 2, 3, 64, 65_536):
        assert drain(JsonBytes(io.BytesIO(data)), size) == data


def _read(data: bytes, folder: Path) -> tuple[list[tuple[int, object]], Problems]:
    path = folder / "x.json"
    path.write_bytes(data)
    place, problems = open_place(path), Problems()
    assert place.single is not None
    found = objects(place, place.single, "messages.item", ReadOptions(), problems)
    return [(index, item["n"]) for index, item in found], problems


@pytest.mark.parametrize(
    ("data", "numbers", "what", "locator"),
    [
        (b'{"messages": [{"n": 1}, {"n": 2}, {"n"', [0, 1], DAMAGED, "messages[2]"),
        (b'{"messages": [{"n": 1}, 7, {"n": 2}]}', [0, 2], NOT_AN_OBJECT, "messages[1]"),
        (b'{"messages": [{"n": 1}, {"n": "\xff"}, {"n": 3}]}', [0, 1, 2], NOT_TEXT, ""),
        (b'{"messages": [{"n": 1}, {"n": 1e99999999999999999999}]}', [0], DAMAGED, "messages[1]"),
        (b'{"messages": []}', [], EMPTY, ""),
        (b"{}", [], EMPTY, ""),
        (b"", [], DAMAGED, "messages[0]"),
        (b'{"messages": [{"n": 1}, ' + b"[" * 5000, [], DAMAGED, "messages[0]"),
    ],
)
def test_damage_is_located(
    data: bytes, numbers: list[int], what: str, locator: str, tmp_path: Path
) -> None:
    found, problems = _read(data, tmp_path)
    assert [index for index, _ in found] == numbers
    assert problems.counts == {what: 1}
    assert problems.samples[what][0].locator == locator


def test_outline_survives_the_end_of_its_head(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"a": {"b": "x"}, "c": [{"d": 1}, "' + b"z" * 100_000)
    place = open_place(path)
    assert place.single is not None
    shape = outline(place, place.single, 5000)
    assert {"a.b", "c.item.d"} <= shape.keys()
    assert shape["a.b"] == "string"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        ("-5", -5),
        (Decimal("5.0"), 5),
        (Decimal("5.5"), None),
        (Decimal("1E+999999999"), None),
        (Decimal("NaN"), None),
        (2**63, None),
        ("9" * 400, None),
        ("٥", None),
        ("-", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert integer(value) == number


def test_ordinals_count_within_their_memory() -> None:
    ordinals = Ordinals(memory=2)
    assert [ordinals.next(key) for key in "aabca"] == [0, 1, 0, 0, 2]
    for key in "defgh":
        ordinals.next(key)
    assert ordinals.next("a") == 0


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_ids_tell_parts_apart(one: list[str], other: list[str]) -> None:
    assert (derived_id("x", *one) == derived_id("x", *other)) == (one == other)


def test_a_very_large_group_has_no_recipients() -> None:
    people = tuple(str(number) for number in range(MAX_PEOPLE + 1))
    crowd = Conversation("c", "group", people)
    assert crowd.recipients("1") == ()
    assert crowd.doubt(()) == LARGE_GROUP
    assert len(Conversation("c", "group", people[1:]).recipients("1")) == MAX_PEOPLE - 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/b.JPG", "photo"),
        ("x.opus", "audio"),
        ("https://cdn.example/x.mp4?ex=1.png", "video"),
        ("x.tgs", "sticker"),
        ("x", "file"),
        ("", "file"),
    ],
)
def test_kinds_of_files(name: str, kind: str) -> None:
    assert kind_of(name) == kind
