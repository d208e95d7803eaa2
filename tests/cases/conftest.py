"""A store of cases on either kind of database, with a clock that stands still."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from fieldfare.cases import Actor, CaseStore
from fieldfare.cases.database import FILE, connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import Vault
from fieldfare.vocabulary.keys import KeyRing
from tests.cases.snapshots import NOON
from tests.postgres import Server

_numbers = itertools.count()

KEYS = KeyRing("first", {"first": bytes(range(32))})


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


def actor(name: str, *roles: str) -> Actor:
    """Somebody signed in."""
    return Actor(name, frozenset(roles or ("reviewer",)), f"session of {name}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    connect(url_of(folder)).dispose()
    return folder / FILE


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A file."""
    url = url_of(tmp_path / "data")
    shutil.copy(sqlite_template, tmp_path / "data" / FILE)
    return url


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    """A database with the schema, to be copied."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE cases_template")
    connect(_on(postgres, "cases_template")).dispose()
    return "cases_template"


@pytest.fixture
def postgres_url(postgres: Server, postgres_template: str) -> Iterator[str]:
    """A database of its own on the server."""
    name = f"cases_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _on(postgres, name)
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _on(server: Server, name: str) -> str:
    return url_of(Path(), server.url.rsplit("/", 1)[0] + f"/{name}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database with the schema: each test runs on both kinds."""
    engine = connect(request.getfixturevalue(f"{request.param}_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def settings() -> StoreSettings:
    """No second review, unless a test wants it."""
    return StoreSettings(second_review_share=0.0)


@pytest.fixture
def store(engine: Engine, clock: Clock, settings: StoreSettings) -> CaseStore:
    """An empty store that encrypts."""
    return CaseStore(engine, clock, Vault(KEYS), settings)


@pytest.fixture(scope="module")
def sqlite_engine(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A file for the tests of a module that leave nothing in it but audit."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(sqlite_template, folder / FILE)
    engine = connect(url_of(folder))
    yield engine
    engine.dispose()
