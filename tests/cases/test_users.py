"""Signing in: password, one-time code, lock-out, sessions."""

from __future__ import annotations

import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import Engine, select

from fieldfare.cases import OPERATOR
from fieldfare.cases.database import connect
from fieldfare.cases.errors import SignInRefused
from fieldfare.cases.tables import audit, sessions
from fieldfare.cases.users import FAILURES, SignIn, Users
from fieldfare.cases.vault import Vault
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import HOUR, MINUTE, SECOND
from tests.cases.conftest import KEYS, Clock

PASSWORD = "correct horse battery"  # noqa: S105


class Door:
    """Users, signing in, and the code that is good now."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.clock, self.engine = clock, engine
        self.users = Users(engine, clock, Vault(KEYS))
        self.sign_in = SignIn(self.users)
        new = self.users.add(OPERATOR, "ana", ["reviewer"], PASSWORD)
        assert new is not None and new.link.startswith("otpauth://totp/")
        self.secret = new.secret

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.clock.at // SECOND)

    def wrong(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(SignInRefused):
                self.sign_in.password("ana", "not the password", self.code())


@pytest.fixture
def door(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Door:
    """With one user, ana; its password hashed at the lowest cost, to be quick."""
    cheap = PasswordHasher.from_parameters(CHEAPEST)
    monkeypatch.setattr("fieldfare.cases.users._hasher", lambda: cheap)
    return Door(engine, clock)


def test_password_and_code_make_a_session(door: Door) -> None:
    session = door.sign_in.password("ana", PASSWORD, door.code())
    actor = door.sign_in.actor(session.secret)
    assert actor is not None and actor.user == "ana" and actor.roles == {"reviewer"}
    with door.engine.connect() as connection:
        stored = connection.execute(select(sessions)).one()
    assert session.secret not in str(stored)
    door.sign_in.end(session.secret)
    assert door.sign_in.actor(session.secret) is None


def test_a_code_is_good_once_and_for_a_minute(door: Door) -> None:
    code = door.code()
    door.sign_in.password("ana", PASSWORD, code)
    with pytest.raises(SignInRefused):
        door.sign_in.password("ana", PASSWORD, code)
    door.clock.at += 10 * MINUTE
    with pytest.raises(SignInRefused):
        door.sign_in.password("ana", PASSWORD, code)
    door.sign_in.password("ana", PASSWORD, door.code())


def test_wrong_attempts_lock_for_longer_each_time(door: Door) -> None:
    door.wrong(FAILURES)
    with pytest.raises(SignInRefused):
        door.sign_in.password("ana", PASSWORD, door.code())
    door.clock.at += 5 * MINUTE
    door.wrong()
    door.clock.at += 5 * MINUTE
    with pytest.raises(SignInRefused):
        door.sign_in.password("ana", PASSWORD, door.code())
    door.clock.at += 5 * MINUTE
    door.sign_in.password("ana", PASSWORD, door.code())
    door.wrong(FAILURES - 1)
    door.clock.at += MINUTE
    door.sign_in.password("ana", PASSWORD, door.code())


def test_what_is_refused_says_the_same_whatever_is_wrong(door: Door) -> None:
    said = set()
    for name, password, code in (
        ("nobody", PASSWORD, "000000"),
        ("ana", "wrong password", door.code()),
        ("ana", PASSWORD, "no code"),
    ):
        with pytest.raises(SignInRefused) as refused:
            door.sign_in.password(name, password, code)
        said.add(str(refused.value))
    assert len(said) == 1
    with door.engine.connect() as connection:
        rows = connection.execute(select(audit.c.user_name, audit.c.detail)).all()
    assert "nobody" not in str(rows), "a password typed as a name must not be kept"


def test_sessions_end_idle_and_in_any_case(door: Door) -> None:
    session = door.sign_in.password("ana", PASSWORD, door.code())
    for _ in range(30):
        door.clock.at += 25 * MINUTE
        alive = door.sign_in.actor(session.secret)
        if door.clock.at < session.ends_at:
            assert alive is not None
    assert alive is None
    door.clock.at += HOUR
    second = door.sign_in.password("ana", PASSWORD, door.code())
    door.clock.at += 31 * MINUTE
    assert door.sign_in.actor(second.secret) is None


def test_disabling_and_new_roles_end_sessions_at_once(door: Door) -> None:
    session = door.sign_in.password("ana", PASSWORD, door.code())
    door.users.give_roles(OPERATOR, "ana", ["auditor"])
    assert door.sign_in.actor(session.secret) is None
    door.clock.at += MINUTE
    session = door.sign_in.password("ana", PASSWORD, door.code())
    door.users.disable(OPERATOR, "ana")
    assert door.sign_in.actor(session.secret) is None
    with pytest.raises(SignInRefused):
        door.sign_in.trusted("ana")
    new = door.users.reset(OPERATOR, "ana", "another long password")
    door.secret = new.secret
    door.sign_in.password("ana", "another long password", door.code())


def test_who_comes_through_an_identity_provider_has_no_password(door: Door) -> None:
    assert door.users.add(OPERATOR, "ben@example.org", ["supervisor"], None) is None
    assert door.sign_in.trusted("ben@example.org").actor.roles == {"supervisor"}
    with pytest.raises(SignInRefused):
        door.sign_in.password("ben@example.org", "", "")
    with pytest.raises(SignInRefused):
        door.sign_in.trusted("stranger@example.org")


@pytest.mark.parametrize(
    ("name", "password"), [("ana", PASSWORD), ("", PASSWORD), ("a b", PASSWORD), ("new", "short")]
)
def test_users_that_cannot_be_added(door: Door, name: str, password: str) -> None:
    with pytest.raises(InputError):
        door.users.add(OPERATOR, name, ["reviewer"], password)


def test_the_schema_is_what_the_tables_say(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from fieldfare.cases.database import VERSION_TABLE
    from fieldfare.cases.tables import metadata

    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, metadata)
    assert [each for each in found if VERSION_TABLE not in str(each)] == []
    connect(engine.url.render_as_string(hide_password=False)).dispose()
