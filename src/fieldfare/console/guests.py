"""Users of a demonstration: whoever tries it needs no second device.

Only `fieldfare demo` has guests. Their passwords and codes stand on the page where one signs in,
over data that are simulated, on 127.0.0.1.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from fieldfare.cases import OPERATOR
from fieldfare.cases.permissions import roles
from fieldfare.cases.users import Users
from fieldfare.vocabulary import FieldfareError

FILE: Final = "demonstration.json"
"""Beside the cases of a demonstration; makes `fieldfare console` show its guests again."""


@dataclass(frozen=True)
class Guest:
    """Somebody who can sign in to a demonstration."""

    name: str
    title: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def code(self) -> str:
        """The code of this half minute."""
        import pyotp

        return pyotp.TOTP(self.secret).now()


class Demonstration(msgspec.Struct, forbid_unknown_fields=True):
    """What is kept of a demonstration."""

    banner: str
    past: tuple[str, ...]
    guests: tuple[Guest, ...]


def keep(folder: Path, demonstration: Demonstration) -> None:
    """Write it beside its cases, for this user's eyes."""
    place = folder / FILE
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(demonstration))


def kept(folder: Path) -> Demonstration | None:
    """The demonstration whose cases are in this folder; None for any other folder."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Demonstration)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise FieldfareError(f"{folder / FILE}: cannot be read; make the demo again") from error


def invite(users: Users, wanted: Mapping[str, str]) -> tuple[Guest, ...]:
    """Add users by name and role, with passwords made up here; or give new ones to those there."""
    there = {each.name for each in users.all_users(OPERATOR)}
    found = []
    for name, role in wanted.items():
        password = secrets.token_hex(8)
        if name in there:
            made = users.reset(OPERATOR, name, password)
        else:
            added = users.add(OPERATOR, name, [role], password)
            assert added is not None  # noqa: S101 - with a password there is a second factor
            made = added
        found.append(Guest(name, roles()[role].title, password, made.secret))
    return tuple(found)
