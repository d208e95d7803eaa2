"""Verified reports in an evidence bag: the operator's word on them, which anyone can check."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from fieldfare.cases import Actor
from fieldfare.cli import app
from fieldfare.reports.evidence.signing import new_key
from fieldfare.service.api.app import create_app
from fieldfare.service.serve import opener
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary.keys import new_line
from tests.service.asking import settle, token
from tests.service.events import body
from tests.service.reporting import WORDS, forged, franked, key_file, report, told

ANA = Actor("ana", frozenset({"reviewer"}))
STATEMENTS = "franking/statements.jsonl"
FRANKED = "franking/messages.jsonl"


@dataclass(frozen=True)
class Kept:
    """A service with a case from one child's report, and the operator's key."""

    folder: Path
    settings: ServiceSettings
    report: str

    def run(self, *arguments: object, data: bool = True) -> Result:
        """An evidence command."""
        more = [
            ("--data", self.settings.data),
            ("--keys", self.settings.keys),
            ("--franking-keys", self.settings.franking_keys),
        ]
        options = [str(each) for pair in more if data for each in pair]
        return CliRunner().invoke(app, ["evidence", *map(str, arguments), *options])

    @property
    def bag(self) -> Path:
        """Where the bag goes."""
        return self.folder / "bag"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    vault = tmp_path / "vault-keys"
    vault.write_text(new_line("v"))
    vault.chmod(0o600)
    settings = ServiceSettings(tmp_path / "data", franking_keys=key_file(tmp_path), keys=vault)
    with TestClient(create_app(settings), headers=token(settings)) as service:
        service.post("/v1/events", content=body(told("child"))).raise_for_status()
        settle(settings)
        shown = report(franked(1), forged(2), franked(4, "send me a photo"))
        answer = service.post("/v1/reports", json=shown)
        answer.raise_for_status()
        settle(settings)
    opening = opener(settings)
    opening.turn()
    opening.close()
    new_key(tmp_path / "key")
    return Kept(tmp_path, settings, answer.json()["id"])


def test_a_bag_proves_what_was_reported_without_the_franking_keys(kept: Kept) -> None:
    made = kept.run("make", "C-1", "--out", kept.bag, "--draft", "--key", kept.folder / "key")
    assert made.exit_code == 0, made.output
    checked = kept.run("verify", kept.bag, "--key", kept.folder / "key.pub", data=False)
    assert checked.exit_code == 0, checked.output
    assert "2 messages that children reported have the words" in checked.output
    # The statement has no text; the forged message is in neither.
    assert WORDS not in (kept.bag / "data" / STATEMENTS).read_text()
    assert len((kept.bag / "data" / FRANKED).read_text().splitlines()) == 2
    # A copy for disclosure names nobody and has no opening.
    copy = kept.folder / "copy"
    assert kept.run("redact", kept.bag, "--out", copy, data=False).exit_code == 0
    assert not (copy / "data" / "franking").exists()
    assert kept.run("verify", copy, data=False).exit_code == 0


def test_a_text_redacted_in_the_case_is_not_in_the_bag_as_an_opening(kept: Kept) -> None:
    opening = opener(kept.settings)
    store = opening.store
    [first, *_] = [each for each in store.conversation(ANA, 1) if each.standing == "verified"]
    store.claim(ANA, 1)
    store.redact(ANA, 1, [first.id], "names another child")
    opening.close()
    kept.run("make", "C-1", "--out", kept.bag, "--draft", "--key", kept.folder / "key")
    assert len((kept.bag / "data" / FRANKED).read_text().splitlines()) == 1
    assert kept.run("verify", kept.bag, data=False).exit_code == 0


def test_an_unsigned_bag_states_nothing(kept: Kept) -> None:
    assert kept.run("make", "C-1", "--out", kept.bag, "--draft").exit_code == 0
    assert not (kept.bag / "data" / "franking").exists()


def test_other_words_than_those_vouched_for_are_noticed(kept: Kept) -> None:
    kept.run("make", "C-1", "--out", kept.bag, "--draft", "--key", kept.folder / "key")
    messages = kept.bag / "data/transcript/messages.jsonl"
    messages.write_text(messages.read_text().replace(WORDS, "are your parents well"))
    said = kept.run("verify", kept.bag, data=False).output
    assert "other words than the statement vouches for" in said
    statements = kept.bag / "data" / STATEMENTS
    envelope = json.loads(statements.read_text())
    envelope["payload"] = envelope["payload"][:-8] + "AAAA" + envelope["payload"][-4:]
    statements.write_text(json.dumps(envelope) + "\n")
    said = kept.run("verify", kept.bag, data=False).output
    assert "not signed with this key, or was changed" in said
    assert "no statement vouches for this message" in said


def test_a_statement_alone_is_made_and_read(kept: Kept) -> None:
    out, key = kept.folder / "statement.json", kept.folder / "key"
    command = ("statement", kept.report, "--key", key, "--out", out, "--organisation", "Example")
    made = kept.run(*command)
    assert made.exit_code == 0 and "2 messages vouched for" in made.output, made.output
    public = kept.folder / "key.pub"
    stated = json.loads(kept.run("read-statement", out, "--key", public, data=False).output)
    assert (stated["operator"], stated["reporter"]) == ("Example", "child")
    assert sorted(each["standing"] for each in stated["messages"]) == [
        "failed", "verified", "verified",
    ]  # fmt: skip
    assert [gap["messages"] for gap in stated["gaps"]] == [2]
    again = kept.run(*command)
    assert again.exit_code == 1 and "exists already" in str(again.exception)
    other = kept.run("statement", "none", "--key", key, "--out", kept.folder / "x")
    assert other.exit_code == 1 and "no report none" in str(other.exception)


def test_without_the_keys_nothing_is_stated(kept: Kept, tmp_path: Path) -> None:
    empty = tmp_path / "other-keys"
    empty.write_text(new_line("z"))
    empty.chmod(0o600)
    without = replace(kept, settings=replace(kept.settings, franking_keys=empty))
    out, key = kept.folder / "statement.json", kept.folder / "key"
    refused = without.run("statement", kept.report, "--key", key, "--out", out)
    assert refused.exit_code == 1 and "can be verified" in str(refused.exception)
    assert not out.exists()
