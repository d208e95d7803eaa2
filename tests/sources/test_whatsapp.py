"""WhatsApp chats: every quirk of the fixtures, the order of dates, and any chat in any style."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.sources.conversation import NO_RECIPIENT, NO_TIME, SERVICE_LINE
from fieldfare.sources.decoding import MAX_LINE
from fieldfare.sources.json_stream import NOT_TEXT
from fieldfare.sources.lines import NO_LINE_END
from fieldfare.sources.place import open_place
from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.whatsapp import MAYBE_SERVICE, NO_DATES, UNKNOWN_PERIOD, WhatsApp
from fieldfare.sources.whatsapp_bodies import read_body, title_in
from fieldfare.sources.whatsapp_chat import LINE_CUT, ORPHAN, account_id, split_author
from fieldfare.sources.whatsapp_dates import HEADERS, Order, match_header, stamp_of
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import from_micros, isoformat
from tests.sources.fixtures import as_folder
from tests.sources.fixtures.whatsapp import (
    ALONE,
    AMBIGUOUS,
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
from tests.sources.reading import Reading, read

RAY, DANI = "Uncle Ray", "Dani"


def chat(
    text: str | bytes,
    folder: Path,
    name: str = "chat.txt",
    date_order: Order | None = None,
    time_zone: str | None = None,
) -> Reading:
    data = text if isinstance(text, bytes) else text.encode()
    options = ReadOptions(date_order=date_order, time_zone=time_zone)
    return read(WhatsApp(), {name: data}, folder, options)


def times(found: Reading) -> list[str]:
    return [isoformat(int(m.sent_at)) for m in found.messages]


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


def test_a_question_is_asked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--date-order dmy\|mdy"):
        chat(AMBIGUOUS, tmp_path)


@pytest.mark.parametrize(("order", "day"), [("dmy", "2023-04-03"), ("mdy", "2023-03-04")])
def test_and_the_answer_taken(order: Order, day: str, tmp_path: Path) -> None:
    assert times(chat(AMBIGUOUS, tmp_path, date_order=order))[0] == f"{day}T10:00:00Z"


def test_an_answer_does_not_overrule_what_is_certain(tmp_path: Path) -> None:
    assert times(chat(ANDROID, tmp_path, date_order="dmy"))[0].startswith("2023-12-31")


def test_dates_that_read_the_same_either_way_need_no_question(tmp_path: Path) -> None:
    text = "05/05/2023, 10:00 - Al: a\n06/06/2023, 10:00 - Bea: b\n"
    assert times(chat(text, tmp_path)) == ["2023-05-05T10:00:00Z", "2023-06-06T10:00:00Z"]


def test_a_chat_does_not_go_back_in_time(tmp_path: Path) -> None:
    # Month first, the last date would be nine months before the others.
    text = "10/11/2023, 1:00 - Al: a\n11/11/2023, 1:00 - Bea: b\n01/12/2023, 1:00 - Al: c\n"
    assert [t[:10] for t in times(chat(text, tmp_path))] == [
        "2023-11-10",
        "2023-11-11",
        "2023-12-01",
    ]
    forward = "11/12/2023, 1:00 - Al: a\n12/12/2023, 1:00 - Al: b\n01/01/2024, 1:00 - Bea: c\n"
    with pytest.raises(InputError, match="date-order"):
        chat(forward, tmp_path)


def test_contradictory_dates_are_an_error_with_both_lines(tmp_path: Path) -> None:
    text = "31/12/2023, 10:00 - Al: a\n12/31/2023, 10:00 - Bea: b\n"
    with pytest.raises(InputError, match=r"line 1 only with the day first.*line 2 only with the m"):
        chat(text, tmp_path)
    found = chat(text, tmp_path, date_order="dmy")
    assert times(found) == ["2023-12-31T10:00:00Z"]
    assert found.problems.counts[NO_TIME] == 1


def test_a_calendar_that_is_not_read_is_an_error_not_a_guess(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="calendar"):
        chat("1402/10/10, 10:00 - Al: a\n1402/10/11, 10:00 - Bea: b\n", tmp_path)


def test_a_date_that_does_not_exist_is_counted(tmp_path: Path) -> None:
    text = "31/12/2023, 10:00 - Al: a\n31/02/2024, 10:00 - Bea: b\n01/03/2024, 10:00 - Bea: c\n"
    found = chat(text, tmp_path)
    assert [m.text for m in found.messages] == ["a", "c"]
    assert found.problems.counts == {NO_TIME: 1}


# Clocks.


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("12:05 AM", "00:05:00"),
        ("12:05 p. m.", "12:05:00"),
        ("1:05 PM", "13:05:00"),
        ("13:05", "13:05:00"),
        ("오전 12:05", "00:05:00"),
        ("下午1:05", "13:05:00"),
        ("中午12:05", "12:05:00"),
        ("中午1:05", "13:05:00"),
        ("9.05", "09:05:00"),
        ("21 h 05", "21:05:00"),
        ("٩:٠٥ م", "21:05:00"),
        ("9:05 अपराह्न", "21:05:00"),
    ],
)
def test_forms_of_time(time: str, expected: str, tmp_path: Path) -> None:
    found = chat(f"31/12/2023, {time} - Al: a\n31/12/2023, {time} - Bea: b\n", tmp_path)
    assert times(found) == [f"2023-12-31T{expected}Z"] * 2


def test_a_word_for_the_half_of_the_day_that_is_not_known(tmp_path: Path) -> None:
    text = "31/12/2023, 9:05 xyz - Al: a\nmore\n31/12/2023, 9:06 PM - Bea: b\n"
    found = chat(text, tmp_path)
    assert [m.text for m in found.messages] == ["b"]
    assert found.problems.counts[UNKNOWN_PERIOD] == 1


def test_a_zone_is_applied_and_the_hour_that_comes_twice_is_marked(tmp_path: Path) -> None:
    text = (
        "29/10/2023, 01:30 - Al: a\n29/10/2023, 12:00 - Bea: b\n26/03/2023, 01:30 - Al: skipped\n"
    )
    found = chat(text, tmp_path, time_zone="Europe/London", date_order="dmy")
    assert times(found)[:2] == ["2023-10-29T00:30:00Z", "2023-10-29T12:00:00Z"]
    warnings = [m.origin.warnings for m in found.messages if m.origin]
    assert warnings == [("the hour came twice",), (), ()]
    assert {m.origin.tz_basis for m in found.messages if m.origin} == {"assumed"}


def test_a_zone_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="time zone"):
        chat(GERMAN, tmp_path, time_zone="Mars/Olympus")


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


@dataclass(frozen=True)
class Style:
    """How one system writes in one region."""

    name: str
    stamp: str
    """With the names of `_fields`."""
    line: str = "{stamp} - {author}: {text}"
    seconds: bool = False
    halves: tuple[str, str] = ("AM", "PM")
    digits: str = "0123456789"
    era: int = 0

    def write(self, time: datetime, author: str, text: str) -> str:
        fields = _fields(time, self)
        stamp = self.stamp.format(**fields).translate(str.maketrans("0123456789", self.digits))
        return self.line.format(stamp=stamp, author=author, text=text)


def _fields(time: datetime, style: Style) -> dict[str, str]:
    year = time.year + style.era
    return {
        "Y": str(year),
        "y": f"{year % 100:02}",
        "M": str(time.month),
        "MM": f"{time.month:02}",
        "D": str(time.day),
        "DD": f"{time.day:02}",
        "H": str(time.hour),
        "HH": f"{time.hour:02}",
        "h": str(time.hour % 12 or 12),
        "m": f"{time.minute:02}",
        "s": f"{time.second:02}",
        "p": style.halves[time.hour >= 12],
    }


BRACKETS = "[{stamp}] {author}: {text}"
STYLES = [
    Style("en-US Android", "{M}/{D}/{y}, {h}:{m}\u202f{p}"),
    Style("en-US iOS", "{M}/{D}/{y}, {h}:{m}:{s}\u202f{p}", BRACKETS, True),
    Style("en-GB Android", "{DD}/{MM}/{Y}, {HH}:{m}"),
    Style("en-GB iOS", "{DD}/{MM}/{Y}, {HH}:{m}:{s}", BRACKETS, True),
    Style("en-IN Android", "{DD}/{MM}/{y}, {h}:{m} {p}", halves=("am", "pm")),
    Style("de Android", "{DD}.{MM}.{y}, {HH}:{m}"),
    Style("de iOS", "{DD}.{MM}.{y}, {HH}:{m}:{s}", BRACKETS, True),
    Style("fi iOS", "{D}.{M}.{Y} klo {H}.{m}.{s}", BRACKETS, True),
    Style("da Android", "{DD}.{MM}.{Y} {HH}.{m}"),
    Style("nl Android", "{DD}-{MM}-{Y} {HH}:{m}"),
    Style("fr Android", "{DD}/{MM}/{Y} à {HH}:{m}"),
    Style("fr-CA Android", "{Y}-{MM}-{DD} {HH} h {m}"),
    Style("es Android", "{D}/{M}/{y}, {h}:{m}\u00a0{p}", halves=("a.\u00a0m.", "p.\u00a0m.")),
    Style("pt-BR Android", "{DD}/{MM}/{Y} {HH}:{m}"),
    Style("sv Android", "{Y}-{MM}-{DD} {HH}:{m}"),
    Style("hu Android", "{Y}. {MM}. {DD}. {H}:{m}"),
    Style("bg Android", "{D}.{MM}.{y} г., {H}:{m}"),
    Style("hr iOS", "{DD}. {MM}. {Y}. {HH}:{m}:{s}", BRACKETS, True),
    Style("ja Android", "{Y}/{MM}/{DD} {H}:{m}"),
    Style("zh-CN Android", "{Y}/{M}/{D} {p}{h}:{m}", halves=("上午", "下午")),
    Style("ko Android", "{Y}년 {M}월 {D}일 {p} {h}:{m}", halves=("오전", "오후")),
    Style("ko iOS", "{Y}. {M}. {D}. {p} {h}:{m}:{s}", BRACKETS, True, ("오전", "오후")),
    Style("tr Android", "{D}.{MM}.{Y} {HH}:{m}"),
    Style("el Android", "{D}/{M}/{y}, {h}:{m} {p}", halves=("π.μ.", "μ.μ.")),
    Style(
        "ar Android",
        "{D}\u200f/{M}\u200f/{Y}، {h}:{m} {p}",
        halves=("ص", "م"),
        digits="٠١٢٣٤٥٦٧٨٩",
    ),
    Style("fa Android", "{Y}/{M}/{D}،\u200f {H}:{m}", digits="۰۱۲۳۴۵۶۷۸۹"),
    Style("hi Android", "{D}/{M}/{y}, {h}:{m} {p}", halves=("पूर्वाह्न", "अपराह्न")),
    Style("bn Android", "{D}/{M}/{y}, {h}:{m} {p}", digits="০১২৩৪৫৬৭৮৯"),
    Style("th Android", "{D}/{M}/{Y} {HH}:{m}", era=543),
    Style("th digits", "{D}/{M}/{Y} {HH}:{m}", era=543, digits="๐๑๒๓๔๕๖๗๘๙"),
    Style("th short", "{D}/{M}/{y} {HH}:{m}", era=543),
    Style("vi iOS", "{HH}:{m}:{s}, {DD}/{MM}/{Y}", BRACKETS, True),
    Style("old iOS", "{DD}/{MM}/{y}, {HH}:{m}:{s}", "{stamp}: {author}: {text}", True),
    Style("marked iOS", "{DD}/{MM}/{Y}, {HH}:{m}:{s}", "\u200e[{stamp}] {author}: {text}", True),
]

NAMES = ["Ana", "Uncle Ray", "あや", "سالم", "+44 7700 900123", "Zoë 🙂"]


def _is_plain(text: str) -> bool:
    """Not one of the service's own phrases, and no line of it the beginning of a message."""
    body = read_body(text)
    return (
        body.text == text
        and not body.media
        and not body.foreign
        and not any(match_header(line, style) for line in text.split("\n") for style in HEADERS)
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=60
).filter(_is_plain)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: str(style.name))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_chat_in_any_style_reads_back(
    style: Style, data: st.DataObject, tmp_path: Path
) -> None:
    # A 31st is no month, so the first date decides the order for all.
    start = datetime(2023, 12, 31, 23, 59)  # noqa: DTZ001
    gaps = data.draw(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6))
    moments = [start]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    authors = [NAMES[0], NAMES[1], *data.draw(_authors(len(gaps)))][: len(moments)]
    texts = ["how old are you", *data.draw(st.lists(TEXTS, min_size=len(gaps), max_size=len(gaps)))]
    lines = [style.write(*parts) for parts in zip(moments, authors, texts, strict=True)]
    found = chat("\n".join(lines) + "\n", tmp_path, date_order=_order_of(style))

    unit = {"microsecond": 0} if style.seconds else {"microsecond": 0, "second": 0}
    expected = [moment.replace(**unit) for moment in moments]  # type: ignore[arg-type]
    assert [from_micros(int(m.sent_at)).replace(tzinfo=None) for m in found.messages] == expected
    assert [found.accounts[m.sender] for m in found.messages] == authors
    assert [m.text for m in found.messages] == texts
    assert len({m.id for m in found.messages}) == len(texts)


def _authors(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES), min_size=count, max_size=count)


def _order_of(style: Style) -> Order | None:
    """The answer to the question, which short years make possible: from 2031 on, 31/12/23 may be
    a 23rd of December. Every other style must do without."""
    if "{y}" not in style.stamp:
        return None
    return "mdy" if style.stamp.startswith("{M}") else "dmy"


@pytest.mark.parametrize("style", STYLES, ids=lambda style: str(style.name))
def test_every_style_is_detected(style: Style, tmp_path: Path) -> None:
    text = style.write(datetime(2023, 12, 31, 23, 59), "Al", "hi") + "\n"  # noqa: DTZ001
    path = tmp_path / "x.txt"
    path.write_text(text)
    assert WhatsApp.detect(open_place(path))


def test_a_stamp_keeps_what_stood_there() -> None:
    match = match_header("\u200e[31/12/23, 9:58:01\u202fPM] Al: hi", "ios")
    assert match is not None
    assert stamp_of(match).raw == "31/12/23, 9:58:01\u202fPM"


def test_the_generator_s_styles_differ() -> None:
    moment = datetime(2023, 11, 30, 13, 5, 9)  # noqa: DTZ001
    written = sorted(style.write(moment, "Al", "hi") for style in STYLES)
    same = sum(one == other for one, other in pairwise(written))
    assert same <= 4


def test_one_chat_whose_dates_are_doubtful_leaves_the_others_readable(tmp_path: Path) -> None:
    files = {
        "WhatsApp Chat with Ann.txt": AMBIGUOUS,
        "WhatsApp Chat with Bea.txt": ANDROID,
    }
    found = read(WhatsApp(), files, tmp_path)
    assert {m.origin.member for m in found.messages if m.origin} == {"WhatsApp Chat with Bea.txt"}
    (noted,) = found.problems.samples[NO_DATES]
    assert noted.member == "WhatsApp Chat with Ann.txt"
    assert "--date-order dmy|mdy" in noted.detail
    told = read(WhatsApp(), files, tmp_path / "told", ReadOptions(date_order="dmy"))
    assert len(told.messages) > len(found.messages)


def test_where_no_chat_of_a_folder_can_be_dated_the_question_is_asked(tmp_path: Path) -> None:
    names = ("WhatsApp Chat with Ann.txt", "WhatsApp Chat with Bea.txt")
    with pytest.raises(InputError, match=r"--date-order dmy\|mdy"):
        read(WhatsApp(), dict.fromkeys(names, AMBIGUOUS), tmp_path)


def test_what_the_service_wrote_is_counted_and_nothing_is_lost_by_it(tmp_path: Path) -> None:
    found = chat(ANDROID, tmp_path, "WhatsApp Chat with Trip.txt")
    assert found.problems.total == 3
    assert found.problems.lost == 0
    assert chat(b"no time\n" + ANDROID, tmp_path / "lost").problems.lost == 1
