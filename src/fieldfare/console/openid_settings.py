"""What the operator says of the identity provider: one TOML file (docs/console.md)."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from fieldfare.cases.permissions import check_roles
from fieldfare.vocabulary import SettingsError, settings_files

VARIABLE: Final = "FIELDFARE_OIDC_SECRET"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    issuer: str
    client_id: str
    address: str
    roles: dict[str, str]
    roles_claim: str = "roles"
    name_claim: str = "preferred_username"
    scopes: list[str] = []
    title: str = "your identity provider"
    client_secret_file: str | None = None


@dataclass(frozen=True)
class OpenIdSettings:
    """An OpenID Connect provider, and what its claims mean here."""

    issuer: str
    """Exactly as the provider writes it in its tokens."""
    client_id: str
    address: str
    """Where reviewers open the console, such as ``https://review.example.org/console``."""
    roles: dict[str, str]
    """Value of the claim: the role it gives. What is not listed gives none."""
    roles_claim: str = "roles"
    """A claim of the id token, or the way to one inside it, such as ``realm_access.roles``."""
    name_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("openid",)
    title: str = "your identity provider"
    secret: str | None = field(default=None, repr=False)
    """None: a public client, which PKCE alone protects."""

    @property
    def back(self) -> str:
        """Where the provider sends people back to; to be registered there."""
        return f"{self.address.rstrip('/')}/sign-in/external/back"


def load(path: Path) -> OpenIdSettings:
    """Read such a file. Raises SettingsError, which says what is wrong and never holds a secret."""
    found = settings_files.read(path, _File)
    for name, address in (("issuer", found.issuer), ("address", found.address)):
        if not is_safe(address):
            raise SettingsError(f"{path}: {name} must be an https:// address (http:// on loopback)")
    if not found.roles:
        raise SettingsError(f"{path}: [roles] is empty, so that nobody could come in")
    for role in found.roles.values():
        check_roles((role,))
    return OpenIdSettings(
        issuer=found.issuer,
        client_id=found.client_id,
        address=found.address,
        roles=found.roles,
        roles_claim=found.roles_claim,
        name_claim=found.name_claim,
        scopes=tuple(dict.fromkeys(("openid", *found.scopes))),
        title=found.title,
        secret=_secret(path, found.client_secret_file),
    )


def is_safe(address: str) -> bool:
    """Whether what goes there can be read by nobody on the way: TLS, or this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(path: Path, file: str | None) -> str | None:
    if file is None:
        return os.environ.get(VARIABLE) or None
    place = path.parent / file
    try:
        if os.name == "posix" and place.stat().st_mode & 0o077:
            raise SettingsError(f"{place}: others can read this secret; chmod 600 it")
        return place.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{place}: cannot be read") from error
