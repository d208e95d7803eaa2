"""Nudges: gentle, to children alone, once a level, and later among people who know one another."""

from __future__ import annotations

import pytest

from fieldfare.language.phrases import read_catalogue
from fieldfare.safeguards import texts
from fieldfare.safeguards.nudges import Child, levels, nudge

TEN, FIFTEEN = Child(10, "en"), Child(15, "en")


def told(*indicators: str, child: Child = TEN, connected: bool = False, shown: int = 0) -> str:
    found = nudge(3, indicators, child, connected=connected, shown=shown)
    return "" if found is None else found.id


def test_levels_rise_with_what_a_stranger_asks() -> None:
    assert told() == "explain"
    assert told("age_probing") == "explain"
    assert told("photo_request") == "slow_down"
    assert told("photo_request", "secrecy", "age_probing") == "tell_someone"
    assert told("pressure") == "tell_someone"


def test_friends_are_told_less_and_later() -> None:
    assert told(connected=True) == ""
    assert told("photo_request", "meeting_travel", connected=True) == ""
    several = ("photo_request", "meeting_travel", "secrecy")
    assert told(*several, connected=True) == "slow_down"


def test_each_level_is_told_once_and_never_a_lower_one() -> None:
    assert told("photo_request", shown=1) == "slow_down"
    assert told("photo_request", shown=2) == ""
    assert told("pressure", shown=3) == ""


def test_adults_are_told_nothing_and_an_unknown_age_is_a_teenagers() -> None:
    assert told("pressure", child=Child(18)) == ""
    unknown = nudge(1, ["pressure"], Child(), connected=False)
    older = nudge(1, ["pressure"], FIFTEEN, connected=False)
    younger = nudge(1, ["pressure"], TEN, connected=False)
    assert unknown is not None and older is not None and younger is not None
    assert unknown.text == older.text != younger.text


def test_the_gravest_says_where_to_get_help() -> None:
    here = nudge(1, ["pressure"], Child(10, "en", ("Example", "000")), connected=False)
    elsewhere = nudge(1, ["pressure"], TEN, connected=False)
    assert here is not None and "Example" in here.text
    assert elsewhere is not None and texts.texts("en").help_elsewhere in elsewhere.text


@pytest.mark.parametrize("language", texts.languages())
def test_every_level_has_a_text_in_every_language_that_can_be_acted_on(language: str) -> None:
    for child in (Child(10, language), Child(15, language)):
        for number, level in enumerate(levels(), 1):
            found = nudge(1, ["pressure", "secrecy", "photo_request"], child, connected=False,
                          shown=number - 1)  # fmt: skip
            assert found is not None and found.language == language
            assert {"block", "report"} <= set(level.actions)
            grade = "under_13" if child.age == 10 else "from_13"
            assert getattr(texts.texts(language).ways_out, grade) in found.text


def test_one_more_indicator_never_lowers_the_level() -> None:
    ids = [one.id for one in read_catalogue()]
    for connected in (False, True):
        for first in ids:
            for second in ids:
                alone = nudge(1, [first], TEN, connected=connected)
                both = nudge(1, [first, second], TEN, connected=connected)
                assert (both.level if both else 0) >= (alone.level if alone else 0)
