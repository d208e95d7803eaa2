"""Users of a demonstration: whoever tries it needs no second device.

Only `fieldfare demo` has guests. Their passwords and codes stand on the page where one signs in,
over data that are simulated, on 127.0.0.1.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from fieldfare.cases import OPERATOR
from fieldfare.cases.permissions import roles
from fieldfare.cases.users import Users


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
