"""Exports and returns that a service makes itself: who wrote to whom, and in what state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fieldfare.sources.reader import ReadOptions
from tests.sources.conformance import Outcome, outcome
from tests.sources.fixtures import (
    Files,
    as_folder,
    discord_package,
    roblox,
    signal_export,
    snapchat,
)


def read(files: Files, folder: Path) -> Outcome:
    found = outcome(as_folder(files, folder), ReadOptions())
    assert found.error is None
    return found


def who(message: dict[str, Any]) -> tuple[str, list[str], str]:
    return message["sender"], message["recipients"], message["kind"]


def test_snapchat_in_the_order_of_time(tmp_path: Path) -> None:
    found = read(snapchat.FILES, tmp_path)
    me, ana, ben = "snapchat:coach77", "snapchat:ana.b", "snapchat:ben"
    assert [who(m) for m in found.messages] == [
        (me, [ana], "private"),
        (ana, [me], "private"),
        (me, [ana], "private"),
        (ben, [me, ana], "group"),
        (ana, [me, ben], "group"),
        (me, ["snapchat:quinn"], "private"),
    ]
    first, media = found.messages[0], found.messages[2]
    assert first["sent_at"] == 1_743_523_200_000_000
    assert [x["kind"] for x in media["media"]] == ["photo"]
    assert media["origin"]["warnings"] == ["saved"]


def test_snapchat_by_direction(tmp_path: Path) -> None:
    found = read({"chat_history.json": snapchat.dump(snapchat.OLDER)}, tmp_path)
    first, second = found.messages
    assert first["sender"] == second["recipients"][0]
    assert first["recipients"] == ["snapchat:ana.b"] == [second["sender"]]
    assert first["conversation"] == second["conversation"]
    assert first["text"] == "how old are you"


def test_signal(tmp_path: Path) -> None:
    found = read(signal_export.FILES, tmp_path)
    me = found.messages[0]["sender"]
    assert me.startswith("signal:phone-")
    ana, ben = "signal:+447700900456", "signal:aci-ben"
    assert [who(m) for m in found.messages] == [
        (me, [ana], "private"),
        (ana, [me], "private"),
        (me, [ana], "private"),
        (me, [ana], "private"),
        (ben, [me, ana], "group"),
    ]
    assert found.messages[3]["origin"]["warnings"] == ["deleted"]
    assert all(m["encrypted"] for m in found.messages)
    assert {a["id"]: a["name"] for a in found.rows("accounts")}[ana] == "Ana"


def test_discord_package_is_one_side(tmp_path: Path) -> None:
    found = read(discord_package.FILES, tmp_path)
    me, ana = f"discord:{discord_package.OWNER}", f"discord:{discord_package.ANA}"
    assert [who(m) for m in found.messages] == [
        (me, [ana], "private"),
        (me, [ana], "private"),
        (me, [], "group"),
        (me, [ana], "private"),
    ]
    assert [x["kind"] for x in found.messages[1]["media"]] == ["photo", "video"]
    assert found.messages[0]["origin"]["tz_basis"] == "utc"


def test_roblox_marks_what_the_filter_did(tmp_path: Path) -> None:
    found = read(roblox.FILES, tmp_path)
    me, ana, ben = "roblox:100", "roblox:200", "roblox:300"
    assert [who(m) for m in found.messages] == [
        (me, [ana], "private"),
        (ana, [me], "private"),
        (ben, [me, ana], "group"),
        (ana, [ben, me], "group"),
    ]
    assert found.messages[1]["origin"]["warnings"] == ["filtered for under 13"]
    assert [m["origin"]["tz_basis"] for m in found.messages] == ["utc", "utc", "utc", "unknown"]
