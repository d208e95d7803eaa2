"""Cellebrite reports: people, states, and the same chat found on two phones."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.conversation import NO_SENDER, NOT_SENT
from fieldfare.sources.reader import ReadOptions
from tests.sources.conformance import Outcome, outcome
from tests.sources.fixtures.ufdr import (
    ANA,
    ANSWER,
    BEN,
    FILES,
    FIRST,
    OWNER,
    TWO,
    chat,
    message,
    party,
    report,
)


def read(data: bytes, folder: Path) -> Outcome:
    path = folder / "report.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    found = outcome(path, ReadOptions())
    assert found.error is None
    return found


def test_who_wrote_to_whom(tmp_path: Path) -> None:
    found = read(FILES["report.xml"], tmp_path)
    owner, ana, ben = (f"whatsapp:{number}" for number in (OWNER, ANA, BEN))
    assert [(m["sender"], m["recipients"], m["kind"]) for m in found.messages] == [
        (owner, [ana], "private"),
        (ana, [owner], "private"),
        (owner, [ana], "private"),
        (ben, [owner, ana], "group"),
    ]
    assert {a["id"]: a["name"] for a in found.rows("accounts")} == {
        owner: "Coach",
        ana: "Ana",
        ben: "Ben",
    }
    assert [x["kind"] for x in found.messages[2]["media"]] == ["photo"]
    assert found.problems.counts[NOT_SENT] == 1


def test_state_and_offset_are_carried_through(tmp_path: Path) -> None:
    first, answer = read(FILES["report.xml"], tmp_path).messages[:2]
    assert (first["origin"]["tz_basis"], answer["origin"]["tz_basis"]) == ("utc", "offset")
    assert answer["sent_at"] - first["sent_at"] == 60_000_000
    assert answer["origin"]["warnings"] == ["deleted"]
    assert first["origin"]["warnings"] == []


def test_the_same_message_on_both_phones_has_one_id(tmp_path: Path) -> None:
    mine = read(report(chat("17", "OneOnOne", TWO, [FIRST, ANSWER])), tmp_path / "a")
    other = [party(ANA, "", owner=True), party(OWNER, "the coach")]
    theirs = read(report(chat("3", "OneOnOne", other, [FIRST, ANSWER])), tmp_path / "b")
    assert [m["id"] for m in mine.messages] == [m["id"] for m in theirs.messages]
    assert len({m["id"] for m in mine.messages}) == 2


def test_a_message_without_a_sender_is_counted(tmp_path: Path) -> None:
    nobody = message("", "2025-04-01T16:00:00.000+00:00", "hello")
    found = read(report(chat("1", "OneOnOne", TWO, [nobody, FIRST])), tmp_path)
    assert len(found.messages) == 1
    assert found.problems.counts[NO_SENDER] == 1
