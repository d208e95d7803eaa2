"""Accounts that are one person: on shown evidence, in any order, and until somebody says no."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.investigation import reading
from fieldfare.investigation.decisions import JOIN_STATES, decide_join, decide_joins, join_by_hand
from fieldfare.investigation.identities import components, held_back, name_suspect, settle
from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import Investigation, now
from fieldfare.sources.reader import ReadOptions
from tests.investigation.conftest import START, SUSPECT, Make, lines, state, write

WHATSAPP, SIGNAL, VIBER = (f"{name}:+447700900101" for name in ("whatsapp", "signal", "viber"))
MAIL, CHAT = "imessage:kid@example.org", "googlechat:kid@example.org"
NAMED, ALSO_NAMED = "instagram:alex_d", "snapchat:alexd"
PEOPLE = (WHATSAPP, SIGNAL, VIBER, MAIL, CHAT, NAMED, ALSO_NAMED, "whatsapp:+447700900102")


def talk_with(*people: str, start: int = START) -> list[dict[str, Any]]:
    """A few words with each, and of two what they are called."""
    said = [
        (each, SUSPECT if n % 2 else each, f"{n} words with {each}")
        for each in people
        for n in range(3)
    ]
    called = [
        {"type": "account", "id": each, "name": "Alex Doe"}
        for each in people
        if each in (NAMED, ALSO_NAMED)
    ]
    return called + lines(said, start)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Investigation]:
    """One case of all of them, in two archives that overlap."""
    folder = tmp_path_factory.mktemp("joins")
    first = write(folder / "a.jsonl", talk_with(*PEOPLE))
    second = write(folder / "b.jsonl", talk_with(*PEOPLE[:4]))
    with Investigation.open(folder / "case", create=True) as case:
        import_paths(case, [first, second], ReadOptions())
        name_suspect(case, [SUSPECT])
        analyse(case, imported=True)
        join_by_hand(case, MAIL, WHATSAPP, "ana", "one address book entry")
        decide_join(case, _joins(case)[-1], "proposed", "ana")
        yield case


def _joins(case: Investigation) -> list[str]:
    found = case.values("SELECT join_id FROM joins ORDER BY kind = 'by_hand', join_id")
    return [join for (join,) in found]


def _persons(case: Investigation) -> list[tuple[Any, ...]]:
    return case.values(
        "SELECT account, person, is_suspect FROM accounts"
        " UNION ALL SELECT join_id, state, applied FROM joins ORDER BY 1"
    )


def _decided(case: Investigation, said: list[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Who is who once only this was said."""
    case.run("DELETE FROM join_decisions")
    for number, (join, what) in enumerate(said):
        case.connection.execute(
            "INSERT INTO join_decisions VALUES (?, ?, ?, 'ana', ?)", [number, join, what, now()]
        )
    settle(case)
    return _persons(case)


SAID = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(JOIN_STATES)), max_size=8)
QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(said=SAID)
def test_what_is_decided_and_taken_back_leaves_what_was(
    world: Investigation, said: list[tuple[int, str]]
) -> None:
    joins = _joins(world)
    before = _decided(world, [])
    done = [(joins[n % len(joins)], what) for n, what in said]
    undone = [(join, "proposed") for join, _ in done]
    assert _decided(world, done + undone) == before


@QUICK
@given(said=SAID, data=st.data())
def test_the_order_of_decisions_on_different_joins_does_not_matter(
    world: Investigation, said: list[tuple[int, str]], data: st.DataObject
) -> None:
    joins = _joins(world)
    each = list({joins[n % len(joins)]: what for n, what in said}.items())
    assert _decided(world, each) == _decided(world, data.draw(st.permutations(each)))


@QUICK
@given(said=SAID)
def test_nobody_is_joined_but_by_joins_that_hold_and_show_why(
    world: Investigation, said: list[tuple[int, str]]
) -> None:
    joins = _joins(world)
    _decided(world, [(joins[n % len(joins)], what) for n, what in said])
    holding = [each for each in reading.joins(world) if each.applied]
    assert all(each.evidence and each.state != "rejected" for each in holding)
    named = {one for each in holding for one in (each.account_a, each.account_b)}
    shown = {one.account for each in holding for one in each.evidence}
    assert shown <= named
    persons = dict(world.values("SELECT account, person FROM accounts"))
    together = components((each.account_a, each.account_b) for each in holding)
    assert persons == {one: together.get(one, one) for one in persons}


@settings(max_examples=4, deadline=None)
@given(said=SAID)
def test_whatever_is_joined_every_record_stays_a_message_s_origin(
    world: Investigation, said: list[tuple[int, str]]
) -> None:
    joins = _joins(world)
    _decided(world, [(joins[n % len(joins)], what) for n, what in said])
    analyse(world)
    places = "source, member, locator, raw_time"
    kept = world.values(
        f"SELECT {', '.join('o.' + one for one in places.split(', '))} FROM"
        " (SELECT unnest(origins) AS o FROM messages) AS every ORDER BY ALL"
    )
    assert kept == world.values(f"SELECT {places} FROM records ORDER BY ALL")


PAIRS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda p: p[0] < p[1]),
    unique=True,
    max_size=12,
)


@given(pairs=PAIRS, states=st.lists(st.sampled_from(JOIN_STATES), min_size=12, max_size=12))
def test_two_who_were_said_to_be_two_meet_by_nothing_unconfirmed(
    pairs: list[tuple[str, str]], states: list[str]
) -> None:
    joins = [
        {"join_id": f"{a}{b}", "account_a": a, "account_b": b, "kind": "phone", "state": what}
        for (a, b), what in zip(pairs, states, strict=False)
    ]
    joins.sort(key=lambda one: (one["state"] != "confirmed", one["join_id"]))
    against = held_back(joins)
    holding = [j for j in joins if j["state"] != "rejected" and j["join_id"] not in against]
    persons = components((j["account_a"], j["account_b"]) for j in holding)
    sure = components((j["account_a"], j["account_b"]) for j in joins if j["state"] == "confirmed")
    for join in joins:
        a, b = join["account_a"], join["account_b"]
        if join["state"] == "rejected" and a in persons and persons[a] == persons.get(b):
            assert sure[a] == sure[b], "only confirmed joins bring together what was rejected"
    assert all(join["state"] == "proposed" for join in joins if join["join_id"] in against)


@pytest.mark.parametrize("late", [WHATSAPP, SIGNAL])
def test_a_rejected_join_does_not_come_back_by_a_third_account(
    late: str, tmp_path: Path, make: Make
) -> None:
    one, other = (each for each in (SIGNAL, VIBER, WHATSAPP) if each != late)
    case = make(write(tmp_path / "a.jsonl", talk_with(one, other)))
    join = case.value("SELECT join_id FROM joins WHERE kind = 'phone'")
    decide_join(case, join, "rejected", "ana")
    import_paths(case, [write(tmp_path / "b.jsonl", talk_with(late))], ReadOptions())
    analyse(case, imported=True)
    persons = dict(case.values("SELECT account, person FROM accounts"))
    assert persons[one] != persons[other]
    assert persons[late] in (persons[one], persons[other])
    assert case.value("SELECT state FROM joins WHERE join_id = ?", [join]) == "rejected"


def test_what_was_confirmed_holds_when_a_third_account_comes(tmp_path: Path, make: Make) -> None:
    case = make(write(tmp_path / "a.jsonl", talk_with(NAMED, ALSO_NAMED)))
    join = case.value("SELECT join_id FROM joins WHERE kind = 'name'")
    decide_joins(case, [join], "confirmed", "ana")
    third = "discord:alex"
    rows = [{"type": "account", "id": third, "name": "Alex Doe"}, *talk_with(third)]
    import_paths(case, [write(tmp_path / "b.jsonl", rows)], ReadOptions())
    analyse(case, imported=True)
    persons = dict(case.values("SELECT account, person FROM accounts"))
    assert persons[NAMED] == persons[ALSO_NAMED] != persons[third]


def test_an_archive_imported_again_changes_nothing(tmp_path: Path, make: Make) -> None:
    rows = talk_with(*PEOPLE)
    path = write(tmp_path / "a.jsonl", rows)
    case = make(path)
    before = state(case)
    again = write(tmp_path / "copy.jsonl", rows)
    import_paths(case, [path, again], ReadOptions())
    analyse(case, imported=True)
    assert state(case) == before


NATIONAL, WHOLE = "sms:07700 900101", "signal:+447700900101"


def test_a_number_without_its_country_code_is_that_of_the_suspect_s_country(
    tmp_path: Path, make: Make
) -> None:
    french = "signal:+337700900101"
    case = make(write(tmp_path / "a.jsonl", talk_with(NATIONAL, WHOLE, french)))
    persons = dict(case.values("SELECT account, person FROM accounts"))
    assert persons[NATIONAL] == persons[WHOLE] != persons[french]
    join = next(each for each in reading.joins(case) if each.kind == "national")
    assert {each.says for each in join.evidence} == {
        "phone +447700900101",
        "number 07700900101, of the suspect's own country code +44",
    }
    assert all(each.origin.locator for each in join.evidence)
    decide_join(case, join.id, "rejected", "ana")
    persons = dict(case.values("SELECT account, person FROM accounts"))
    assert persons[NATIONAL] != persons[WHOLE]


def test_where_the_country_is_a_guess_the_number_is_only_proposed(
    tmp_path: Path, make: Make
) -> None:
    rows = talk_with(NATIONAL, WHOLE, "telegram:someone")
    case = make(_without_number(tmp_path / "a.jsonl", rows))
    joins = case.rows("SELECT kind, applied, state FROM joins WHERE kind LIKE 'national%'")
    assert joins == [{"kind": "national_guess", "applied": False, "state": "proposed"}]


DIALLED = {
    ("212 555 0100", "+12125550100"): True,
    ("1 212 555 0101", "+12125550101"): True,
    ("8 912 555 01 00", "+79125550100"): True,
    ("06 6555 0100", "+390665550100"): True,
    ("06 6555 0101", "+39665550101"): False,
    ("07700 900107", "+447700900108"): False,
}


def test_numbers_are_dialled_as_their_country_does(tmp_path: Path, make: Make) -> None:
    people = [f"sms:{one}" for one, _ in DIALLED] + [f"signal:{one}" for _, one in DIALLED]
    case = make(_without_number(tmp_path / "a.jsonl", talk_with(*people)))
    found = case.values("SELECT account_a, account_b FROM joins WHERE kind = 'national_guess'")
    expected = [(f"signal:{b}", f"sms:{a}") for (a, b), same in DIALLED.items() if same]
    assert sorted(found) == sorted(expected)


def _without_number(path: Path, rows: list[dict[str, Any]]) -> Path:
    """An archive whose owner has no telephone number."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text.replace(SUSPECT, "telegram:martin"), "utf-8")
    return path
