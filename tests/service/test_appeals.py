"""Appeals: kept, listed, and answered alike whatever is known."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.service.appeals import MOST_A_DAY, Appeals
from fieldfare.service.protections import OpenCases
from fieldfare.service.settings import ServiceSettings
from tests.service.asking import offender, settle
from tests.service.events import body

WORDS = "I coach the team and the parents know me"


def test_an_appeal_is_kept_and_listed_by_account(
    client: TestClient, settings: ServiceSettings
) -> None:
    made = {"account": "coach", "statement": WORDS, "about": "limit of 3 May", "language": "en"}
    answer = client.post("/v1/appeals", json=made)
    assert answer.status_code == 202
    client.post("/v1/appeals", json={"account": "other", "statement": "why"})
    journal = settings.open_journal()  # another connection: it is on the disk
    (kept,) = Appeals(journal.database).of("coach", 0, 10)
    assert (kept.id, kept.statement, kept.about) == (answer.json()["id"], WORDS, made["about"])
    journal.close()
    page = client.get("/v1/appeals", params={"limit": 1}).json()
    assert [row["account"] for row in page["appeals"]] == ["coach"]
    rest = client.get("/v1/appeals", params={"after": page["next"]}).json()
    assert ([row["account"] for row in rest["appeals"]], rest["next"]) == (["other"], None)
    mine = client.get("/v1/appeals", params={"account": "coach"}).json()["appeals"]
    assert [row["statement"] for row in mine] == [WORDS]


def test_the_answer_tells_nothing_of_the_account(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    embedded.post("/v1/events", content=body(offender(12)))
    settle(sqlite_settings)
    journal = sqlite_settings.open_journal()
    OpenCases(journal.database).open("adult", "case 1")
    journal.close()
    answers = [
        embedded.post("/v1/appeals", json={"account": who, "statement": WORDS, "id": who})
        for who in ("adult", "child1", "never seen")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({(answer.json()["text"], tuple(answer.json())) for answer in answers}) == 1


@pytest.mark.parametrize(("tag", "language"), [("de-CH", "de"), ("xx", "en"), (None, "en")])
def test_the_answer_is_in_the_language_asked_for(
    embedded: TestClient, tag: str | None, language: str
) -> None:
    made = {"account": "a", "statement": WORDS, "language": tag}
    assert embedded.post("/v1/appeals", json=made).json()["language"] == language


def test_sending_again_is_harmless_and_another_id_is_not_taken_over(client: TestClient) -> None:
    made = {"account": "a", "statement": WORDS, "id": "ticket 7"}
    for _ in range(MOST_A_DAY + 2):
        assert client.post("/v1/appeals", json=made).json()["id"] == "ticket 7"
    assert len(client.get("/v1/appeals").json()["appeals"]) == 1
    assert client.post("/v1/appeals", json=made | {"account": "b"}).status_code == 409


def test_an_account_appeals_so_often_a_day(client: TestClient) -> None:
    made = {"account": "a", "statement": WORDS}
    for _ in range(MOST_A_DAY):
        assert client.post("/v1/appeals", json=made).status_code == 202
    refused = client.post("/v1/appeals", json=made)
    assert refused.status_code == 429
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    assert client.post("/v1/appeals", json=made | {"account": "b"}).status_code == 202
    assert len(client.get("/v1/appeals", params={"account": "a"}).json()["appeals"]) == MOST_A_DAY


def test_what_is_too_long_or_empty_is_refused_without_repeating_it(embedded: TestClient) -> None:
    for statement in ("", WORDS * 1000):
        answer = embedded.post("/v1/appeals", json={"account": "a", "statement": statement})
        assert answer.status_code == 422
        assert WORDS not in answer.text


def test_the_command_line_lists_appeals(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    embedded.post("/v1/appeals", json={"account": "a", "statement": "one\ntwo\x1b[2J"})
    embedded.post("/v1/appeals", json={"account": "b", "statement": "three"})
    data = ["--data", str(sqlite_settings.data)]
    shown = CliRunner().invoke(app, ["appeal", "list", "--account", "a", *data]).output
    assert shown.count("\n") == 1
    assert "one two" in shown
    assert "\x1b" not in shown
