"""Who may make reports and set credentials; and files of settings that are refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.errors import NotAllowed, NotFound
from fieldfare.cases.permissions import roles, rule_of
from fieldfare.cases.vault import Vault
from fieldfare.reports import details, settings
from fieldfare.reports.credentials import Credentials, CredentialStore
from fieldfare.reports.filings import Filings
from fieldfare.vocabulary import InputError, SettingsError
from fieldfare.vocabulary.keys import KeyRing
from tests.cases.conftest import KEYS, Clock, actor

METHODS: dict[str, Callable[..., Any]] = {
    f"{owner.__name__}.{name}": member
    for owner in (Filings, CredentialStore)
    for name, member in inspect.getmembers(owner, callable)
    if not name.startswith("_")
}


@pytest.mark.parametrize("name", METHODS)
def test_the_rule_of_a_method_is_what_decides(store: CaseStore, name: str) -> None:
    method, owner = METHODS[name], Filings if name.startswith("Filings") else CredentialStore
    permission = rule_of(method)
    assert permission is not None
    desk = owner(store._engine, Clock(), Vault(KEYS))
    for role, rule in roles().items():
        if permission in rule.may:
            with suppress(TypeError):
                method(desk, actor("somebody", role))
        else:
            with pytest.raises(NotAllowed):
                method(desk, actor("somebody", role))


def test_reviewers_and_auditors_cannot_file() -> None:
    may = {name for name, role in roles().items() if "report.make" in role.may}
    assert may == {"investigator", "supervisor", "service", "operator"}


def test_no_method_shows_credentials_and_they_survive_a_rotation(store: CaseStore) -> None:
    given = Credentials("esp-example", "correct horse battery")
    desk = CredentialStore(store._engine, Clock(), Vault(KEYS))
    desk.put(OPERATOR, "ncmec", "test", given)
    assert "esp" not in repr(given) and "horse" not in repr(desk.stored(OPERATOR))
    both = Vault(KeyRing("second", {**KEYS.keys, "second": bytes(32)}))
    assert CaseStore(store._engine, vault=both).rotate_keys(OPERATOR) >= 1
    newest = CredentialStore(store._engine, vault=Vault(KeyRing("second", {"second": bytes(32)})))
    assert newest.use(OPERATOR, "ncmec", "test", lambda found: found == given)
    with pytest.raises(NotFound, match="production"):
        newest.use(OPERATOR, "ncmec", "production", lambda found: found)
    newest.remove(OPERATOR, "ncmec", "test")
    assert newest.stored(OPERATOR) == ()
    entries = [(each.action, each.detail) for each in store.export_audit(OPERATOR)]
    assert ("credentials.use", {"destination": "ncmec", "environment": "test"}) in entries
    assert "horse" not in str(entries)


@pytest.mark.parametrize(
    "text",
    [
        '[ncmec]\nenvironment = "live"',
        '[ncmec]\nurl = "http://report.example.org"',
        '[ncmec]\nurl = "https://user:password@report.example.org"',
        '[ncmec]\npassword = "x"',
        '[provider]\ncountry = "Britain"',
        "[provider",
    ],
)
def test_settings_that_are_wrong_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "reports.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="reports.toml"):
        settings.load(path)


@pytest.mark.parametrize(
    "text",
    [
        '[accounts.otto]\nips = [{ip = "300.1.1.1"}]',
        '[accounts.otto]\nips = [{ip = "192.0.2.1", at = "2026-02-20T08:00:00"}]',
        '[accounts.otto]\ntime_zone = "Moon/Base"',
        '[accounts.otto]\ntelephone = "x"',
        "otto = ",
    ],
)
def test_details_that_are_wrong_are_refused_without_their_values(tmp_path: Path, text: str) -> None:
    path = tmp_path / "details.toml"
    path.write_text(text)
    with pytest.raises(InputError, match="details.toml") as refused:
        details.load(path)
    assert "300.1" not in str(refused.value)


def test_details_may_be_json_too(tmp_path: Path) -> None:
    path = tmp_path / "details.json"
    path.write_text('{"accounts": {"otto": {"city": "Exampleton"}}}')
    assert details.load(path).of("otto").city == "Exampleton"
    assert details.load(path).of("mara").city is None
