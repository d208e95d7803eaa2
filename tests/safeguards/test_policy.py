"""The policy file is checked, and every mistake is told with its line and key."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.safeguards import PolicyError, Situation, decide, load, parse, places, shipped
from fieldfare.safeguards.conditions import CONDITIONS
from fieldfare.safeguards.rules import CERTAINTIES
from fieldfare.vocabulary import SettingsError
from tests.safeguards.policies import policy, rule, text
from tests.safeguards.situations import ADULT, BANDS, FIFTEEN, SEVENTEEN, TEN, of_band

SHIPPED = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")


def paths(value: Any, path: places.Path = ()) -> list[places.Path]:
    """Every key, table and element of a parsed file."""
    found = [path] if path else []
    if isinstance(value, dict):
        found += [each for key, inner in value.items() for each in paths(inner, (*path, key))]
    elif isinstance(value, list):
        found += [each for n, inner in enumerate(value) for each in paths(inner, (*path, n))]
    return found


def test_every_key_of_the_shipped_policy_is_found_on_its_line() -> None:
    found = places.lines(SHIPPED)
    lines = SHIPPED.splitlines()
    wanted = paths(tomllib.loads(SHIPPED))
    assert len(wanted) > 300
    for path in wanted:
        name = next(str(part) for part in reversed(path) if isinstance(part, str))
        if isinstance(path[-1], str):
            assert name in lines[found[path] - 1], path


AWKWARD = '''
# a comment = "with signs"
plain = 1
"quoted key" = 'it''s'
dotted . key = """
not = "a key"
# nor a comment
""" # after it
literal = \'\'\'
[not.a.table]
\'\'\'
list = [
  "a", # one
  "]", { x = 1, y = "}" },

  [2026-01-01T00:00:00Z],
]
[table.inner]
k = "\\"]"
[[many]]
a = 1
[many.below]
b = 2
[[many]]
a = 3
[many.below]
b = 4
'''.replace("'it''s'", "'its'")


def test_places_in_a_file_written_awkwardly() -> None:
    found = places.lines(AWKWARD)
    for path in paths(tomllib.loads(AWKWARD)):
        assert path in found, path
    line = {path: AWKWARD.splitlines()[number - 1] for path, number in found.items()}
    assert line["plain",] == "plain = 1"
    assert line["quoted key",].startswith('"quoted')
    assert line["dotted", "key"].startswith("dotted")
    assert line["list", 1] == line["list", 2, "y"] == '  "]", { x = 1, y = "}" },'
    assert line["list", 3, 0] == "  [2026-01-01T00:00:00Z],"
    assert line["table", "inner", "k"].startswith("k =")
    assert line["many", 0, "below", "b"] == "b = 2"
    assert line["many", 1, "a"] == "a = 3"
    assert line["many", 1, "below", "b"] == "b = 4"
    assert places.line_of(found, ("many", 1, "below", "no such key")) == found["many", 1, "below"]


@pytest.mark.parametrize(
    ("wrong", "key", "says"),
    [
        ('verdict = "forbid"', "verdict", "choose from deliver, confirm, warn, withhold, limit"),
        ('actions = ["message", "shout"]', "actions", "choose from message, request"),
        ("actions = []", "actions", "at least one action"),
        ('certainty = "surely"', "certainty", "choose from confirmed"),
        ("recipient_child_at_least = 1.5", "recipient_child_at_least", "not a probability"),
        ("recipient_child_at_least = nan", "recipient_child_at_least", "not a probability"),
        ('recipient_child_at_least = "half"', "recipient_child_at_least", "Expected `float`"),
        ("recipient_age_below = 0", "recipient_age_below", "not an age"),
        ("children_first_contacted_1d_above = inf", "children_first", "not a number"),
        ('sender_band_at_least = "red"', "sender_band_at_least", "none, watch, alert, urgent"),
        ('recipient_countries = ["UK", "gb"]', "recipient_countries", "not gb"),
        ("conected = true", "conected", "did you mean 'connected'?"),
        ('connected = "yes"', "connected", "Expected `bool`"),
        ('text_for_recipient = "hello"', "text_for_recipient", "there is no text 'hello'"),
        ('text_for_sender = "request"', "text_for_sender", "is for a child"),
        ("retry_after_hours = 3", "retry_after_hours", "only a limit"),
        ('id = "Not an id"', "id", "use a to z"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_key(wrong: str, key: str, says: str) -> None:
    name = wrong.split(" =")[0]
    good = text(rule("one", "deliver"), rule("two", "deliver"))
    lines = good.splitlines()
    second = lines.index('id = "two"')
    at = next((n for n in range(second, len(lines)) if lines[n].startswith(f"{name} =")), None)
    if at is None:
        lines.insert(second + 3, wrong)
        at = second + 3
    else:
        lines[at] = wrong
    with pytest.raises(PolicyError) as caught:
        parse("\n".join(lines).encode(), "mine.toml")
    (problem,) = caught.value.problems
    assert problem.line == at + 1
    assert problem.key.startswith("rules[1].")
    assert key in problem.key
    assert says in problem.message
    assert str(caught.value).startswith(f"mine.toml:{at + 1}: rules[1].{key}")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('quiet_from = "alert"', 'quiet_from = "none"', 4, "quiet_from: 'none' is not one of"),
        ("age_when_unknown = 13", "age_when_unknown = 18", 6, "not an age of a child"),
        ('version = "7"', "", 1, "'version' is missing"),
        ('version = "7"', "version = 7", 2, "version: Expected `str`"),
        ('version = "7"', 'version = "7', 2, "not valid TOML"),
        ('bands = ["none", ', 'bands = ["none", "none", ', 3, "each once"),
        ('elsewhere = "on"', 'elsewhere = "maybe"', 18, "choose from on, off"),
        ('off_in = ["DE"]', 'off_in = ["Germany"]', 20, "ISO 3166-1"),
    ],
)
def test_a_wrong_head_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    good = text(rule("one", "deliver"))
    assert old in good
    with pytest.raises(PolicyError) as caught:
        parse(good.replace(old, new).encode(), "mine.toml")
    assert says in str(caught.value)
    assert caught.value.problems[0].line == line


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    wrong = text(
        rule("same", "limit", "retry_after_hours = 0"),
        rule("same", "confirm", 'text_for_sender = "nothing"\nconected = false'),
        tail='[helplines.uk]\nname = "x"\n',
    )
    with pytest.raises(PolicyError, match="and 7 more") as caught:
        parse(wrong.encode(), "mine.toml")
    problems = caught.value.problems
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    said = "\n".join(str(problem) for problem in problems)
    assert "is the id of the rule on line 8" in said
    assert "helplines.uk" in said
    assert "'contact' is missing" in said


def test_a_limit_needs_its_time_and_a_question_its_text() -> None:
    for verdict, drop, says in (
        ("limit", "retry_after_hours", "a limit needs 'retry_after_hours'"),
        ("confirm", "text_for_recipient", "needs a text for the child"),
    ):
        lines = [line for line in rule("r", verdict).splitlines() if not line.startswith(drop)]
        with pytest.raises(PolicyError, match=says):
            policy("\n".join(lines) + "\n")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_nothing_that_is_no_policy_is_taken_for_one(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(data, "mine.toml")
    assert caught.value.problems[0].line >= 1


@given(st.data())
def test_a_policy_with_a_line_changed_is_valid_or_told_where(data: st.DataObject) -> None:
    lines = SHIPPED.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from(("", "x = 1", "[x]", "= 3", 'verdict = "no"', "shadow = 2"))
    )
    try:
        parse("\n".join(lines).encode(), "mine.toml")
    except PolicyError as error:
        assert all(1 <= problem.line <= len(lines) for problem in error.problems)


def test_a_policy_is_read_from_a_file_and_known_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text(rule("one", "deliver")))
    first = load(path)
    assert (first.version, first.id.version) == ("7", "7")
    path.write_text(text(rule("one", "deliver")) + "\n")
    assert load(path).sha256 != first.sha256
    path.write_bytes(text(rule("one", "deliver")).replace("\n", "\r\n").encode())
    assert load(path).rules == first.rules
    with pytest.raises(SettingsError, match="nowhere.toml: cannot be read"):
        load(Path("nowhere.toml"))
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(PolicyError, match="not UTF-8"):
        load(path)


def _situations() -> list[Situation]:
    """Enough to reach every rule of the shipped policy, on either kind of service."""
    from fieldfare.safeguards import ACTIONS

    return [
        Situation(
            action,
            sender,
            recipient,
            connected=connected,
            recipient_wrote_first_or_answered=answered,
            blocked=blocked,
            first_contact=first,
            children_first_contacted_1d=day,
            children_first_contacted_7d=week,
        )
        for action in ACTIONS
        for sender in (
            *[of_band(ADULT, band) for band in BANDS],
            of_band(ADULT, "none", open_case=True),
            TEN,
            FIFTEEN,
        )
        for recipient in (TEN, FIFTEEN, SEVENTEEN, of_band(ADULT, "alert"))
        for connected in (False, True)
        for answered in (False, True)
        for first in (False, True)
        for blocked in (False, True)
        for day, week in (
            (0.0, 0.0),
            (0.0, 1.0),
            (3.0, 3.0),
            (0.0, 6.0),
            (3.0, 16.0),
            (6.0, 6.0),
            (21.0, 21.0),
        )
    ]


def test_every_rule_of_the_shipped_policy_is_reached_and_decides_somewhere() -> None:
    from dataclasses import replace

    applied: set[str] = set()
    decided: set[str] = set()
    for connections in (True, False):
        real = replace(shipped(), service_has_connections=connections)
        for situation in _situations():
            found = decide(real, situation)
            applied.update(found.rules)
            decided.update(found.rules[:1])
    rules = {each.id for each in real.rules}
    assert applied == rules
    assert rules - decided == set(), "a rule that never decides is not needed"


def test_every_rule_says_what_it_rests_on() -> None:
    for each in shipped().rules:
        assert each.says.endswith(".")
        assert len(each.basis) > 20
        assert each.certainty in CERTAINTIES
    f1 = [each for each in shipped().rules if each.id.startswith("f1-")]
    assert all("ICU F1" in each.basis for each in f1)
    f2 = [each for each in shipped().rules if each.id.startswith("f2-")]
    assert all(each.certainty == "unconfirmed" for each in f2), "the notes mark F2 with (†)"


def test_conditions_are_described() -> None:
    for name, condition in CONDITIONS.items():
        assert condition.meaning, name
