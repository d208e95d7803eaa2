"""Every reader, on every fixture of its own, does what `conformance` says."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.sources.place import HEAD_BYTES, open_place
from fieldfare.sources.reader import Problems
from fieldfare.sources.registry import READERS, REFUSED, detect, readers
from fieldfare.vocabulary import InputError
from tests.sources.conformance import (
    CountingPlace,
    Outcome,
    check,
    comparable,
    outcome,
    path_of,
    resolves,
    texts_of,
    wrong_values,
)
from tests.sources.fixtures import Files, Fixture, all_fixtures, as_file, as_folder, as_zip

FIXTURES = all_fixtures()
EACH = pytest.mark.parametrize("fixture", FIXTURES, ids=str)
DAMAGED = [fixture for fixture in FIXTURES if fixture.damaged is not None]
JSON = [f for f in FIXTURES if any(name.endswith((".json", ".jsonl")) for name in f.files)]

Write = Callable[[Files, Path], Path]


def whole(fixture: Fixture, folder: Path) -> Outcome:
    found = outcome(path_of(fixture, folder), fixture.options)
    assert found.error is None, found.said
    return found


def must_speak(fixture: Fixture, files: Files, folder: Path, texts: frozenset[str]) -> None:
    """Read a damaged version: if messages are missing, somebody is told."""
    found = outcome(path_of(replace(fixture, files=files), folder), fixture.options, texts)
    if len(found.messages) < fixture.messages:
        assert found.spoke, f"{fixture.messages - len(found.messages)} messages gone in silence"


def test_every_reader_is_tried() -> None:
    assert {fixture.reader for fixture in FIXTURES} == {reader.name for reader in readers()}


def test_names_are_unique() -> None:
    names = [reader.name for reader in readers()]
    titles = [reader.title for reader in readers()]
    assert len(set(names)) == len(set(titles)) == len(names) == len(READERS)


@EACH
def test_all_messages_come_out(fixture: Fixture, tmp_path: Path) -> None:
    found = whole(fixture, tmp_path)
    assert len(found.messages) == fixture.messages > 0


@EACH
def test_detect_is_exclusive(fixture: Fixture, tmp_path: Path) -> None:
    places = [open_place(path_of(fixture, tmp_path / "own"))]
    if not fixture.single:
        places.append(open_place(as_zip(fixture.files, tmp_path / "all.zip")))
    for place in places:
        fitting = [reader.name for reader in readers() if reader.detect(place)]
        assert fitting == [fixture.reader]
        assert detect(place).name == fixture.reader


@EACH
def test_detect_is_cheap(fixture: Fixture, tmp_path: Path) -> None:
    inner = open_place(path_of(fixture, tmp_path))
    for reader in readers():
        place = CountingPlace(inner, others=3000)
        reader.detect(place)
        assert place.opened <= 40, reader.name
        assert place.bytes <= 16 * HEAD_BYTES, reader.name


@EACH
def test_reading_twice_gives_the_same(fixture: Fixture, tmp_path: Path) -> None:
    first, second = whole(fixture, tmp_path), whole(fixture, tmp_path)
    assert [table for table, _ in first.batches] == [table for table, _ in second.batches]
    for (_, one), (_, other) in zip(first.batches, second.batches, strict=True):
        assert one.equals(other)
    assert first.problems == second.problems


@EACH
def test_every_locator_leads_back(fixture: Fixture, tmp_path: Path) -> None:
    for message in whole(fixture, tmp_path).messages:
        assert resolves({**message["origin"]})


def in_subfolder(files: Files, folder: Path) -> Path:
    as_folder(files, folder / "some" / "where")
    return folder


def zipped(files: Files, folder: Path) -> Path:
    return as_zip(files, folder / "all.zip")


def zip_in_folder(files: Files, folder: Path) -> Path:
    as_zip(files, folder / "all.zip")
    return folder


@EACH
@pytest.mark.parametrize("write", [as_folder, zipped, zip_in_folder, in_subfolder])
def test_file_folder_and_zip_are_the_same(fixture: Fixture, write: Write, tmp_path: Path) -> None:
    if write is zipped and any(name.endswith(".gz") for name in fixture.files):
        pytest.skip("gzip inside a ZIP is not read")
    if write is zip_in_folder and any(name.endswith(".gz") for name in fixture.files):
        pytest.skip("gzip inside a ZIP is not read")
    expected = whole(fixture, tmp_path / "own")
    found = outcome(write(fixture.files, tmp_path / "other"), fixture.options)
    assert found.error is None, found.said
    assert comparable(found) == comparable(expected)
    for message in found.messages:
        assert resolves(message["origin"])


@EACH
def test_metadata_only_yields_no_text(fixture: Fixture, tmp_path: Path) -> None:
    expected = whole(fixture, tmp_path)
    found = whole(replace(fixture, options=replace(fixture.options, metadata_only=True)), tmp_path)
    assert len(found.messages) == fixture.messages
    for table, batch in found.batches:
        if table == "messages":
            assert batch.column("text").null_count == batch.num_rows
    everything = str([batch.to_pylist() for _, batch in found.batches])
    assert not [text for text in texts_of(expected.messages) if text in everything]


@EACH
def test_progress_counts_bytes(fixture: Fixture, tmp_path: Path) -> None:
    seen: list[int] = []
    options = replace(fixture.options, progress=seen.append)
    whole(replace(fixture, options=options), tmp_path)
    assert sum(seen) > 0
    assert min(seen) >= 0


@EACH
def test_cut_short_at_any_byte(fixture: Fixture, tmp_path: Path) -> None:
    texts = texts_of(whole(fixture, tmp_path / "whole").messages)
    for name, data in fixture.files.items():
        step = max(1, len(data) // 50)
        for size in [*range(0, len(data), step), len(data) - 1]:
            cut = data[:size]
            if fixture.whole_lines and b"\n" in data[max(size - 1, 0) : size + 1]:
                continue
            must_speak(fixture, {**fixture.files, name: cut}, tmp_path / "cut", texts)


@EACH
def test_zip_cut_short(fixture: Fixture, tmp_path: Path) -> None:
    path = as_zip(fixture.files, tmp_path / "all.zip")
    data = path.read_bytes()
    for size in range(4, len(data), max(1, len(data) // 20)):
        path.write_bytes(data[:size])
        found = outcome(path, fixture.options)
        assert found.error is not None


@EACH
def test_zip_with_changed_bytes(fixture: Fixture, tmp_path: Path) -> None:
    path = as_zip(fixture.files, tmp_path / "all.zip")
    data = path.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        found = outcome(path, fixture.options)
        if len(found.messages) < fixture.messages:
            assert found.spoke


@EACH
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp500"])
def test_another_encoding(fixture: Fixture, encoding: str, tmp_path: Path) -> None:
    texts = texts_of(whole(fixture, tmp_path / "whole").messages)
    for name, data in fixture.files.items():
        other = data.decode("utf-8", "replace").encode(encoding, "replace")
        must_speak(fixture, {**fixture.files, name: other}, tmp_path / "other", texts)


@EACH
def test_latin_1_bytes(fixture: Fixture, tmp_path: Path) -> None:
    for name, data in fixture.files.items():
        for old, new in ((b"you", b"y\xf6u"), (b"coach", b"c\xf6ach"), (b"a", b"\xe4")):
            must_speak(
                fixture, {**fixture.files, name: data.replace(old, new)}, tmp_path, frozenset()
            )


@EACH
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b" " * 100,
        b"\x00" * 5000,
        b"\xff" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{}",
        b"[]",
        b"null",
        b"\xef\xbb\xbf",
        b"PAR1",
        b"PK\x03\x04",
        b"\x1f\x8b\x08\x00",
        b"PAR1" + b"\xff" * 100 + b"PAR1",
        b'"' * 999,
    ],
)
def test_nothing_of_use(fixture: Fixture, data: bytes, tmp_path: Path) -> None:
    must_speak(fixture, dict.fromkeys(fixture.files, data), tmp_path, frozenset())


@pytest.mark.parametrize("fixture", DAMAGED, ids=str)
def test_good_records_around_a_bad_one_survive(fixture: Fixture, tmp_path: Path) -> None:
    files = fixture.damaged
    assert files is not None
    found = whole(replace(fixture, files=files), tmp_path)
    assert len(found.messages) == fixture.damaged_messages
    assert found.problems.total >= 1
    located = [p for some in found.problems.samples.values() for p in some if p.locator]
    assert located, "the bad record is not located"


@pytest.mark.parametrize("fixture", JSON, ids=str)
def test_wrong_types_and_missing_fields(fixture: Fixture, tmp_path: Path) -> None:
    texts = texts_of(whole(fixture, tmp_path / "whole").messages)
    for name, data in fixture.files.items():
        if not name.endswith((".json", ".jsonl")):
            continue
        for wrong in _wrong_files(name, data):
            must_speak(fixture, {**fixture.files, name: wrong}, tmp_path / "wrong", texts)


def _wrong_files(name: str, data: bytes) -> list[bytes]:
    """At most some 200 versions of a file, each with one wrong value."""
    if name.endswith(".json"):
        versions = [json.dumps(v).encode() for v in wrong_values(json.loads(data))]
    else:
        lines = data.removesuffix(b"\n").split(b"\n")
        versions = [
            b"\n".join([*lines[:at], json.dumps(value).encode(), *lines[at + 1 :]]) + b"\n"
            for at, line in enumerate(lines)
            for value in wrong_values(json.loads(line))
        ]
    return versions[:: max(1, len(versions) // 200)]


HOSTILE = [
    b"\x00",
    b"\xff",
    b"\\ud800",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r",
    b"1e999",
    b"1e9999999999999999999",
    b"9" * 400,
    b"null",
    b"[" * 3000,
    b"\xe2\x80\xae",
    b"-",
    b"NaN",
    b"'",
    b";",
]


@EACH
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_random_damage(fixture: Fixture, data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(sorted(fixture.files)))
    damaged = bytearray(fixture.files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        gone = data.draw(st.integers(0, 20))
        new = data.draw(st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=8)))
        damaged[at : at + gone] = new
    files = {**fixture.files, name: bytes(damaged)}
    outcome(path_of(replace(fixture, files=files), tmp_path), fixture.options)


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: str(reader.name))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_made_to_read_anything(reader: Any, data: bytes, tmp_path: Path) -> None:
    place = open_place(as_file({"chat.txt": data}, tmp_path))
    found = Outcome([], Problems(), None)
    try:
        found.batches.extend(reader.read(place, FIXTURES[0].options, found.problems))
    except InputError as error:
        found.error = error
    check(found)


@EACH
def test_unsafe_members_are_refused_and_counted(fixture: Fixture, tmp_path: Path) -> None:
    if any(name.endswith(".gz") for name in fixture.files):
        pytest.skip("gzip inside a ZIP is not read")
    path = as_zip(fixture.files, tmp_path / "all.zip")
    name, data = next(iter(fixture.files.items()))
    link = zipfile.ZipInfo(f"link-{Path(name).name}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"../{name}", data)
        archive.writestr(f"/{name}", data)
        archive.writestr(link, "/etc/hostname")
        archive.writestr("bomb.txt", b"0" * (20 * 1024 * 1024))
    found = outcome(path, fixture.options)
    assert found.error is None, found.said
    assert len(found.messages) == fixture.messages
    assert found.problems.counts[REFUSED] == 4
