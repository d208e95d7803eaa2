"""LAVA output: any application with a conversation view."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.lava import NO_TABLE
from fieldfare.sources.reader import ReadOptions
from tests.sources.conformance import outcome
from tests.sources.fixtures import as_folder
from tests.sources.fixtures.lava import ROWS, VIEW, files


def test_who_wrote_to_whom(tmp_path: Path) -> None:
    path = as_folder(files("_lava_data.lava", {"conversation": VIEW}), tmp_path)
    found = outcome(path, ReadOptions())
    assert found.error is None
    owner = found.messages[0]["sender"]
    assert owner.startswith("chatter:phone-")
    assert [(m["sender"], m["recipients"], m["kind"]) for m in found.messages] == [
        (owner, ["chatter:Ana"], "private"),
        ("chatter:Ana", [owner], "private"),
        (owner, ["chatter:Ana"], "private"),
        ("chatter:Ben", [owner, "chatter:Ana"], "group"),
        ("chatter:Ana", [owner, "chatter:Ben"], "group"),
        (owner, ["chatter:Quinn"], "private"),
    ]
    assert found.messages[0]["sent_at"] == 1_746_000_000_000_000
    assert [x["kind"] for x in found.messages[2]["media"]] == ["photo"]


def test_the_owner_is_what_the_artefact_calls_him(tmp_path: Path) -> None:
    named = {**VIEW, "sentMessageStaticLabel": "coach77"}
    found = outcome(
        as_folder(files("_lava_data.lava", {"conversation": named}), tmp_path), ReadOptions()
    )
    assert found.messages[0]["sender"] == "chatter:coach77"


def test_a_time_that_stayed_text_is_read_with_its_offset(tmp_path: Path) -> None:
    rows = [("2025-05-01T10:00:00+02:00", *ROWS[0][1:]), ROWS[1]]
    path = as_folder(files("_lava_data.lava", {"conversation": VIEW}, rows), tmp_path)
    first = outcome(path, ReadOptions()).messages[0]
    assert first["origin"]["tz_basis"] == "offset"
    assert first["sent_at"] == 1_746_086_400_000_000


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    made = files("_lava_data.lava", {"conversation": VIEW})
    made["_lava_data.lava"] = made["_lava_data.lava"].replace(b"chatter__messages", b"gone")
    found = outcome(as_folder(made, tmp_path), ReadOptions())
    assert found.problems.samples[NO_TABLE][0].locator == "gone"
