"""Folders of many things are walked, and what is not read is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fieldfare.sources.place import open_place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import (
    NESTED,
    REFUSED,
    UNREADABLE,
    UNRECOGNISED,
    detect,
    find,
    read_paths,
    reader_named,
    readers,
)
from fieldfare.vocabulary import InputError, SettingsError
from tests.sources.fixtures import as_folder, as_zip

MESSENGER = (
    b'{"participants": [{"name": "Mira"}, {"name": "Jo"}], "title": "Jo", "messages": '
    b'[{"sender_name": "Jo", "timestamp_ms": 1772395200000, "content": "hello"}]}'
)
ENCRYPTED = (
    b'{"participants": ["Mira", "Jo"], "threadName": "Jo_1", "messages": '
    b'[{"senderName": "Jo", "timestamp": 1772395200000, "text": "hello"}]}'
)
TELEGRAM = (
    b'{"name": "Jo", "type": "personal_chat", "id": 5, "messages": [{"id": 1, "type": "message", '
    b'"date": "2026-03-01T10:00:00", "date_unixtime": "1772395200", "from": "Jo", '
    b'"from_id": "user5", "text": "hello"}]}'
)
WHATSAPP = b"[13/01/2026, 22:00:00] Mira: hello\n[14/01/2026, 22:00:00] Jo: hello\n"
LINE = b'{"type": "message", "sender": "coach", "recipients": ["mira"], "sent_at": 5}\n'
ROWS = b"sender,recipients,sent_at\ncoach,mira,7\n"
EDGES = b"coach mira 9\n"


def mixed(folder: Path) -> Path:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.jsonl").write_bytes(LINE)
    (folder / "deep" / "b.csv").write_bytes(ROWS)
    (folder / "deep" / "er" / "c.txt").write_bytes(EDGES)
    (folder / "deep" / "notes.doc").write_bytes(b"a shopping list\n")
    as_zip({"x/d.jsonl": LINE, "photo.jpg": b"\xff\xd8", "../out": LINE}, folder / "e.zip")
    as_zip({"word/document.xml": b"<x/>", "other.xml": b"<x/>"}, folder / "letter.docx")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 not a ZIP")
    (folder / "link").symlink_to(folder / "a.jsonl")
    return folder


def test_a_mixed_folder_is_walked(tmp_path: Path) -> None:
    problems = Problems()
    found = list(find([mixed(tmp_path)], problems))
    assert [(part.reader.name, part.place.path.name, part.inside) for part in found] == [
        ("jsonl", "a.jsonl", True),
        ("csv", "b.csv", True),
        ("snap", "c.txt", True),
        ("jsonl", "e.zip", True),
    ]
    assert problems.counts == {UNRECOGNISED: 3, UNREADABLE: 1, REFUSED: 2}
    names = {Path(p.source).name + p.member for p in problems.samples[UNRECOGNISED]}
    assert names == {"notes.doc", "e.zipphoto.jpg", "letter.docx"}
    assert [p.member for p in problems.samples[REFUSED]] == ["link", "../out"]


def test_all_of_a_mixed_folder_is_read(tmp_path: Path) -> None:
    batches = read_paths([mixed(tmp_path)], ReadOptions(), Problems())
    assert [at for _, b in batches for at in b.column("sent_at").to_pylist()] == [
        5, 7, 9_000_000, 5,
    ]  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("format_", "name", "data"),
    [
        ("messenger", "messages/inbox/jo_1/message_1.json", MESSENGER),
        ("instagram", "your_instagram_activity/messages/inbox/jo_1/message_1.json", MESSENGER),
        ("messenger-encrypted", "Jo_1.json", ENCRYPTED),
        ("telegram", "result.json", TELEGRAM),
        ("whatsapp", "_chat.txt", WHATSAPP),
    ],
)
def test_what_lies_beside_an_archive_is_read_too(
    format_: str, name: str, data: bytes, zipped: bool, tmp_path: Path
) -> None:
    files = {name: data, "events.jsonl": LINE, "photo.jpg": b"\xff\xd8", "rows.csv": ROWS}
    path = as_zip(files, tmp_path / "a.zip") if zipped else as_folder(files, tmp_path / "a")
    problems = Problems()
    found = list(find([path], problems))
    assert [part.reader.name for part in found] == [format_, "jsonl", "csv"]
    senders = [
        sender.rpartition(":")[2]
        for part in found
        for table, batch in part.read(ReadOptions(), problems)
        if table == "messages"
        for sender in batch.column("sender").to_pylist()
    ]
    assert {"coach"} < set(senders)
    assert senders.count("coach") == 2


def test_a_chat_sent_as_an_attachment_is_left_to_its_conversation(tmp_path: Path) -> None:
    files = {"result.json": TELEGRAM, "files/events.jsonl": LINE}
    [found] = find([as_folder(files, tmp_path / "a")], Problems())
    assert found.reader.name == "telegram"


def test_zips_inside_zips_are_named(tmp_path: Path) -> None:
    inner = as_zip({"a.jsonl": LINE}, tmp_path / "inner.zip").read_bytes()
    problems = Problems()
    both = as_zip({"a.jsonl": LINE, "inner.zip": inner}, tmp_path / "both.zip")
    assert len(list(find([both], problems))) == 1
    assert problems.counts == {NESTED: 1}
    with pytest.raises(InputError, match="other ZIPs only"):
        list(find([as_zip({"inner.zip": inner}, tmp_path / "outer.zip")], Problems()))


def test_a_zip_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    data = bytearray(as_zip({"a.jsonl": LINE * 50}, tmp_path / "a.zip").read_bytes())
    data[data.index(b"a.jsonl") + 20] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.jsonl: damaged"):
        list(find([tmp_path / "damaged.zip"], Problems()))


def test_a_bad_file_does_not_stop_a_folder_but_a_named_one_does(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "b.jsonl").write_bytes(LINE)
    problems = Problems()
    assert len(list(read_paths([tmp_path], ReadOptions(), problems))) == 1
    assert problems.counts == {UNREADABLE: 1}
    with pytest.raises(InputError, match=r"a\.parquet"):
        list(read_paths([tmp_path / "a.parquet"], ReadOptions(), problems))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"just a letter\n", "JSON Lines"),
        ("mira".encode("utf-16"), "UTF-16"),
        (b"\x00" * 100, "not recognised"),
    ],
)
def test_why_not(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(InputError, match=words):
        detect(open_place(tmp_path / "a"))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readable file"):
        list(find([tmp_path], Problems()))


def test_a_format_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"not much\n" + LINE)
    problems = Problems()
    [(table, batch)] = read_paths([tmp_path / "a"], ReadOptions(), problems, format="jsonl")
    assert (table, batch.num_rows, problems.total) == ("messages", 1, 1)
    with pytest.raises(SettingsError, match="jsonl"):
        reader_named("json")


def test_a_named_format_takes_only_its_own_from_a_folder(tmp_path: Path) -> None:
    problems = Problems()
    found = list(find([mixed(tmp_path)], problems, format="jsonl"))
    assert [part.place.path.name for part in found] == ["a.jsonl", "e.zip"]
    assert problems.counts[UNRECOGNISED] == 5
    with pytest.raises(InputError, match="name the file itself"):
        list(reader_named("jsonl").read(open_place(tmp_path), ReadOptions(), problems))


def test_every_reader_has_a_docstring_and_a_known_completeness() -> None:
    for reader in readers():
        assert type(reader).__doc__
        assert reader.completeness in ("everything", "one side", "unknown")


def test_heavy_libraries_wait_until_used() -> None:
    code = (
        "import sys; import fieldfare.sources.registry as r; r.readers();"
        "heavy = {'pyarrow.parquet', 'pyarrow.csv', 'duckdb', 'pandas'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
