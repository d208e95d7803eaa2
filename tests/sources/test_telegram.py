"""Telegram Desktop."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.sources.conversation import NO_RECIPIENT, NO_SENDER, SERVICE_LINE
from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.telegram import Telegram
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat
from tests.sources.fixtures.telegram import (
    ACCOUNT,
    FILES,
    GROUP,
    IRIS,
    KOFI,
    OLD,
    OWNER,
    PEER,
    PERSONAL,
    dump,
    message,
)
from tests.sources.reading import read

T = "2024-02-01T18:00"


def test_account(tmp_path: Path) -> None:
    found = read(Telegram(), FILES, tmp_path)
    first, left = "chats.list[0].messages", "left_chats.list[0].messages"
    liv, gone = "user1000003", "user1000009"
    assert list(found.lines()) == [
        (f"{first}[0]", PEER, (OWNER,), f"{T}:01Z", "сколько тебе лет", (), ()),
        (
            f"{first}[1]",
            PEER,
            (OWNER,),
            f"{T}:02Z",
            "look here: t.example",
            (),
            ("forwarded", "edited"),
        ),
        (f"{first}[2]", OWNER, (PEER,), f"{T}:03Z", None, ("photo",), ("self-destructing",)),
        (f"{first}[3]", OWNER, (PEER,), f"{T}:04Z", None, ("audio",), ()),
        (f"{first}[4]", PEER, (OWNER,), f"{T}:05Z", None, ("call",), ()),
        (f"{first}[5]", PEER, (OWNER,), f"{T}:06Z", None, ("photo",), ()),
        (f"{first}[6]", PEER, (OWNER,), f"{T}:07Z", None, ("sticker",), ()),
        ("chats.list[1].messages[0]", OWNER, (), f"{T}:01Z", "homework", (), ()),
        (f"{left}[1]", liv, (OWNER, gone), f"{T}:02Z", "hallo", ("location",), ()),
        (f"{left}[2]", OWNER, (liv, gone), f"{T}:03Z", "hi", ("contact",), ()),
        (f"{left}[3]", gone, (liv, OWNER), f"{T}:04Z", "gone", (), ()),
    ]
    assert found.accounts == {
        f"telegram:{PEER}": "Kofi A.",
        f"telegram:{OWNER}": "Iris",
        f"telegram:{liv}": "Liv",
        f"telegram:{gone}": None,
    }
    assert found.problems.counts == {SERVICE_LINE: 1}
    assert found.messages[0].id == "telegram:chat1000002/1"
    assert [m.kind for m in found.messages] == ["private"] * 8 + ["group"] * 3


def test_the_owner_is_known_from_the_account_alone(tmp_path: Path) -> None:
    chat = {**PERSONAL, "messages": [message(1, KOFI, "hi")]}
    account = {**ACCOUNT, "chats": {"list": [chat]}, "left_chats": {"list": []}}
    found = read(Telegram(), {"result.json": dump(account)}, tmp_path)
    assert found.messages[0].recipients == (f"telegram:{OWNER}",)


def test_the_peer_of_a_chat_need_not_have_written(tmp_path: Path) -> None:
    chat = {**PERSONAL, "messages": [message(1, IRIS, "hi")]}
    found = read(Telegram(), {"result.json": dump(chat)}, tmp_path)
    assert found.messages[0].recipients == (f"telegram:{PEER}",)
    assert found.accounts[f"telegram:{PEER}"] == "Kofi A."


def test_nobody_is_invented_where_the_owner_is_unknown(tmp_path: Path) -> None:
    chat = {**PERSONAL, "messages": [message(1, KOFI, "hi")]}
    found = read(Telegram(), {"result.json": dump(chat)}, tmp_path)
    assert found.messages[0].recipients == ()
    assert found.problems.counts == {NO_RECIPIENT: 1}


def test_what_stands_before_the_messages_may_stand_behind_them(tmp_path: Path) -> None:
    turned = {key: PERSONAL[key] for key in ("messages", "id", "type", "name")}
    one = read(Telegram(), {"result.json": dump(PERSONAL)}, tmp_path)
    other = read(Telegram(), {"turned.json": dump(turned)}, tmp_path)
    assert list(one.lines()) == list(other.lines())
    assert one.accounts == other.accounts


@pytest.mark.parametrize(
    ("zone", "expected", "basis"),
    [
        (None, "2020-07-01T12:00:00Z", "unknown"),
        ("Europe/Istanbul", "2020-07-01T09:00:00Z", "assumed"),
    ],
)
def test_times_of_2020_are_local(
    zone: str | None, expected: str, basis: str, tmp_path: Path
) -> None:
    found = read(Telegram(), {"result.json": dump(OLD)}, tmp_path, ReadOptions(time_zone=zone))
    first = found.messages[0]
    assert first.origin is not None
    assert isoformat(int(first.sent_at)) == expected
    assert first.origin.tz_basis == basis
    assert first.origin.raw_time == "2020-07-01T12:00:00"
    assert (first.sender, first.recipients) == ("telegram:user1000007", ("telegram:user1000008",))
    # "edited" of 1970 means never.
    assert [m.origin.warnings for m in found.messages if m.origin] == [(), ("edited",)]


def test_a_group_without_the_messages_of_others(tmp_path: Path) -> None:
    chat = {**GROUP, "messages": [message(1, None, "nobody"), message(2, IRIS, "hi")]}
    found = read(Telegram(), {"result.json": dump(chat)}, tmp_path)
    assert len(found.messages) == 1
    assert found.problems.counts == {NO_SENDER: 1, NO_RECIPIENT: 1}


@pytest.mark.parametrize("wrong", [7, None, [7], [[]], {}, "x"])
def test_a_chat_that_is_none_does_not_move_the_others(wrong: object, tmp_path: Path) -> None:
    account = {**ACCOUNT, "chats": {"list": [wrong, PERSONAL]}, "left_chats": {"list": [GROUP]}}
    found = read(Telegram(), {"result.json": dump(account)}, tmp_path)
    assert len(found.messages) == 10
    assert found.messages[0].recipients == (f"telegram:{OWNER}",)
    assert next(found.lines())[0] == "chats.list[1].messages[0]"
    assert found.problems.total == 2


def test_html_export_is_an_error_with_advice(tmp_path: Path) -> None:
    files = {"messages.html": b"<html>", "photos/a.jpg": b"x"}
    with pytest.raises(InputError, match="machine-readable JSON"):
        read(Telegram(), files, tmp_path)
