"""Archives made to harm their reader end with a clear line each, and cost nothing of the rest.

They lie in one folder with a good archive, as they would in a seizure. Sizes are small here; the
large ones are measured by hand (docs/investigation.md).
"""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fieldfare.investigation.store import Investigation
from fieldfare.lab.suspect import files
from fieldfare.lab.suspect.archive import Archive

MARKER = "the quiet heron sings"
"""Text of messages, which no line about a problem may quote."""
ENTITIES = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "laugh">' for n in range(10)
)
UFDR = (
    '<project name="P" xmlns="http://pa.cellebrite.com/report/2.0"><decodedData>'
    '<modelType type="Chat">&BODY;</modelType></decodedData></project>'
)


def traversal(folder: Path) -> None:
    """A ZIP whose members leave it, link out of it, and one that is good."""
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "traversal.zip", "w") as archive:
        archive.writestr("../../outside.txt", "01/01/2025, 10:00 - A: " + MARKER)
        archive.writestr("/etc/cron.d/outside", MARKER)
        archive.writestr("C:\\outside.txt", MARKER)
        archive.writestr(link, "/etc/hostname")
        archive.writestr("notes.txt", MARKER)


def bomb(folder: Path) -> None:
    """Much out of little: in a ZIP, and in gzip, which does not say how much."""
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", b" " * 20_000_000)
    with gzip.open(folder / "bomb.jsonl.gz", "wb") as out:
        out.write(b'{"type": "message", "sender": "a", "recipients": ["b"], "sent_at": 5}\n')
        for _ in range(40):
            out.write(b" " * 1_000_000)


def nested(folder: Path) -> None:
    """A ZIP in a ZIP in a ZIP."""
    for depth in range(3):
        path = folder / "nested.zip"
        inner = path.read_bytes() if depth else b"deepest"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner.zip" if depth else "a.bin", inner)


def external_entity(folder: Path) -> None:
    """XML that would read another file."""
    head = '<!DOCTYPE p [<!ENTITY BODY SYSTEM "file:///etc/hostname">]>'
    (folder / "xxe.xml").write_text(head + UFDR, encoding="utf-8")


def laughs(folder: Path) -> None:
    """XML that grows without end, as a report and as text messages."""
    head = f"<!DOCTYPE p [{ENTITIES}]>"
    (folder / "laughs.xml").write_text(head + UFDR.replace("BODY", "l9"), encoding="utf-8")
    sms = f'{head}<smses count="1"><sms address="1" date="1" type="1" body="&l9;" /></smses>'
    (folder / "sms-laughs.xml").write_text(sms, encoding="utf-8")


def deep(folder: Path) -> None:
    """JSON and XML nested without end."""
    (folder / "deep.json").write_text('{"messages": ' + "[" * 200_000, encoding="utf-8")
    shape = '{"participants": [], "messages": [{"sender_name": "a", "x": '
    (folder / "message_1.json").write_text(shape + '{"x":' * 100_000, encoding="utf-8")
    (folder / "deep.xml").write_text("<smses>" + "<sms>" * 100_000, encoding="utf-8")


def cyclic(folder: Path) -> None:
    """JSON whose parts name one another in a circle: replies, forwards, `$ref`."""
    first: dict[str, Any] = {
        "id": 1, "type": "message", "date": "2025-08-01T10:00:00", "date_unixtime": "1754042400",
        "from": "Ann", "from_id": "user1", "text": MARKER, "reply_to_message_id": 2,
    }  # fmt: skip
    second = {**first, "id": 2, "reply_to_message_id": 1, "$ref": "#/messages/0"}
    chat = {"name": "Ann", "type": "personal_chat", "id": 7, "messages": [first, second]}
    (folder / "cyclic").mkdir()
    (folder / "cyclic" / "result.json").write_text(json.dumps(chat), encoding="utf-8")


def corrupt_database(folder: Path) -> None:
    """An iPhone's database with bytes gone in its middle, and one whose table never ends."""
    whole = folder / "sms.db"
    with closing(sqlite3.connect(whole)) as database:
        database.executescript(
            "CREATE TABLE message (guid TEXT, text TEXT, date INTEGER, is_from_me INTEGER,"
            " handle_id INTEGER); CREATE TABLE chat (guid TEXT);"
            "CREATE TABLE handle (id TEXT); CREATE TABLE chat_message_join (chat_id, message_id);"
            "INSERT INTO handle VALUES ('+447700900444');"
        )
        rows = [(f"g{n}", f"{MARKER} {n}", n, 0, 1) for n in range(2_000)]
        database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", rows)
        database.commit()
    data = bytearray(whole.read_bytes())
    data[8_192:20_480] = b"\xff" * 12_288
    whole.write_bytes(data)
    (folder / "views").mkdir()
    with closing(sqlite3.connect(folder / "views" / "sms.db")) as database:
        database.executescript(
            "CREATE VIEW message AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
            " SELECT x AS text FROM n; CREATE TABLE chat (guid TEXT); CREATE TABLE handle (id);"
        )


def wrong_clock(folder: Path) -> None:
    """Times of another age, before time, after it, and of no calendar."""
    times: tuple[Any, ...] = (
        -(10**19),
        10**19,
        0,
        "yesterday",
        None,
        1e300,
        float("nan"),
        True,
        [],
        "31/31/2025",
    )
    lines = [
        json.dumps({"type": "message", "sender": "x", "recipients": ["y"], "sent_at": time,
                    "text": MARKER})
        for time in times
    ]  # fmt: skip
    (folder / "clock.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def nothing(folder: Path) -> None:
    """Files that are empty, or of no format, with names made to confuse a terminal."""
    (folder / "empty.json").write_bytes(b"")
    (folder / "report.xml").write_bytes(b"\x00" * 1_000)
    (folder / "\x1b[31mred\u202e.txt").write_bytes(b"\xff\xfe" * 100)
    (folder / "loop").symlink_to(folder)


HOSTILE: tuple[Callable[[Path], None], ...] = (
    traversal,
    bomb,
    nested,
    external_entity,
    laughs,
    deep,
    cyclic,
    corrupt_database,
    wrong_clock,
    nothing,
)


def investigate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldfare", "investigate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def seized(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path, int]:
    """One good archive among everything hostile, investigated; the data folder, and how many
    messages the good one has."""
    folder = tmp_path_factory.mktemp("seized")
    phone = (archive.archives / files.PHONE_A).read_bytes()
    (folder / "phone").mkdir()
    (folder / "phone" / files.PHONE_A).write_bytes(phone)
    for make in HOSTILE:
        own = folder / make.__name__
        own.mkdir()
        make(own)
    with zipfile.ZipFile(archive.archives / files.PHONE_A) as good:
        messages = good.read("report.xml").count(b'type="InstantMessage" id=')
    data = tmp_path_factory.mktemp("data")
    suspect = files.ufdr_account("whatsapp", None)
    done = investigate(
        folder, "--case", "seized", "--data", data, "--suspect", suspect, "--zone", "UTC"
    )
    return done, data, messages


def test_it_ends_as_done_with_problems(
    seized: tuple[subprocess.CompletedProcess[str], Path, int],
) -> None:
    done, _, _ = seized
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert MARKER not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_the_good_archive_is_whole(
    seized: tuple[subprocess.CompletedProcess[str], Path, int],
) -> None:
    _, data, messages = seized
    with Investigation.open(Investigation.folder_of(data, "seized"), read_only=True) as case:
        read = case.value("SELECT records FROM sources WHERE source LIKE '%' || ?", [files.PHONE_A])
    assert read == messages > 100


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: str(make.__name__))
def test_each_has_a_line_that_says_where_and_what(
    seized: tuple[subprocess.CompletedProcess[str], Path, int], make: Callable[[Path], None]
) -> None:
    _, data, _ = seized
    with Investigation.open(Investigation.folder_of(data, "seized"), read_only=True) as case:
        said = case.rows('SELECT source, "where", what, detail FROM problems')
        read = case.rows("SELECT source, records FROM sources")
    own = [row for row in said if f"/{make.__name__}" in row["source"] + row["where"]]
    # A circle of replies is followed by nobody: its messages are simply read.
    reads = [row for row in read if f"/{make.__name__}" in row["source"] and row["records"]]
    assert own or (make is cyclic and reads)
    for row in own:
        line = " ".join(map(str, row.values()))
        assert MARKER not in line
        assert "\n" not in line
        assert "/etc/" not in row["detail"]


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: str(make.__name__))
def test_alone_it_is_one_clear_line(make: Callable[[Path], None], tmp_path: Path) -> None:
    """Given by itself there may be nothing to investigate, and that is said in one line."""
    from typer.testing import CliRunner

    from fieldfare.cli import app
    from fieldfare.vocabulary import FieldfareError

    folder = tmp_path / "given"
    folder.mkdir()
    make(folder)
    arguments = ["investigate", str(folder), "--case", "one", "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, FieldfareError), repr(done.exception)
        assert "\n" not in str(done.exception)
        assert MARKER not in str(done.exception)
    else:
        assert done.exit_code in (0, 3)


def test_the_tables_of_problems_lists_them(
    seized: tuple[subprocess.CompletedProcess[str], Path, int],
) -> None:
    _, data, _ = seized
    found = list(data.rglob("problems.csv"))
    assert len(found) == 1
    with found[0].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) > len(HOSTILE)
