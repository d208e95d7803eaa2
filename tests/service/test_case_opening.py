"""The live service opens cases for flagged accounts and on reports, once, and lets go of them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from fieldfare.cases import OPERATOR, Actor
from fieldfare.contacts.engine import Engine
from fieldfare.service.arrivals import TextUse
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.erasures import Erasures
from fieldfare.service.protections import LegalHolds, protected
from fieldfare.service.retention import follow
from fieldfare.service.serve import opener, replay
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.worker import Worker
from fieldfare.vocabulary.times import DAY
from tests.service.asking import offender
from tests.service.events import arrival

ANA = Actor("ana", frozenset({"reviewer"}))
EVE = Actor("eve", frozenset({"investigator"}))


def _told(
    settings: ServiceSettings,
    engine: Engine,
    events: list[dict[str, object]],
    use: TextUse = "read",
) -> None:
    journal, state = settings.open_journal(), settings.open_state()
    journal.append([arrival(events, use)])
    Worker(journal, state, engine, settings.contacts, settings.card()).settle()
    journal.close()
    state.close()


def test_a_flagged_account_gets_one_case(settings: ServiceSettings, engine: Engine) -> None:
    settings = replace(settings, prior=0.05)
    _told(settings, engine, offender(8))
    opening = opener(settings)
    assert opening.turn() == 1 and opening.turn() == 0
    [found] = opening.store.list_cases(OPERATOR)
    assert (found.account, found.origin, found.children) == ("adult", "policy", 8)
    seen = opening.store.get(ANA, found.id)
    assert set(seen.children[0].asked) >= {"age_probing", "secrecy", "photo_request"}
    assert seen.children[0].rejected_at is not None and not seen.children[0].answered
    assert {notice.kind for notice in seen.notices} == {"block"}
    assert opening.open_cases.among(["adult", "child0"]) == {"adult"}
    claimed = opening.store.claim(ANA)
    assert claimed is not None
    opening.store.decide(ANA, found.id, claimed.version, "no_action", ["nothing_worrying"])
    opening.turn()
    assert opening.open_cases.among(["adult"]) == set()
    opening.close()
    replay(settings)
    opening = opener(settings)
    assert opening.turn() == 0, "a replay asks for nobody anew"
    opening.close()


def test_a_closed_case_holds_erasures_back_by_its_clocks_and_holds(
    settings: ServiceSettings, engine: Engine
) -> None:
    """One definition of held: the store's, which the service's erasures ask for."""
    _told(replace(settings, prior=0.05), engine, offender(8))
    opening = opener(replace(settings, prior=0.05))
    opening.turn()
    store, durable = opening.store, opening.durable
    [found] = store.list_cases(OPERATOR)
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, found.id, claimed.version, "check_age", ["poses_as_child"])
    opening.turn()
    assert opening.open_cases.among(["adult"]) == set() and protected(durable) == {"adult"}
    Erasures(durable).request("adult")
    assert Erasures(durable).to_do(protected(durable)) == []
    later = time.time_ns() // 1000 + 366 * DAY
    follow(store, durable, lambda: later)
    assert protected(durable) == set()
    assert Erasures(durable).to_do(protected(durable)) == ["adult"]
    number = LegalHolds(durable).set("adult", "a court", "DE", "token")
    follow(store, durable, lambda: later)
    assert [each.reason for each in store.retention(ANA, found.id).holds] == ["a court"]
    LegalHolds(durable).lift(number, "done", "token")
    hold = store.place_hold(EVE, found.id, "the police asked", "GB")
    follow(store, durable, lambda: later)
    assert protected(durable) == {"adult"}, "a hold on the case holds the account"
    own, service = store.retention(ANA, found.id).holds[::-1]
    assert own.id == hold and own.released_at is None and service.released_at is not None
    opening.close()


@pytest.mark.parametrize("reporter", ["child", "grown-up"])
def test_a_report_opens_a_case_where_a_child_makes_it(
    settings: ServiceSettings, engine: Engine, reporter: str
) -> None:
    at = 1_772_000_000_000_000
    ages = {"child": 12, "grown-up": 44, "adult": 41}
    events: list[dict[str, object]] = [
        {"type": "account", "id": name, "age": age, "age_source": "verified"}
        for name, age in ages.items()
    ]
    for peer in ("child", "grown-up"):
        message = {"type": "message", "id": peer, "sender": "adult", "recipients": [peer]}
        events.append({**message, "sent_at": at, "text": "hello"})
    events.append(
        {"type": "notice", "kind": "report", "account": reporter, "peer": "adult", "at": at + 1}
    )
    _told(settings, engine, events)
    opening = opener(settings)
    opening.turn()
    found = opening.store.list_cases(OPERATOR)
    if reporter == "child":
        assert [(each.account, each.origin) for each in found] == [("adult", "report")]
        assert "reported" in found[0].signs
    else:
        assert found == ()
    assert CaseRequests(opening.state.database).waiting() == []
    opening.close()


def test_a_request_waits_for_a_key_that_is_missing(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldfare.vocabulary.keys import new_line

    settings = ServiceSettings(data=tmp_path / "data", prior=0.05)
    _told(settings, engine, offender(8))
    keys = tmp_path / "keys"
    keys.write_text(new_line("k"))
    keys.chmod(0o644)
    monkeypatch.delenv("FIELDFARE_KEYS", raising=False)
    with pytest.raises(Exception, match="chmod 600"):
        opener(replace(settings, keys=keys))
    keys.chmod(0o600)
    opening = opener(replace(settings, keys=keys))
    assert opening.turn() == 1
    opening.close()


def talk(at: int) -> list[dict[str, object]]:
    """A few words between the offender and two of its children, in a group, and beside it."""

    def message(
        id_: str, sender: str, to: list[str], text: str, **more: object
    ) -> dict[str, object]:
        return {
            "type": "message", "id": id_, "sender": sender, "recipients": to,
            "sent_at": at + int(id_[1:]), "text": text, **more,
        }  # fmt: skip

    return [
        message("t1", "child0", ["adult"], "who are you"),
        message("t2", "adult", ["child0"], "keep this our secret"),
        message("t3", "adult", ["child0", "child1"], "hello you two", kind="group"),
        message("t4", "adult", ["child0", "child1", "child2"], "hello all", kind="group"),
        message("t5", "child0", ["child1"], "do you know them"),
    ]


@pytest.mark.parametrize("use", ["keep", "read"])
def test_a_case_holds_what_was_said_as_far_as_the_operator_keeps_it(
    settings: ServiceSettings, engine: Engine, use: TextUse
) -> None:
    settings = replace(settings, prior=0.05)
    told = offender(8)
    at = max(int(str(each["sent_at"])) for each in told if each["type"] == "message")
    _told(settings, engine, [*told, *talk(at)], use)
    opening = opener(settings)
    assert opening.turn() == 1
    [found] = opening.store.list_cases(OPERATOR)
    said = {
        (each.message, each.child): each
        for each in opening.store.conversation(ANA, found.id, most=1_000)
        if each.message is not None and each.message.startswith("t")
    }
    assert sorted(said) == [
        ("t1", "child0"), ("t2", "child0"), ("t3", "child0"), ("t3", "child1"),
    ]  # fmt: skip
    assert not said["t1", "child0"].from_account and said["t2", "child0"].from_account
    secret = said["t2", "child0"]
    assert "secrecy" in secret.indicators
    texts = opening.store.reveal(ANA, found.id, [secret.id])
    if use == "keep":
        assert texts == {secret.id: "keep this our secret"}
        assert [each.indicator for each in secret.spans] == ["secrecy"]
    else:
        assert texts == {} and secret.length is None and secret.spans == ()
    requests = CaseRequests(opening.state.database)
    requests.ask(["adult"], "policy", at)
    before = opening.store.get(ANA, found.id).messages
    assert opening.turn() == 1
    assert opening.store.get(ANA, found.id).messages == before
    opening.close()
