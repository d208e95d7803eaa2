"""The operator's names and passwords at the authorities: sealed at rest, shown to nobody.

They can be set, replaced, removed and used; no method gives them back. Without a key ring they are
not taken at all. Whoever has the database and the key file can of course open them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from sqlalchemy import ColumnElement, and_, delete, insert, select

from fieldfare.cases import Actor, Permission
from fieldfare.cases.desk import Desk, place
from fieldfare.cases.errors import NotFound
from fieldfare.cases.permissions import allows
from fieldfare.cases.report_tables import credentials
from fieldfare.vocabulary import InputError, SettingsError

_LONGEST: Final = 1_000
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password. Neither is in its repr."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredCredentials:
    """That there are some; never what they are."""

    destination: str
    environment: str
    set_at: int
    by: str


class _Body(msgspec.Struct, frozen=True):
    destination: str
    environment: str
    user: str
    password: str


class CredentialStore(Desk):
    """Credentials by destination and environment."""

    @allows(Permission.KEYS_MANAGE)
    def put(self, actor: Actor, destination: str, environment: str, given: Credentials) -> None:
        """Keep credentials, in the place of earlier ones. Raises SettingsError without keys,
        InputError where a part is empty."""
        if self._vault.ring.current is None:
            raise SettingsError(
                "credentials are never stored in clear; give a key file with --keys "
                "(`fieldfare case new-key`)"
            )
        if not (0 < len(given.user) <= _LONGEST and 0 < len(given.password) <= _LONGEST):
            raise InputError("give a name and a password")
        body = _Body(destination, environment, given.user, given.password)
        sealed = self._vault.seal(msgspec.json.encode(body), place("credentials", None))
        with self._writing(actor) as work:
            work.connection.execute(delete(credentials).where(_of(destination, environment)))
            work.connection.execute(
                insert(credentials).values(
                    destination=destination,
                    environment=environment,
                    set_at=work.at,
                    by_user=actor.user,
                    body=sealed,
                )
            )
            work.note("credentials.set", None, destination=destination, environment=environment)

    @allows(Permission.KEYS_MANAGE)
    def stored(self, actor: Actor) -> tuple[StoredCredentials, ...]:
        """For what there are credentials, since when, and who set them."""
        wanted = select(
            credentials.c.destination,
            credentials.c.environment,
            credentials.c.set_at,
            credentials.c.by_user,
        ).order_by(credentials.c.destination, credentials.c.environment)
        with self._reading() as connection:
            return tuple(StoredCredentials(*row) for row in connection.execute(wanted).all())

    @allows(Permission.KEYS_MANAGE)
    def remove(self, actor: Actor, destination: str, environment: str) -> None:
        """Forget credentials. Raises NotFound."""
        with self._writing(actor) as work:
            gone = work.connection.execute(
                delete(credentials).where(_of(destination, environment))
            ).rowcount
            if not gone:
                raise NotFound(f"there are no credentials for {destination} ({environment})")
            work.note("credentials.remove", None, destination=destination, environment=environment)

    @allows(Permission.REPORT_MAKE)
    def use(
        self, actor: Actor, destination: str, environment: str, open_: Callable[..., Result]
    ) -> Result:
        """What `open_` makes of the credentials, such as a connection. That they were used goes
        into the audit. Raises NotFound, KeyMissing."""
        with self._writing(actor) as work:
            sealed = work.connection.execute(
                select(credentials.c.body).where(_of(destination, environment))
            ).scalar_one_or_none()
            if sealed is None:
                raise NotFound(
                    f"there are no credentials for {destination} ({environment}); set them with "
                    f"`fieldfare report credentials set {destination}`"
                )
            work.note("credentials.use", None, destination=destination, environment=environment)
        body = msgspec.json.decode(self._vault.open(sealed, place("credentials", None)), type=_Body)
        if (body.destination, body.environment) != (destination, environment):
            raise SettingsError(f"the credentials for {destination} were swapped; set them again")
        return open_(Credentials(body.user, body.password))


def _of(destination: str, environment: str) -> ColumnElement[bool]:
    return and_(credentials.c.destination == destination, credentials.c.environment == environment)
