"""Users: password and one-time code, lock-out, sessions.

Passwords are hashed with argon2id (RFC 9106) at the defaults of argon2-cffi; one-time codes are
TOTP (RFC 6238), each good once, with one step of tolerance for clocks.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from fieldfare.cases.desk import Desk, Work
from fieldfare.cases.errors import NotFound, SignInRefused
from fieldfare.cases.permissions import Actor, Permission, allows, check_roles
from fieldfare.cases.records import User
from fieldfare.cases.tables import sessions, users
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 12
"""Characters of a password; its length is all that is asked of it (NIST SP 800-63B)."""
LONGEST: Final = 1_024
FAILURES: Final = 5
"""Wrong attempts in a row that lock an account, for `LOCKED`, and longer with every further one."""
LOCKED: Final = 5 * MINUTE
LONGEST_LOCK: Final = 4 * HOUR
IDLE: Final = 30 * MINUTE
"""A session ends when nothing was asked in it for so long,"""
LONGEST_SESSION: Final = 12 * HOUR
"""and after so long in any case."""
ISSUER: Final = "Fieldfare"
STEP: Final = 30
"""Seconds of a one-time code."""

_NO_ROLE = "the identity provider gives you no role here; ask an administrator for one"
_REFUSED = "name, password or code is wrong, or the account is locked"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A second factor, shown once: as text to type in, and as a link for a QR code."""

    secret: str
    link: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody whom an identity provider has just recognised."""

    issuer: str
    subject: str
    """Its own id for the person, which never becomes another's; a name may."""
    name: str
    """What the person is to be called here, unless they have a name here already."""
    roles: frozenset[str]
    """What the operator's settings make of its claims; empty: may not come in."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. `secret` is for the cookie and kept nowhere."""

    secret: str
    actor: Actor
    ends_at: int


class Users(Desk):
    """Who can sign in. For `actor`s with `users.manage`; signing in itself is `SignIn`."""

    @allows(Permission.USERS_MANAGE)
    def add(
        self, actor: Actor, name: str, roles: Iterable[str], password: str | None
    ) -> NewSecret | None:
        """Add somebody; the second factor to set up. Without a password it is somebody who signs
        in through OpenID Connect only, and has no second factor here. Raises InputError."""
        _check_name(name)
        wanted = check_roles(tuple(roles))
        with self._writing(actor) as work:
            if _user(work.connection, name) is not None:
                raise InputError(f"there is a user '{name}' already")
            secret = None if password is None else _new_secret(name)
            work.connection.execute(
                insert(users).values(
                    name=name,
                    roles=json.dumps(sorted(wanted)),
                    password=None if password is None else _hashed(password),
                    totp=None if secret is None else self._seal(secret.secret, "users", None),
                    totp_step=0,
                    created_at=work.at,
                    disabled=False,
                    failures=0,
                )
            )
            work.note("user.add", None, name=name, roles=sorted(wanted))
            return secret

    @allows(Permission.USERS_MANAGE)
    def all_users(self, actor: Actor) -> tuple[User, ...]:
        """Everybody, by name."""
        with self._reading() as connection:
            rows = connection.execute(select(users).order_by(users.c.name)).all()
        return tuple(_record(row) for row in rows)

    @allows(Permission.USERS_MANAGE)
    def give_roles(self, actor: Actor, name: str, roles: Iterable[str]) -> None:
        """Give somebody these roles instead; sessions end."""
        wanted = check_roles(tuple(roles))
        with self._writing(actor) as work:
            _need(work, name)
            _set(work, name, roles=json.dumps(sorted(wanted)))
            _end_sessions(work, name)
            work.note("user.roles", None, name=name, roles=sorted(wanted))

    @allows(Permission.USERS_MANAGE)
    def disable(self, actor: Actor, name: str) -> None:
        """Let somebody sign in no more; sessions end at once. What was done by that name stays."""
        with self._writing(actor) as work:
            _need(work, name)
            _set(work, name, disabled=True)
            _end_sessions(work, name)
            work.note("user.disable", None, name=name)

    @allows(Permission.USERS_MANAGE)
    def reset(self, actor: Actor, name: str, password: str) -> NewSecret:
        """A new password and second factor; lifts a lock, enables, and ends sessions."""
        with self._writing(actor) as work:
            _need(work, name)
            secret = _new_secret(name)
            _set(
                work,
                name,
                password=_hashed(password),
                totp=self._seal(secret.secret, "users", None),
                totp_step=0,
                failures=0,
                locked_until=None,
                disabled=False,
            )
            _end_sessions(work, name)
            work.note("user.reset", None, name=name)
            return secret


class SignIn:
    """From a name to a session. Whoever asks is nobody yet, so that no rule can be asked of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def anybody(self) -> bool:
        """Whether there is somebody who could sign in."""
        with self._desk._reading() as connection:
            return connection.execute(select(users.c.name).limit(1)).first() is not None

    def password(self, name: str, password: str, code: str) -> Session:
        """Sign in. Raises SignInRefused, in the same words whatever is wrong."""
        with self._desk._reading() as connection:
            before = _user(connection, name)
        hashed = None if before is None else before.password
        # Before the transaction, which keeps others waiting; and as much work for nobody as for
        # somebody, so that the time does not tell who there is.
        right = _fits(hashed or _nobody(), password) and hashed is not None
        with self._desk._writing(Actor("unknown", frozenset())) as work:
            row = _user(work.connection, name)
            session = None
            if row is not None:
                work.actor = Actor(row.name, frozenset())
                right = right and row.password == hashed
                session = self._tried(work, row, code, right=right)
            if session is None:
                # Known names only: what is typed into the wrong field may be a password.
                work.note("signin.refused", None)
        if session is None:
            raise SignInRefused(_REFUSED)
        return session

    def trusted(self, name: str, method: Literal["oidc"] = "oidc") -> Session:
        """A session for somebody whom an identity provider vouched for. Raises SignInRefused where
        the name is not a user's, or is disabled."""
        with self._desk._writing(Actor(name[:100], frozenset())) as work:
            row = _user(work.connection, name)
            if row is None or row.disabled:
                raise SignInRefused("this user is not known here, or is disabled")
            return self._session(work, row, method)

    def vouched(self, who: Vouched) -> Session:
        """A session for somebody whom an identity provider recognised, with the roles it gives
        them now: whoever is new gets a user, whoever was added as external becomes theirs, and a
        name of somebody else's is never taken over. Raises SignInRefused."""
        session: Session | str = _NO_ROLE
        with self._desk._writing(Actor("unknown", frozenset())) as work:
            known = work.connection.execute(
                select(users).where(users.c.issuer == who.issuer, users.c.subject == who.subject)
            ).one_or_none()
            if known is not None:
                work.actor = Actor(known.name, frozenset())
            if who.roles:
                session = self._admitted(work, who, known)
            elif known is not None:
                _end_sessions(work, known.name)
            if isinstance(session, str):
                work.note("signin.refused", None, method="oidc")
        if isinstance(session, str):
            raise SignInRefused(session)
        return session

    def _admitted(self, work: Work, who: Vouched, known: Row[Any] | None) -> Session | str:
        roles = json.dumps(sorted(check_roles(who.roles)))
        if known is None:
            _check_name(who.name)
            known = _user(work.connection, who.name)
        if known is None:
            values = {"roles": roles, "totp_step": 0, "disabled": False, "failures": 0}
            new = insert(users).values(name=who.name, created_at=work.at, **values)
            work.connection.execute(new)
            known = _user(work.connection, who.name)
            work.actor = Actor(who.name, frozenset())
            work.note("user.add", None, name=who.name, roles=sorted(who.roles), method="oidc")
        assert known is not None  # noqa: S101 - it was added just now
        if known.subject != who.subject or known.issuer != who.issuer:
            if known.password is not None or known.subject is not None:
                return f"the name '{who.name}' is somebody else's here; ask an administrator"
            _set(work, known.name, issuer=who.issuer, subject=who.subject)
        work.actor = Actor(known.name, frozenset())
        if known.disabled:
            return "this user is disabled here; ask an administrator"
        if known.roles != roles:
            _set(work, known.name, roles=roles)
            _end_sessions(work, known.name)
            work.note("user.roles", None, name=known.name, roles=sorted(who.roles), method="oidc")
        row = _user(work.connection, known.name)
        assert row is not None  # noqa: S101 - the transaction holds it
        return self._session(work, row, "oidc")

    def actor(self, secret: str) -> Actor | None:
        """Who has this session; None where it ended, or there never was one."""
        desk = self._desk
        with desk._engine.connect() as connection:
            row = connection.execute(
                select(sessions, users.c.roles, users.c.disabled)
                .join(users, users.c.name == sessions.c.user_name)
                .where(sessions.c.secret_sha256 == _digest(secret))
            ).one_or_none()
        at = desk._clock()
        if row is None or row.disabled or at >= min(row.ends_at, row.seen_at + IDLE):
            return None
        if at - row.seen_at >= MINUTE:
            # No need to write with every request.
            with desk._writing(Actor(row.user_name, frozenset())) as work:
                work.connection.execute(
                    update(sessions).where(sessions.c.id == row.id).values(seen_at=at)
                )
        return Actor(row.user_name, frozenset(json.loads(row.roles)), row.id)

    def end(self, secret: str) -> None:
        """Sign out."""
        actor = self.actor(secret)
        if actor is None:
            return
        with self._desk._writing(actor) as work:
            work.connection.execute(delete(sessions).where(sessions.c.id == actor.session))
            work.note("signin.end", None)

    def _tried(self, work: Work, row: Row[Any], code: str, *, right: bool) -> Session | None:
        if (
            row.disabled
            or row.totp is None
            or (row.locked_until is not None and row.locked_until > work.at)
        ):
            return None
        step = self._step(work, row, code)
        if not right or step is None:
            failures = row.failures + 1
            locked = None
            if failures >= FAILURES:
                locked = work.at + min(LOCKED * 2 ** (failures - FAILURES), LONGEST_LOCK)
            _set(work, row.name, failures=failures, locked_until=locked)
            return None
        _set(work, row.name, failures=0, locked_until=None, totp_step=step)
        return self._session(work, row, "password")

    def _step(self, work: Work, row: Row[Any], code: str) -> int | None:
        """The step of time the code belongs to; None where it is wrong or was used before."""
        import pyotp

        secret = self._desk._open(row.totp, "users", None)
        now = work.at // SECOND // STEP
        for step in (now - 1, now, now + 1):
            right = pyotp.TOTP(secret).generate_otp(step)
            if step > row.totp_step and secrets.compare_digest(right.encode(), code.encode()):
                return step
        return None

    def _session(self, work: Work, row: Row[Any], method: str) -> Session:
        secret, id_ = secrets.token_urlsafe(32), secrets.token_hex(8)
        ends_at = work.at + LONGEST_SESSION
        work.connection.execute(delete(sessions).where(sessions.c.ends_at <= work.at))
        work.connection.execute(
            insert(sessions).values(
                id=id_,
                secret_sha256=_digest(secret),
                user_name=row.name,
                method=method,
                made_at=work.at,
                seen_at=work.at,
                ends_at=ends_at,
            )
        )
        actor = Actor(row.name, frozenset(json.loads(row.roles)), id_)
        work.actor = actor
        work.note("signin", None, method=method)
        return Session(secret, actor, ends_at)


def _check_name(name: str) -> None:
    if (
        not 0 < len(name) <= 100
        or not name.replace("-", "").replace(".", "").replace("_", "").replace("@", "").isalnum()
    ):
        raise InputError("a user's name is letters, digits and . - _ @, at most 100 of them")


def _new_secret(name: str) -> NewSecret:
    import pyotp

    secret = pyotp.random_base32()
    return NewSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST:,} characters")
    return _hasher().hash(password)


def _fits(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return len(password) <= LONGEST and _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _user(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(users).where(users.c.name == name)).one_or_none()


def _need(work: Work, name: str) -> None:
    if _user(work.connection, name) is None:
        raise NotFound(f"there is no user '{name}'")


def _set(work: Work, name: str, **values: Any) -> None:
    work.connection.execute(update(users).where(users.c.name == name).values(**values))


def _end_sessions(work: Work, name: str) -> None:
    work.connection.execute(delete(sessions).where(sessions.c.user_name == name))


def _record(row: Row[Any]) -> User:
    return User(
        row.name,
        frozenset(json.loads(row.roles)),
        row.created_at,
        row.disabled,
        row.locked_until,
        row.totp is not None,
    )
