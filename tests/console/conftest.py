"""A console with one user of every role, and a case or two to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import FILE, connect, url_of
from fieldfare.cases.desk import StoreSettings, now
from fieldfare.cases.permissions import roles
from fieldfare.cases.users import SignIn, Users
from fieldfare.console.app import Console, create_console
from fieldfare.console.cabinet import Cabinet
from fieldfare.console.sessions import COOKIE
from fieldfare.lab.console_cases import snapshot
from fieldfare.reports.filings import Filings
from tests.investigation.made import small

SAME = {"sec-fetch-site": "same-origin"}
PEOPLE = sorted(name for name, role in roles().items() if role.person)
PASSWORD = "a long enough sentence"  # noqa: S105


@dataclass
class Desk:
    """A console and what is behind it."""

    console: Console
    users: Users
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> CaseStore:
        return self.console.store

    def add(self, name: str, role: str) -> None:
        """Somebody who can sign in with `PASSWORD` and a code."""
        made = self.users.add(OPERATOR, name, [role], PASSWORD)
        assert made is not None
        self.secrets[name] = made.secret

    def client(self, name: str | None) -> TestClient:
        """A browser in which this user is signed in."""
        client = TestClient(
            create_console(self.console), base_url="http://console", follow_redirects=False
        )
        client.headers.update(SAME)
        if name is not None:
            client.cookies.set(COOKIE, self.console.sign_in.trusted(name).secret)
        return client


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two cases, and a user named after each role."""
    folder = tmp_path_factory.mktemp("console")
    engine = connect(url_of(folder))
    store, users = CaseStore(engine), Users(engine)
    store.open_case(OPERATOR, snapshot("acc-one", 6, 80), "policy")
    store.open_case(OPERATOR, snapshot("acc-two", 3, 20, seed=2, mild=True), "scan")
    for role in PEOPLE:
        users.add(OPERATOR, role, [role], None)
    engine.dispose()
    return folder / FILE


@pytest.fixture
def desk(template: Path, tmp_path: Path) -> Iterator[Desk]:
    """A console on a copy of it."""
    url = url_of(tmp_path / "data")
    shutil.copy(template, tmp_path / "data" / FILE)
    engine = connect(url)
    store = CaseStore(engine, settings=StoreSettings(draw=lambda: 1.0))
    users = Users(engine)
    cabinet = Cabinet(small(tmp_path / "data"))
    console = Console(store, SignIn(users), now, filings=Filings(engine), cabinet=cabinet)
    yield Desk(console, users)
    cabinet.close()
    engine.dispose()
