"""WhatsApp chats: every quirk of the fixtures, authors, bodies and titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.sources.conversation import NO_RECIPIENT, SERVICE_LINE
from fieldfare.sources.decoding import MAX_LINE
from fieldfare.sources.json_stream import NOT_TEXT
from fieldfare.sources.lines import NO_LINE_END
from fieldfare.sources.place import open_place
from fieldfare.sources.whatsapp import MAYBE_SERVICE, WhatsApp
from fieldfare.sources.whatsapp_bodies import read_body, title_in
from fieldfare.sources.whatsapp_chat import LINE_CUT, ORPHAN, account_id, split_author
from tests.sources.fixtures import as_folder
from tests.sources.fixtures.whatsapp import (
    ALONE,
    ANDROID,
    ARABIC,
    BENGALI,
    CHINESE,
    FRENCH,
    GERMAN,
    IOS,
    KOREAN,
    OLD_IOS,
    PERSIAN,
    SWEDISH,
    THAI,
    WITH_MEDIA,
)
from tests.sources.reading import read
from tests.sources.whatsapp_reading import chat, times

RAY, DANI = "Uncle Ray", "Dani"


def test_ios_fixture(tmp_path: Path) -> None:
    found = read(WhatsApp(), WITH_MEDIA, tmp_path)
    late = "2023-04-13T21:0"
    assert list(found.lines()) == [
        ("line 2", RAY, (DANI,), "2023-04-03T21:00:05Z", "hi: how old are you", (), ()),
        (
            "line 3",
            RAY,
            (DANI,),
            "2023-04-03T21:00:05Z",
            "and\nare your parents home\n\n🙂",
            (),
            (),
        ),
        ("line 7", DANI, (RAY,), f"{late}1:00Z", None, ("photo",), ()),
        ("line 8", RAY, (DANI,), f"{late}2:00Z", None, ("video",), ()),
        ("line 9", RAY, (DANI,), f"{late}3:00Z", "plan.pdf • 2 pages", ("file",), ()),
        ("line 10", DANI, (RAY,), f"{late}4:00Z", None, (), ("deleted",)),
        ("line 11", RAY, (DANI,), f"{late}5:00Z", "keep this our secret", (), ("edited",)),
        ("line 12", RAY, (DANI,), f"{late}6:00Z", None, ("call",), ()),
        (
            "line 13",
            RAY,
            (DANI,),
            f"{late}7:00Z",
            "Location: https://maps.google.com/?q=1.0,2.0",
            ("location",),
            (),
        ),
        ("line 14", DANI, (RAY,), f"{late}8:00Z", "ok @Uncle Ray", (), ()),
    ]
    assert found.problems.counts == {SERVICE_LINE: 1}
    assert {m.kind for m in found.messages} == {"private"}
    origin = found.messages[0].origin
    assert origin is not None
    assert (origin.member, origin.raw_time) == ("_chat.txt", "03/04/2023, 21:00:05")
    assert origin.tz_basis == "unknown"
    assert len({m.id for m in found.messages}) == 10


def test_android_fixture(tmp_path: Path) -> None:
    found = chat(ANDROID, tmp_path, "WhatsApp Chat with Trip.txt")
    uk, us, mo, sam = "+447700900123", "+12025550147", "Mo", "~ Sam"
    assert list(found.lines()) == [
        ("line 3", uk, (us, mo, sam), "2023-12-31T21:59:00Z", "send me a photo", (), ()),
        ("line 4", us, (uk, mo, sam), "2023-12-31T22:00:00Z", None, ("file",), ()),
        ("line 5", mo, (uk, us, sam), "2024-01-01T00:00:00Z", "for you", ("photo",), ()),
        ("line 7", mo, (uk, us, sam), "2024-01-01T00:01:00Z", None, ("audio",), ()),
        ("line 8", sam, (uk, us, mo), "2024-01-01T12:01:00Z", None, ("contact",), ()),
    ]
    assert found.problems.counts == {SERVICE_LINE: 3}
    assert {m.kind for m in found.messages} == {"group"}
    assert found.accounts["whatsapp:+447700900123"] == "+44 7700 900123"
    assert next(m.origin.raw_time for m in found.messages if m.origin) == "12/31/23, 9:59\u202fPM"


@pytest.mark.parametrize(
    "data", [ARABIC, THAI, KOREAN, CHINESE, GERMAN, SWEDISH, FRENCH, BENGALI, PERSIAN]
)
def test_scripts_calendars_and_clocks(data: bytes, tmp_path: Path) -> None:
    # Every one was sent at 21:58 on New Year's Eve, and answered about midnight.
    first, second, *_ = times(chat(data, tmp_path))
    assert first.startswith("2023-12-31T21:58:0")
    assert second.startswith("2024-01-01T00:0")


def test_ios_before_2017(tmp_path: Path) -> None:
    assert times(chat(OLD_IOS, tmp_path)) == ["2015-12-31T21:58:01Z", "2016-01-01T00:00:02Z"]


def test_who_writes_first_is_not_who_the_service_writes_for(tmp_path: Path) -> None:
    unknown_words = IOS.replace(b"end-to-end encrypted", b"zxqv")
    assert unknown_words != IOS
    assert chat(unknown_words, tmp_path).messages[0].sender == "whatsapp:Uncle Ray"


def test_a_group_s_name_is_nobody(tmp_path: Path) -> None:
    text = (
        "[31/12/2023, 10:00:00] Chess club: \u200eqwerty\n"
        "[31/12/2023, 10:00:01] Chess club: \u200euiop\n"
        "[31/12/2023, 10:00:02] Al: hi\n[31/12/2023, 10:00:03] Bea: hi\n"
    )
    found = chat(text, tmp_path)
    assert set(found.accounts) == {"whatsapp:Al", "whatsapp:Bea"}
    assert found.problems.counts == {SERVICE_LINE: 2}


def test_a_mark_before_words_does_not_hide_them(tmp_path: Path) -> None:
    text = (
        "[31/12/2023, 10:00:00] Al: hi\n[31/12/2023, 10:00:01] Al: \u200esend me a photo\n"
        "[31/12/2023, 10:00:02] Bea: no\n"
    )
    found = chat(text, tmp_path)
    assert [m.text for m in found.messages] == ["hi", "send me a photo", "no"]
    assert found.problems.counts == {MAYBE_SERVICE: 1}


def test_one_author_and_a_title(tmp_path: Path) -> None:
    found = chat(ALONE, tmp_path, "WhatsApp Chat with Bea.txt")
    assert {m.recipients for m in found.messages} == {("whatsapp:Bea",)}
    assert found.accounts == {"whatsapp:Al": "Al", "whatsapp:Bea": "Bea"}


def test_one_author_and_no_title_is_counted(tmp_path: Path) -> None:
    found = chat(ALONE, tmp_path, "x.txt")
    assert {m.recipients for m in found.messages} == {()}
    assert found.problems.counts == {NO_RECIPIENT: 2}


def test_the_same_first_line_to_two_children_is_two_chats(tmp_path: Path) -> None:
    one = chat(ALONE, tmp_path / "1", "WhatsApp Chat with Bea.txt")
    two = chat(ALONE, tmp_path / "2", "WhatsApp Chat with Cem.txt")
    assert not {m.id for m in one.messages} & {m.id for m in two.messages}


def test_a_longer_export_of_the_same_chat_has_the_same_ids(tmp_path: Path) -> None:
    longer = GERMAN + b"02.01.24, 10:00 - Kim: hallo\n"
    short = [m.id for m in chat(GERMAN, tmp_path / "1", "a.txt").messages]
    long = [m.id for m in chat(longer, tmp_path / "2", "b.txt").messages]
    assert long[:2] == short
    assert len(set(long)) == 3


# The order of day and month.


# Clocks.


# Damage.


def test_damage_is_counted_and_does_not_spread(tmp_path: Path) -> None:
    data = b"stray line\n" + GERMAN + b"02.01.24, 10:00 - Lea: caf\xe9"
    found = chat(data, tmp_path)
    assert [m.text for m in found.messages] == ["wie alt bist du", None, "caf\ufffd"]
    assert found.problems.counts == {ORPHAN: 1, NOT_TEXT: 1, NO_LINE_END: 1}


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    text = f"31/12/2023, 10:00 - Al: {'x' * (3 * MAX_LINE)}\n31/12/2023, 10:01 - Bea: b\n"
    found = chat(text, tmp_path)
    assert [len(m.text or "") for m in found.messages] == [MAX_LINE - 24, 1]
    assert found.problems.counts == {LINE_CUT: 1}


def test_utf_16_is_read(tmp_path: Path) -> None:
    found = chat(GERMAN.decode().encode("utf-16"), tmp_path)
    assert [m.sender for m in found.messages] == ["whatsapp:Jörg", "whatsapp:Lea"]


# Names and bodies.


@pytest.mark.parametrize(
    ("rest", "author"),
    [
        ("Al: hi", "Al"),
        ("Al: a: b", "Al"),
        ("Al:", "Al"),
        ("\u202a+44 7700 900456\u202c: hi", "+44 7700 900456"),
        ("~\u202fAl: hi", "~ Al"),
        ("Al left", None),
        ('Al created group "Trip: June"', None),
        ("Al changed the subject to “a: b”", None),
        (": hi", None),
    ],
)
def test_authors(rest: str, author: str | None) -> None:
    assert split_author(rest)[0] == author


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("+44 7700 900123", "whatsapp:+447700900123"),
        ("+1 (202) 555-0147", "whatsapp:+12025550147"),
        ("Agent 007", "whatsapp:Agent 007"),
        ("1234", "whatsapp:1234"),
    ],
)
def test_numbers_become_one_account_however_they_are_written(name: str, account: str) -> None:
    assert account_id(name) == account


@pytest.mark.parametrize(
    ("raw", "text", "kinds"),
    [
        ("<Media omitted>", None, ["file"]),
        ("<Media omitted>\ncaption", "caption", ["file"]),
        ("\u200eimagen omitida", None, ["photo"]),
        ("\u200esticker omitted", None, ["sticker"]),
        ("\u200eGIF omitted", None, ["gif"]),
        ("\u200eContact card omitted", None, ["contact"]),
        ("\u200e<adjunto: 00000001-AUDIO-2023-01-01.opus>", None, ["audio"]),
        ("\u200e<添付: 00000001-GIF-2023-01-01.mp4>", None, ["gif"]),
        ("STK-20230101-WA0001.webp (Datei angehängt)", None, ["sticker"]),
        ("homework.pdf (file attached)\nhomework", "homework", ["file"]),
        ("plan.txt (the old one)", "plan.txt (the old one)", []),
        ("<b: c.d>", "<b: c.d>", []),
        ("image omitted from the book", "image omitted from the book", []),
        ("the image omitted", "the image omitted", []),
        ("I got a missed voice call", "I got a missed voice call", []),
        ("Missed video call", None, ["call"]),
        ("", None, []),
    ],
)
def test_bodies(raw: str, text: str | None, kinds: list[str]) -> None:
    body = read_body(raw)
    assert body.text == text
    assert [media.kind for media in body.media] == kinds


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("WhatsApp Chat with Bea.txt", "Bea"),
        ("WhatsApp Chat - Bea.zip", "Bea"),
        ("WhatsApp Chat with Bea (1).txt", "Bea"),
        ("Chat de WhatsApp con Bea.txt", "Bea"),
        ("WhatsApp-Chat mit Bea.txt", "Bea"),
        ("Bea ile WhatsApp Sohbeti.txt", "Bea"),
        ("_chat.txt", None),
        ("notes.txt", None),
    ],
)
def test_titles(name: str, title: str | None) -> None:
    assert title_in(name) == title


def test_folders_of_chats(tmp_path: Path) -> None:
    several = {"WhatsApp Chat with Bea.txt": ALONE, "WhatsApp Chat with Cem.txt": GERMAN}
    assert WhatsApp.detect(open_place(as_folder(several, tmp_path / "a")))
    mixed = {**several, "result.json": b"{}"}
    assert not WhatsApp.detect(open_place(as_folder(mixed, tmp_path / "b")))
    attached = {"_chat.txt": IOS, "data.zip": b"PK\x03\x04", "a.json": b"{}"}
    assert WhatsApp.detect(open_place(as_folder(attached, tmp_path / "c")))
    log = {"server.txt": b"2023-01-01 10:00:00,123 - root - INFO - started\n"}
    assert not WhatsApp.detect(open_place(as_folder(log, tmp_path / "d")))


# Any chat, in every style.


def test_what_the_service_wrote_is_counted_and_nothing_is_lost_by_it(tmp_path: Path) -> None:
    found = chat(ANDROID, tmp_path, "WhatsApp Chat with Trip.txt")
    assert found.problems.total == 3
    assert found.problems.lost == 0
    assert chat(b"no time\n" + ANDROID, tmp_path / "lost").problems.lost == 1
