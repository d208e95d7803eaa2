"""DiscordChatExporter."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.sources.conversation import NO_RECIPIENT, SERVICE_LINE
from fieldfare.sources.discord_chat_exporter import DiscordChatExporter
from fieldfare.sources.place import open_place
from fieldfare.sources.reader import ReadOptions
from fieldfare.vocabulary.times import isoformat
from tests.sources.fixtures import as_folder
from tests.sources.fixtures.discord_chat_exporter import (
    DIRECT,
    FILES,
    OMAR,
    PIA,
    author,
    channel,
    dump,
    message,
)
from tests.sources.reading import read

PIA_ID, OMAR_ID, BOT_ID = (f"90071992547409{number:02}" for number in (1, 2, 3))
T = "2025-04-01T16:0"


def test_fixture(tmp_path: Path) -> None:
    found = read(DiscordChatExporter(), FILES, tmp_path)
    assert list(found.lines()) == [
        ("messages[0]", PIA_ID, (BOT_ID,), "2025-04-02T10:00:00Z", "hi all", (), ()),
        ("messages[1]", BOT_ID, (PIA_ID,), "2025-04-02T10:00:01Z", "welcome", (), ("bot",)),
        ("messages[0]", OMAR_ID, (PIA_ID,), f"{T}0:00.123000Z", "how old are you", (), ()),
        ("messages[1]", PIA_ID, (OMAR_ID,), f"{T}1:00Z", "١٢", (), ("edited",)),
        ("messages[2]", OMAR_ID, (PIA_ID,), f"{T}3:00Z", None, ("photo", "sticker"), ()),
        ("messages[3]", OMAR_ID, (PIA_ID,), f"{T}4:00Z", None, ("call",), ()),
        ("messages[5]", OMAR_ID, (PIA_ID,), f"{T}6:00Z", "passed on", (), ("forwarded",)),
        ("messages[0]", PIA_ID, ("@quinn",), "2025-04-03T10:00:00Z", "hello?", (), ()),
    ]
    assert [m.kind for m in found.messages] == ["group"] * 2 + ["private"] * 6
    bases = [m.origin.tz_basis for m in found.messages if m.origin]
    assert bases == ["unknown"] * 2 + ["offset", "utc", "offset", "offset", "offset", "utc"]
    assert found.accounts == {
        f"discord:{PIA_ID}": "Pia 🦊",
        f"discord:{OMAR_ID}": "omar",
        f"discord:{BOT_ID}": "helper",
        "discord:@quinn": "quinn",
    }
    assert found.problems.counts == {SERVICE_LINE: 1}
    assert found.messages[2].id == "discord:1100000000000000001"


def test_times_without_an_offset_in_a_zone(tmp_path: Path) -> None:
    data = dump(
        channel("1", "DirectTextChat", "omar", [message(1, OMAR, "2025-04-02T10:00:00", "hi")])
    )
    options = ReadOptions(time_zone="Europe/Berlin")
    found = read(DiscordChatExporter(), {"a.json": data}, tmp_path, options)
    origin = found.messages[0].origin
    assert origin is not None
    assert isoformat(int(found.messages[0].sent_at)) == "2025-04-02T08:00:00Z"
    assert origin.tz_basis == "assumed"


def test_who_was_mentioned_in_a_direct_chat_is_in_it(tmp_path: Path) -> None:
    line = message(1, OMAR, "2025-04-02T10:00:00Z", "hi", mentions=[author(1, "pia")])
    data = dump(channel("1", "DirectTextChat", "somebody", [line]))
    found = read(DiscordChatExporter(), {"a.json": data}, tmp_path)
    assert found.messages[0].recipients == (f"discord:{PIA_ID}",)


def test_nobody_is_invented_where_the_channel_bears_the_writer_s_name(tmp_path: Path) -> None:
    data = dump(
        channel("1", "DirectTextChat", "omar", [message(1, OMAR, "2025-04-02T10:00:00Z", "hi")])
    )
    found = read(DiscordChatExporter(), {"a.json": data}, tmp_path)
    assert found.messages[0].recipients == ()
    assert found.problems.counts == {NO_RECIPIENT: 1}


def test_two_people_on_a_server_are_a_group(tmp_path: Path) -> None:
    lines = [
        message(number, who, f"2025-04-02T10:00:0{number}Z", "hi")
        for number, who in enumerate((PIA, OMAR))
    ]
    data = dump(channel("1", "GuildTextChat", "x", lines))
    found = read(DiscordChatExporter(), {"a.json": data}, tmp_path)
    assert {m.kind for m in found.messages} == {"group"}


@pytest.mark.parametrize("beside", ["chat.txt", "other.json", "more.zip"])
def test_a_folder_with_other_data_is_not_taken_whole(beside: str, tmp_path: Path) -> None:
    place = open_place(as_folder({"a.json": dump(DIRECT), beside: b"{}"}, tmp_path))
    assert not DiscordChatExporter.detect(place)
