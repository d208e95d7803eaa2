"""Bearer tokens: made once, shown once, kept as a digest.

A token is 32 random bytes, so that a plain SHA-256 of it cannot be searched for; what a person
chooses as a password would need more. Each has scopes, and nothing is allowed without one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from fieldfare.service.database import Database
from fieldfare.vocabulary import SettingsError

Scope = Literal[
    "events:write",
    "decisions:ask",
    "assessments:read",
    "notices:write",
    "reports:write",
    "reports:read",
    "appeals:write",
    "appeals:read",
    "accounts:manage",
    "webhooks:manage",
    "metrics:read",
]
"""What a token lets its holder do. A messaging backend needs the first two, a reviewers' tool the
third; ``accounts:manage`` exports and erases, ``webhooks:manage`` sees dead letters."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PREFIX: Final = "ff_"
"""So that leaked tokens are found by those who search for them."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS tokens (
  name TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  revoked_at BIGINT
)
"""


@dataclass(frozen=True)
class Token:
    """A token as it is kept: without what proves it."""

    name: str
    scopes: frozenset[str]
    made_at: int
    """Microseconds UTC."""
    revoked_at: int | None


class Tokens:
    """The tokens in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.run(_TABLE)

    def make(self, name: str, scopes: Sequence[str]) -> str:
        """A new token; what it returns is shown once and kept nowhere. Raises SettingsError for a
        name that is taken or a scope that does not exist."""
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise SettingsError(
                f"no scope '{unknown[0]}'; give one of {', '.join(SCOPES)}"
                if unknown
                else "a token needs a scope"
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        made = self._database.changed(
            "INSERT INTO tokens (name, digest, scopes, made_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO NOTHING",
            (name, _digest(secret), " ".join(sorted(set(scopes))), _now()),
        )
        if made != 1:
            raise SettingsError(f"there is a token '{name}' already; choose another name")
        return secret

    def revoke(self, name: str) -> None:
        """From now on the token opens nothing. Raises SettingsError where there is none."""
        revoked = self._database.changed(
            "UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
            (_now(), name),
        )
        if revoked != 1:
            raise SettingsError(f"no token '{name}' is in force")

    def all(self) -> list[Token]:
        """Every token, by name, revoked ones included."""
        rows = self._database.run(
            "SELECT name, scopes, made_at, revoked_at FROM tokens ORDER BY name"
        )
        return [Token(row[0], frozenset(row[1].split()), row[2], row[3]) for row in rows]

    def close(self) -> None:
        self._database.close()

    def check(self, secret: str) -> Token | None:
        """The token in force that this proves, if it does."""
        digest = _digest(secret)
        rows = self._database.run(
            "SELECT name, scopes, made_at, revoked_at, digest FROM tokens WHERE digest = ?",
            (digest,),
        )
        for name, scopes, made_at, revoked_at, kept in rows:
            if revoked_at is None and hmac.compare_digest(kept, digest):
                return Token(name, frozenset(scopes.split()), made_at, revoked_at)
        return None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _now() -> int:
    return time.time_ns() // 1000
