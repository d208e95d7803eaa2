"""Users' reports: verified message by message, weighed, kept sealed, shown in the case."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fieldfare.cases import OPERATOR, Actor, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.service.api.app import create_app
from fieldfare.service.serve import opener
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.user_reports import UserReports
from fieldfare.vocabulary.keys import new_line
from tests.service.asking import settle, token
from tests.service.events import body
from tests.service.reporting import AT, WORDS, forged, franked, key_file, report, told

ANA = Actor("ana", frozenset({"reviewer"}))
STRANGERS = [f"s{number}" for number in range(8)]


@pytest.fixture
def keyed(settings: ServiceSettings, tmp_path: Path) -> ServiceSettings:
    """Settings with keys for franking and for text at rest."""
    vault = tmp_path / "vault-keys"
    vault.write_text(new_line("v"))
    vault.chmod(0o600)
    return replace(settings, franking_keys=key_file(tmp_path), keys=vault)


@pytest.fixture
def service(keyed: ServiceSettings) -> Iterator[TestClient]:
    with TestClient(create_app(keyed), headers=token(keyed)) as client:
        client.post("/v1/events", content=body(told("child", "other"))).raise_for_status()
        settle(keyed)
        yield client


def standings(answer: dict[str, object]) -> list[tuple[str, str]]:
    messages: list[dict[str, str]] = answer["messages"]  # type: ignore[assignment]
    return [(each["standing"], each["reason"]) for each in messages]


def test_each_message_is_verified_by_itself_and_gaps_show(service: TestClient) -> None:
    plain = {"by": "account", "text": "send me a photo"}
    sent = report(franked(2), forged(3), plain, franked(6), franked(6))
    answer = service.post("/v1/reports", json=sent)
    assert answer.status_code == 202
    found = answer.json()
    assert standings(found) == [
        ("verified", ""),
        ("failed", "tag_mismatch"),
        ("unverified", ""),
        ("verified", ""),
        ("failed", "replayed"),
    ]
    assert found["gaps"] == [{"conversation": "c", "after": 2, "before": 6, "messages": 3}]
    assert found["counted"]


def test_the_case_shows_each_message_with_its_standing(
    service: TestClient, keyed: ServiceSettings
) -> None:
    plain = {"by": "reporter", "text": "no", "sent_at": AT + 4}
    service.post("/v1/reports", json=report(franked(1), forged(3), plain)).raise_for_status()
    settle(keyed)
    opening = opener(keyed)
    assert opening.turn() == 1
    [case] = opening.store.list_cases(OPERATOR)
    assert case.origin == "report" and {"reported", "proved"} <= set(case.signs)
    # Beside what the journal holds of the two.
    messages = [each for each in opening.store.conversation(ANA, case.id) if each.standing]
    assert [(each.standing, each.from_account) for each in messages] == [
        ("verified", True),
        ("failed", True),
        ("unverified", False),
    ]
    assert messages[0].message == "m1"
    texts = opening.store.reveal(ANA, case.id, [each.id for each in messages])
    assert list(texts.values()) == [WORDS, f"{WORDS}?", "no"]
    # What is reported later joins it; nothing stands twice.
    service.post("/v1/reports", json=report(franked(1), franked(2))).raise_for_status()
    settle(keyed)
    opening.turn()
    later = opening.store.conversation(ANA, case.id)
    assert [each.message for each in later if each.standing == "verified"] == ["m1", "m2"]
    opening.close()


def test_an_unverified_report_opens_a_case_that_is_less_urgent(
    service: TestClient, keyed: ServiceSettings
) -> None:
    plain = {"by": "account", "text": WORDS}
    service.post("/v1/reports", json=report(plain)).raise_for_status()
    settle(keyed)
    opening = opener(keyed)
    opening.turn()
    [case] = opening.store.list_cases(OPERATOR)
    assert "reported" in case.signs and "proved" not in case.signs
    opening.close()


def test_a_claim_does_not_take_the_place_of_what_is_verified(
    service: TestClient, keyed: ServiceSettings
) -> None:
    forgery = forged(1)
    service.post("/v1/reports", json=report(forgery)).raise_for_status()
    service.post("/v1/reports", json=report(franked(1))).raise_for_status()
    settle(keyed)
    opening = opener(keyed)
    opening.turn()
    [case] = opening.store.list_cases(OPERATOR)
    found = {each.standing for each in opening.store.conversation(ANA, case.id)}
    assert found - {""} == {"failed", "verified"}
    opening.close()


def test_strangers_cannot_report_an_account_down(
    service: TestClient, keyed: ServiceSettings
) -> None:
    plain = {"by": "account", "text": WORDS}
    for stranger in STRANGERS:
        answer = service.post("/v1/reports", json=report(plain, reporter=stranger)).json()
        assert (answer["counted"], answer["not_counted"]) == (False, "no_contact")
    settle(keyed)
    opening = opener(keyed)
    assert opening.turn() == 0
    assert opening.store.list_cases(OPERATOR) == ()
    opening.close()
    page = service.get("/v1/reports", params={"account": "adult", "limit": 5}).json()
    assert [each["reporter"] for each in page["reports"]] == STRANGERS[:5]
    rest = service.get("/v1/reports", params={"after": page["next"]}).json()
    assert len(rest["reports"]) == len(STRANGERS) - 5 and rest["next"] is None
    assert WORDS not in json.dumps(page)


def test_a_crowd_that_was_written_to_counts_up_to_the_limit_and_proof_always(
    service: TestClient, keyed: ServiceSettings
) -> None:
    service.post("/v1/events", content=body(told(*STRANGERS))).raise_for_status()
    settle(keyed)
    counted = [
        service.post("/v1/reports", json=report(reporter=each)).json()["not_counted"]
        for each in STRANGERS
    ]
    assert counted == [""] * 5 + ["too_many"] * 3
    proof = report(franked(1, to="other"), reporter="other")
    assert service.post("/v1/reports", json=proof).json()["counted"]


def test_who_shows_what_was_not_sent_counts_only_with_proof(service: TestClient) -> None:
    for number in range(3):
        assert service.post("/v1/reports", json=report(forged(number))).json()["counted"]
    plain = {"by": "account", "text": WORDS}
    assert service.post("/v1/reports", json=report(forged(4))).json()["not_counted"] == (
        "failed_before"
    )
    assert service.post("/v1/reports", json=report(plain)).json()["not_counted"] == "failed_before"
    assert service.post("/v1/reports", json=report(franked(1))).json()["counted"]


def test_a_message_of_somebody_else_proves_nothing_about_the_account(service: TestClient) -> None:
    own = report(franked(1, sender="child", to="adult"), reporter="child")
    theirs = report(franked(1, to="other"), reporter="child")
    assert standings(service.post("/v1/reports", json=own).json()) == [("verified", "")]
    assert standings(service.post("/v1/reports", json=theirs).json()) == [("failed", "not_a_party")]


def test_a_reporter_has_so_many_a_day_and_the_same_report_counts_once(service: TestClient) -> None:
    first = service.post("/v1/reports", json=report(franked(1), id="r1"))
    again = service.post("/v1/reports", json=report(franked(1), id="r1"))
    assert (again.status_code, again.json()) == (202, first.json())
    taken = service.post("/v1/reports", json=report(reporter="other", id="r1"))
    assert taken.status_code == 409
    for _ in range(19):
        assert service.post("/v1/reports", json=report()).status_code == 202
    refused = service.post("/v1/reports", json=report())
    assert refused.status_code == 429 and 86_000 < int(refused.headers["Retry-After"]) <= 86_400


def test_texts_are_sealed_and_stand_in_no_answer(
    service: TestClient, keyed: ServiceSettings
) -> None:
    plain = {"by": "account", "text": WORDS}
    sent = service.post("/v1/reports", json=report(franked(1), plain, id="r1"))
    assert WORDS not in sent.text
    journal = keyed.open_journal()
    [(stored,)] = journal.database.run("SELECT body FROM user_reports")
    assert WORDS.encode() not in bytes(stored) and b"verified" not in bytes(stored)
    reports = UserReports(journal.database)
    kept = reports.body("r1", keyed.vault())
    assert kept is not None and kept.messages[0].text == WORDS
    assert reports.forget_texts(2**62) == 1
    assert reports.body("r1", keyed.vault()) is None and reports.get("r1") is not None
    reports.forget("child")
    assert reports.get("r1") is None
    journal.close()


def test_without_the_key_a_message_is_unverified_and_counts(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    embedded.post("/v1/events", content=body(told("child"))).raise_for_status()
    settle(sqlite_settings)
    answer = embedded.post("/v1/reports", json=report(franked(1))).json()
    assert standings(answer) == [("unverified", "unknown_key")] and answer["counted"]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"at": "2999-01-01T00:00:00Z"}, "time"),
        ({"at": "yesterday"}, "time"),
        ({"reporter": ""}, ""),
        ({"account": "a" * 1025}, ""),
        ({"account": "é" * 600}, "1,024 bytes"),
        ({"messages": [{"opening": WORDS}]}, ""),
        ({"messages": [{"by": "nobody", "text": WORDS}]}, ""),
        ({"messages": [{"by": "account", "text": WORDS}] * 501}, ""),
        ({"extra": WORDS}, ""),
    ],
)
def test_a_report_that_is_not_valid_is_refused_without_its_text(
    embedded: TestClient, changed: dict[str, object], what: str
) -> None:
    answer = embedded.post("/v1/reports", json=report() | changed)
    assert answer.status_code == 422 and what in answer.text
    assert WORDS not in answer.text
    assert embedded.get("/v1/reports").json()["reports"] == []


def test_what_is_no_base64_is_malformed(embedded: TestClient) -> None:
    message = {"opening": "é", "context": "====", "tag": "a"}
    answer = embedded.post("/v1/reports", json=report(message)).json()
    assert standings(answer) == [("failed", "malformed")]


def test_the_store_of_cases_is_untouched_by_a_report_that_does_not_count(
    service: TestClient, keyed: ServiceSettings
) -> None:
    service.post("/v1/reports", json=report(reporter="s1"))
    settle(keyed)
    with keyed.open_store() as store:
        assert store.list_cases(OPERATOR) == ()


def test_indicators_are_marked_where_the_policy_lets_text_be_read(
    service: TestClient, keyed: ServiceSettings
) -> None:
    service.post("/v1/reports", json=report(franked(1))).raise_for_status()
    settle(keyed)
    opening = opener(keyed)
    opening.turn()
    [message] = [each for each in opening.store.conversation(ANA, 1) if each.standing]
    assert message.indicators == ("parents_absent",)
    opening.close()


def test_indicators_are_not_looked_for_where_it_does_not(
    service: TestClient, keyed: ServiceSettings, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    read = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
    policy.write_text(read.replace("off_in = [", 'off_in = ["GB", ', 1))
    service.post("/v1/reports", json=report(franked(1))).raise_for_status()
    settle(keyed)
    opening = opener(replace(keyed, policy=policy))
    opening.turn()
    [message] = [each for each in opening.store.conversation(ANA, 1) if each.standing]
    assert message.indicators == ()
    opening.close()


def _decided(keyed: ServiceSettings, action: str, reason: str) -> None:
    """The case of the reported account is closed, and the undo window goes by."""
    opening = opener(keyed)
    with opening.store:
        engine = connect(url_of(keyed.data, keyed.database))
    opening.store = store = CaseStore(
        engine, vault=keyed.vault(), settings=StoreSettings(undo_window=0)
    )
    opening.turn()
    [case] = [each for each in store.list_cases(OPERATOR) if not each.state.startswith("closed")]
    store.claim(ANA, case.id)
    version = store.summary(OPERATOR, case.id).version
    store.decide(ANA, case.id, version, action, [reason], "Seen all of it.")
    opening.turn()
    opening.close()


@pytest.mark.parametrize(
    ("reason", "counts"), [("untrue_report", False), ("nothing_worrying", True)]
)
def test_only_reports_that_were_made_up_count_against_their_reporter(
    service: TestClient, keyed: ServiceSettings, reason: str, counts: bool
) -> None:
    plain = {"by": "account", "text": WORDS}
    for _ in range(2):
        assert service.post("/v1/reports", json=report(plain)).json()["counted"]
        settle(keyed)
    _decided(keyed, "no_action", reason)
    answer = service.post("/v1/reports", json=report(plain)).json()
    assert (answer["counted"], answer["not_counted"]) == (
        counts, "" if counts else "untrue_before",
    )  # fmt: skip
    # Nobody else's reports are worth less for it, and what is verified counts always.
    assert service.post("/v1/reports", json=report(plain, reporter="other")).json()["counted"]
    assert service.post("/v1/reports", json=report(franked(1))).json()["counted"]


def test_what_was_upheld_makes_up_for_what_was_not(
    service: TestClient, keyed: ServiceSettings
) -> None:
    plain = {"by": "account", "text": WORDS}
    service.post("/v1/reports", json=report(plain)).raise_for_status()
    journal = keyed.open_journal()
    reports = UserReports(journal.database)
    later = time.time_ns() // 1000
    assert reports.judge("adult", "upheld", later) == 1
    assert reports.judge("adult", "untrue", later) == 0, "it was judged already"
    assert reports.untrue_since("child", 0) == -1
    reports.forget("child")
    assert reports.untrue_since("child", 0) == 0
    journal.close()
