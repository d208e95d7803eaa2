"""A store of cases on either kind of database, with a clock that stands still."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from fieldfare.cases import Actor, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import KeyRing, Vault
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


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file."""
    return url_of(tmp_path / "data")


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """A database of its own on the server."""
    name = f"cases_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield url_of(Path(), postgres.url.rsplit("/", 1)[0] + f"/{name}")
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
