"""sms.db: text wherever it stands, both epochs, and what can be saved of a damaged database."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.conversation import SERVICE_LINE
from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.sqlite_file import DAMAGED, LOG_BESIDE
from tests.sources.conformance import Outcome, outcome
from tests.sources.fixtures.ios_messages import COLUMNS, MESSAGES, attributed, database

OWNER, ANA = "imessage:coach@example.com", "imessage:+447700900456"


def read(data: bytes, folder: Path) -> Outcome:
    (folder / "sms.db").write_bytes(data)
    return outcome(folder / "sms.db", ReadOptions())


def test_who_wrote_what_to_whom(tmp_path: Path) -> None:
    found = read(database(), tmp_path)
    got = [(m["sender"], m["recipients"], m["kind"], m["text"]) for m in found.messages]
    assert got == [
        (OWNER, [ANA], "private", "how old are you"),
        (ANA, [OWNER], "private", "im 12 😀"),
        (OWNER, [ANA], "private", ("long " * 60).strip()),
        (OWNER, [ANA], "private", None),
        ("imessage:ben@example.com", [OWNER, ANA], "group", "practice at five"),
        (ANA, [OWNER], "private", "in seconds, as before iOS 11"),
    ]
    assert [x["kind"] for x in found.messages[3]["media"]] == ["photo"]
    assert found.problems.counts[SERVICE_LINE] == 1


def test_times_in_seconds_and_in_nanoseconds(tmp_path: Path) -> None:
    found = read(database(), tmp_path)
    new, old = found.messages[0]["sent_at"], found.messages[5]["sent_at"]
    assert new == (978_307_200 + 765_000_000) * 1_000_000
    assert new - old == 9_000_000 * 1_000_000


def test_a_phone_that_names_no_account_is_the_same_in_a_later_copy(tmp_path: Path) -> None:
    unnamed = [
        tuple(None if c == "account" else v for c, v in zip(COLUMNS, m, strict=True))
        for m in MESSAGES
    ]
    once = read(database(unnamed[:2]), tmp_path).messages[0]["sender"]
    later = read(database(unnamed), tmp_path).messages[0]["sender"]
    assert once == later
    assert once.startswith("imessage:phone-")


def test_around_a_damaged_page_the_rest_is_read(tmp_path: Path) -> None:
    many = [
        (f"M{n}", None, attributed(f"line {n} " + "x" * 100), 1, None, 765_000_000 + n, n % 2)
        for n in range(2000)
    ]
    data = bytearray(database(many))
    at = data.find(b"line 1000 ") // 4096 * 4096
    data[at : at + 4096] = b"\xff" * 4096
    found = read(bytes(data), tmp_path)
    texts = {m["text"].split()[1] for m in found.messages if m["text"]}
    assert {"0", "900", "1100", "1999"} <= texts
    assert "1000" not in texts
    assert any(p.locator.startswith("message ") for p in found.problems.samples[DAMAGED])


def test_a_log_beside_the_database_is_mentioned(tmp_path: Path) -> None:
    (tmp_path / "sms.db-wal").write_bytes(b"x")
    found = read(database(), tmp_path)
    assert found.problems.counts[LOG_BESIDE] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sms.db", "sms.db-wal"]


def test_a_view_in_the_place_of_a_table_is_not_run(tmp_path: Path) -> None:
    hostile = (
        "DROP TABLE attachment; CREATE VIEW attachment AS WITH RECURSIVE n(x) AS"
        " (SELECT 1 UNION ALL SELECT x FROM n) SELECT x AS filename FROM n;"
    )
    found = read(database(more=hostile), tmp_path)
    assert len(found.messages) == 6
