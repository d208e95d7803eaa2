"""What Meta's exports share: the mojibake rule, the order of parts and of time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.sources.clock import millis
from fieldfare.sources.conversation import ORDER_WINDOW, in_order
from fieldfare.sources.instagram import Instagram
from fieldfare.sources.messenger import Messenger
from fieldfare.sources.meta import repair
from fieldfare.sources.place import open_place
from fieldfare.vocabulary import InputError, Message
from tests.sources.fixtures import Files, as_folder
from tests.sources.fixtures.instagram import NEW
from tests.sources.fixtures.messenger import (
    ALL,
    BJORN,
    GROUP,
    INBOX,
    REQUEST,
    ROOT,
    START,
    ZOE,
    dump,
    message,
    mojibake,
    thread,
)
from tests.sources.reading import read, read_path


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_mojibake(text: str) -> None:
    assert repair(mojibake(text)) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_changed_can_be_changed_back(text: str) -> None:
    fixed = repair(text)
    assert fixed == text or fixed.encode().decode("latin-1") == text


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "",
        "caf\xe9",  # a lone é is not valid UTF-8: stored correctly
        "Ã",
        "naïve façade",
        "Привет",  # above U+00FF
        "Ã© Привет",  # half of it looks like mojibake, half cannot be: all stays
        "\xe2\x82",  # the beginning of a character
        "1 € and Ã©",
    ],
)
def test_text_that_is_no_mojibake_is_not_changed(text: str) -> None:
    assert repair(text) == text


def test_messenger_fixture(tmp_path: Path) -> None:
    found = read(Messenger(), ALL, tmp_path)
    gone5, gone6 = "Facebook user@facebookuser_5", "Facebook user@facebookuser_6"
    day = "2023-11-1"
    assert list(found.lines()) == [
        (
            "messages[3]",
            BJORN,
            ("Ιωάννα", ZOE),
            f"{day}5T01:35:20Z",
            None,
            ("audio", "gif", "file"),
            (),
        ),
        (
            "messages[2]",
            ZOE,
            ("Ιωάννα", BJORN),
            f"{day}5T01:36:20Z",
            "Training um 17:00",
            ("video",),
            (),
        ),
        ("messages[1]", "Ιωάννα", (ZOE, BJORN), f"{day}5T01:37:20Z", None, ("sticker",), ()),
        ("messages[0]", gone6, (ZOE,), f"{day}4T23:54:20Z", "hi", (), ("filtered",)),
        ("messages[2]", BJORN, (ZOE,), f"{day}4T22:14:20Z", "hallo Zoë", (), ()),
        ("messages[1]", BJORN, (ZOE,), f"{day}4T22:15:20Z", "how old are you", (), ()),
        ("messages[0]", BJORN, (ZOE,), f"{day}4T22:15:20Z", "сколько тебе лет?", (), ()),
        ("messages[1]", ZOE, (BJORN,), f"{day}4T22:43:20Z", None, ("photo",), ()),
        ("messages[0]", BJORN, (ZOE,), f"{day}4T22:44:20Z", "schick mir ein Foto", ("link",), ()),
        ("messages[2]", ZOE, (BJORN,), f"{day}4T23:13:20Z", "nein 🙈", (), ()),
        ("messages[1]", BJORN, (ZOE,), f"{day}4T23:14:20Z", None, ("call",), ("missed",)),
        ("messages[0]", BJORN, (ZOE,), f"{day}4T23:15:20Z", None, (), ("unsent",)),
        (
            "messages[0]",
            gone5,
            (ZOE,),
            f"{day}4T23:53:20Z",
            "are your parents home",
            (),
            ("message request",),
        ),
    ]
    assert found.accounts == {
        "messenger:Ιωάννα": "Ιωάννα",
        f"messenger:{ZOE}": ZOE,
        f"messenger:{BJORN}": BJORN,
        f"messenger:{gone5}": "Facebook user",
        f"messenger:{gone6}": "Facebook user",
    }
    kinds = {m.conversation: m.kind for m in found.messages}
    assert kinds == {
        "messenger:schach_9": "group",
        "messenger:zoeokonkwo_77": "private",
        "messenger:facebookuser_5": "private",
        "messenger:facebookuser_6": "private",
    }
    assert found.problems.total == 1  # the line that somebody left the group
    origin = found.messages[4].origin
    assert origin is not None
    assert origin.member == f"{ROOT}/inbox/zoeokonkwo_77/message_10.json"
    assert origin.raw_time == str(START + 60_000)
    assert origin.tz_basis == "utc"


def test_instagram_fixture(tmp_path: Path) -> None:
    found = read(Instagram(), NEW, tmp_path)
    assert [(m.sender, m.text, bool(m.media)) for m in found.messages] == [
        ("instagram:lou.plays", "keep this our secret 🤫", False),
        ("instagram:lou.plays", "何歳ですか？", False),
        ("instagram:あや", "わかった", False),
        ("instagram:lou.plays", "https://www.instagram.com/p/example/", True),
        ("instagram:lou.plays", "Reacted 😍 to your message", False),
        ("instagram:new.friend", "hey", False),
    ]
    assert [m.origin.warnings for m in found.messages if m.origin][-2:] == [
        (),
        ("message request",),
    ]


def test_a_message_in_two_parts_has_one_id(tmp_path: Path) -> None:
    both = [message(BJORN, 5, "b"), message(BJORN, 5, "a"), message(ZOE, 4, "c")]
    files: Files = {
        f"{ROOT}/inbox/x_1/message_1.json": dump(thread("inbox/x_1", [ZOE, BJORN], both)),
        f"{ROOT}/inbox/x_1/message_2.json": dump(thread("inbox/x_1", [ZOE, BJORN], both)),
    }
    ids = [m.id for m in read(Messenger(), files, tmp_path).messages]
    assert len(ids) == 6
    assert len(set(ids)) == 3


def test_ids_do_not_depend_on_where_a_file_lies(tmp_path: Path) -> None:
    name = f"{ROOT}/inbox/zoeokonkwo_77/message_1.json"
    whole = {m.id for m in read(Messenger(), INBOX, tmp_path / "whole").messages}
    alone = [m.id for m in read(Messenger(), {"message_1.json": INBOX[name]}, tmp_path).messages]
    assert len(alone) == 3
    assert set(alone) < whole


def test_the_title_names_a_peer_who_is_not_listed(tmp_path: Path) -> None:
    data = dump(thread("inbox/x_1", [ZOE], [message(ZOE, 1, "hello?")], title="Новый друг"))
    found = read(Messenger(), {"message_1.json": data}, tmp_path)
    assert found.messages[0].recipients == ("messenger:Новый друг",)


def test_one_box_and_one_conversation_are_read(tmp_path: Path) -> None:
    root = as_folder(INBOX, tmp_path)
    for folder in (root / ROOT / "inbox", root / ROOT / "inbox" / "zoeokonkwo_77"):
        place = open_place(folder)
        assert Messenger.detect(place)
        assert not Instagram.detect(place)
        found = read_path(Messenger(), folder)
        assert len(found.messages) == 8
        assert {m.conversation for m in found.messages} == {"messenger:zoeokonkwo_77"}


def test_an_export_among_other_things_is_not_all_of_them(tmp_path: Path) -> None:
    as_folder(ALL, tmp_path / "facebook-x")
    as_folder(NEW, tmp_path / "instagram-y")
    place = open_place(tmp_path)
    assert not Messenger.detect(place)
    assert not Instagram.detect(place)
    assert Messenger.detect(open_place(tmp_path / "facebook-x"))
    assert Instagram.detect(open_place(tmp_path / "instagram-y"))


def test_html_is_named_as_what_it_is(tmp_path: Path) -> None:
    files: Files = {f"{ROOT}/inbox/x_1/message_1.html": b"<html></html>", f"{ROOT}/a.json": b"{}"}
    with pytest.raises(InputError, match="JSON"):
        read(Messenger(), files, tmp_path)


def test_newest_first_becomes_oldest_first_in_windows() -> None:
    count = ORDER_WINDOW + 10
    newest_first = (
        Message(sender="a", recipients=("b",), sent_at=count - at, text=str(at))
        for at in range(count)
    )
    times = [int(m.sent_at) for m in in_order(newest_first)]
    assert len(times) == count
    assert times[:ORDER_WINDOW] == sorted(times[:ORDER_WINDOW])


@pytest.mark.parametrize("value", [None, 0, "", "soon", True, 10**30, -(10**18), [], 1.5])
def test_what_is_no_time(value: object) -> None:
    assert millis(value) is None


def test_requests_are_marked_from_the_path_of_the_file_too(tmp_path: Path) -> None:
    data = dump(
        {
            "participants": [{"name": ZOE}, {"name": BJORN}],
            "messages": [message(BJORN, 1, "hi")],
        }
    )
    files: Files = {**REQUEST, **GROUP, f"{ROOT}/message_requests/b_3/message_1.json": data}
    found = read(Messenger(), files, tmp_path)
    marked = [m for m in found.messages if m.origin and "message request" in m.origin.warnings]
    assert len(marked) == 2
