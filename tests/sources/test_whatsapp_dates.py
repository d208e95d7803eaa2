"""The order of dates in WhatsApp chats, calendars, clocks and zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.sources.conversation import NO_TIME
from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.whatsapp import NO_DATES, UNKNOWN_PERIOD, WhatsApp
from fieldfare.sources.whatsapp_dates import Order
from fieldfare.vocabulary import InputError
from tests.sources.fixtures.whatsapp import (
    AMBIGUOUS,
    ANDROID,
    GERMAN,
)
from tests.sources.reading import read
from tests.sources.whatsapp_reading import chat, times


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
