"""SMS Backup & Restore: who wrote to whom, and what XML must not be able to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.sources.conversation import NOT_SENT
from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.xml_stream import DAMAGED, DECLARES
from tests.sources.conformance import Outcome, outcome
from tests.sources.fixtures.sms_backup import BANK, DRAFT, EMOJI, FIRST, MMS, document, sms


def read(data: bytes, folder: Path) -> Outcome:
    path = folder / "sms.xml"
    path.write_bytes(data)
    return outcome(path, ReadOptions())


def test_who_wrote_to_whom(tmp_path: Path) -> None:
    found = read(document(FIRST, EMOJI, BANK, MMS), tmp_path)
    assert found.error is None
    got = [(m["sender"], m["recipients"], m["kind"], m["text"]) for m in found.messages]
    owner, ana = "sms:+447700900111", "sms:+447700900456"
    assert got == [
        (ana, [owner], "private", "are you the coach & the driver?"),
        (owner, [ana], "private", "yes 😀 at five"),
        ("sms:EXAMPLEBANK", [owner], "private", "your code has been sent"),
        (owner, [ana, "sms:+447700900789"], "group", "see you all at practice"),
    ]
    assert [m["kind"] for m in found.messages[3]["media"]] == ["photo"]
    assert found.messages[3]["media"][0]["hash"].startswith("sha256:")
    assert {a["id"]: a["name"] for a in found.rows("accounts")}[ana] == "Ana"


def test_owner_without_a_number_is_the_same_in_a_later_backup(tmp_path: Path) -> None:
    once = read(document(FIRST, EMOJI), tmp_path)
    later = read(document(FIRST, EMOJI, BANK), tmp_path)
    other = read(document(BANK), tmp_path)
    owner = once.messages[0]["recipients"]
    assert owner[0].startswith("sms:phone-")
    assert later.messages[0]["recipients"] == owner
    assert [m["id"] for m in later.messages[:2]] == [m["id"] for m in once.messages]
    assert other.messages[0]["recipients"] != owner


def test_drafts_are_counted_and_left_out(tmp_path: Path) -> None:
    found = read(document(FIRST, DRAFT), tmp_path)
    assert len(found.messages) == 1
    assert found.problems.counts[NOT_SENT] == 1


def test_control_characters_and_half_emoji_cost_nothing_else(tmp_path: Path) -> None:
    odd = sms("+447700900456", 1746096060000, 1, "a&#55357; b&#0; c\x01").encode()
    found = read(document(FIRST, "ODD", BANK).replace(b"ODD", odd), tmp_path)
    assert [m["text"] for m in found.messages][1] == "a� b� c�"
    assert len(found.messages) == 3
    assert found.problems.total == 1


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE smses [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE smses [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE smses SYSTEM "http://192.0.2.1/sms.dtd">',
    ],
)
def test_a_document_type_is_refused(declared: str, tmp_path: Path) -> None:
    data = document(FIRST).replace(b"<smses", declared.encode() + b"<smses", 1)
    found = read(data, tmp_path)
    assert not found.messages
    assert DECLARES in str(found.error)


def test_what_stands_before_the_damage_is_read(tmp_path: Path) -> None:
    data = document(FIRST, EMOJI, BANK)
    found = read(data[: data.index(b"EXAMPLEBANK")], tmp_path)
    assert len(found.messages) == 2
    assert found.problems.samples[DAMAGED][0].locator == "line 7"
