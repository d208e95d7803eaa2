"""The encrypted Messenger export."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.messenger import Messenger
from fieldfare.sources.messenger_e2ee import NOT_A_CONVERSATION, MessengerEncrypted
from fieldfare.sources.place import open_place
from tests.sources.fixtures import as_folder
from tests.sources.fixtures.messenger_e2ee import CHAT, FILES, MILA, TOMAS, dump, message
from tests.sources.reading import read

T = "2024-03-09T16:00"


def test_fixture(tmp_path: Path) -> None:
    found = read(MessengerEncrypted(), FILES, tmp_path)
    assert list(found.lines()) == [
        # Stored correctly, so "Ã©" is what was written.
        ("messages[4]", TOMAS, (MILA,), f"{T}:10Z", "řekni Ã© nikomu", ("link",), ()),
        ("messages[3]", TOMAS, (MILA,), f"{T}:20Z", "send me a photo", (), ()),
        ("messages[2]", MILA, (TOMAS,), f"{T}:30Z", None, ("photo", "video"), ()),
        ("messages[1]", TOMAS, (MILA,), f"{T}:40Z", None, ("call",), ()),
        ("messages[0]", TOMAS, (MILA,), f"{T}:50Z", None, (), ("unsent",)),
        ("messages[1]", MILA, (TOMAS, "Anh"), f"{T}:04Z", "12", (), ()),
        ("messages[0]", "Anh", (TOMAS, MILA), f"{T}:05Z", "mấy tuổi?", (), ()),
    ]
    assert [m.kind for m in found.messages] == ["private"] * 5 + ["group"] * 2
    assert all(m.encrypted for m in found.messages)
    assert found.problems.counts == {NOT_A_CONVERSATION: 1}
    assert set(found.accounts) == {f"messenger:{name}" for name in (TOMAS, MILA, "Anh")}


def test_the_number_in_a_name_is_no_part_of_the_conversation(tmp_path: Path) -> None:
    other = CHAT.replace(b'_3"', b'_8"')
    assert other != CHAT
    one = read(MessengerEncrypted(), {"a.json": CHAT}, tmp_path)
    two = read(MessengerEncrypted(), {"b.json": other}, tmp_path)
    assert [m.id for m in one.messages] == [m.id for m in two.messages]


def test_one_person_only(tmp_path: Path) -> None:
    data = dump([TOMAS], "Mila_2", [message(TOMAS, 1, "hi")])
    found = read(MessengerEncrypted(), {"Mila_2.json": data}, tmp_path)
    assert found.messages[0].recipients == ("messenger:Mila",)


def test_detected_by_structure(tmp_path: Path) -> None:
    place = open_place(as_folder(FILES, tmp_path))
    assert MessengerEncrypted.detect(place)
    assert not Messenger.detect(place)
