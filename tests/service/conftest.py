"""A service's databases, of either kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.service.api.app import create_app
from fieldfare.service.settings import ServiceSettings
from tests.postgres import Server
from tests.service.asking import token

_numbers = itertools.count()


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> ServiceSettings:
    """An embedded database."""
    return ServiceSettings(data=tmp_path / "data")


@pytest.fixture
def postgres_settings(postgres: Server, tmp_path: Path) -> Iterator[ServiceSettings]:
    """A database of its own on the server."""
    name = f"fieldfare_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = postgres.url.rsplit("/", 1)[0] + f"/{name}"
    yield ServiceSettings(data=tmp_path / "unused", database=url)
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine, as a worker has one."""
    with open_engine("duckdb", threads=1) as engine:
        yield engine


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest) -> ServiceSettings:
    """Settings with an empty database: each test runs on both kinds."""
    found: ServiceSettings = request.getfixturevalue(f"{request.param}_settings")
    return found


@pytest.fixture
def client(settings: ServiceSettings) -> Iterator[TestClient]:
    """A client with a token of every scope."""
    headers = token(settings)
    with TestClient(create_app(settings), headers=headers) as client:
        yield client


@pytest.fixture
def embedded(sqlite_settings: ServiceSettings) -> Iterator[TestClient]:
    """The same, on the embedded database only."""
    with TestClient(create_app(sqlite_settings), headers=token(sqlite_settings)) as client:
        yield client
