"""What the operator says once about itself: a TOML file (docs/reports.md).

Credentials do not stand here; they are kept sealed (`credentials`). Production is written to only
where this file says ``environment = "production"``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from fieldfare.vocabulary import SettingsError, settings_files

Environment = Literal["test", "production"]
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The service."""

    name: str = ""
    country: str | None = None
    """Where it is established: ISO 3166-1 alpha-2."""
    reports_to: tuple[str, ...] = ()
    """Destinations it is registered with and reports to already."""


class PersonOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody of the operator's whom an authority can reach."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""

    @property
    def known(self) -> bool:
        """Enough to be reached."""
        return bool(self.first_name and self.last_name and (self.email or self.phone))


class Ncmec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The CyberTipline."""

    environment: Environment = "test"
    url: str | None = None
    """Another base than the environment's own, as for a relay of the operator's."""
    schema: str | None = None
    """The operator's copy of the schema, beside this file; default ``cybertip-ENVIRONMENT.xsd``."""
    company_template: str | None = None
    terms_of_service: str | None = None
    legal_url: str | None = None


class Nca(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The United Kingdom's National Crime Agency."""

    organisation: str = ""
    registration: str = ""
    """The reference of the registration, which has to come before the first report (2°)."""
    administrator: str = ""
    replacement: str = ""
    declared_by: str = ""
    """Who declares that the report is true as far as is known."""


class HotlineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another hotline or police force, that gets a pack."""

    title: str
    address: str = ""
    """E-mail address that the pack is to be sent to, by a person."""
    countries: tuple[str, ...] = ()
    """Parties from these lead to it; none: only when it is asked for."""
    sections: tuple[str, ...] = ()
    """What is in it; default: all."""


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    provider: Provider = Provider()
    reporter: PersonOf = PersonOf()
    contact: PersonOf | None = None
    """For questions, where it is not the reporter."""
    ncmec: Ncmec = Ncmec()
    nca: Nca = Nca()
    hotlines: dict[str, HotlineSettings] = {}


FILE: Final = "reports.toml"


def usual(data: Path) -> Path | None:
    """The file of a folder of data, where it is there."""
    path = data / FILE
    return path if path.exists() else None


def load(path: Path | None) -> ReportSettings:
    """The settings of a file; without one, none are set. Raises SettingsError."""
    if path is None:
        return ReportSettings()
    settings = settings_files.read(path, ReportSettings)
    country = settings.provider.country
    if country is not None and not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise SettingsError(f"{path}: provider.country is two capital letters, such as GB")
    if settings.ncmec.url is not None:
        _check_url(path, settings.ncmec.url)
    return settings


def schema_path(settings: ReportSettings, path: Path | None) -> Path:
    """Where the operator's copy of the CyberTipline's schema is kept."""
    name = settings.ncmec.schema or f"cybertip-{settings.ncmec.environment}.xsd"
    return (path.parent if path is not None else Path()) / name


def _check_url(path: Path, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    if parts.scheme != "https" or not parts.hostname:
        raise SettingsError(f"{path}: ncmec.url must be https://…; plain http to this machine only")
    if parts.username or parts.password:
        raise SettingsError(f"{path}: ncmec.url must hold no user or password")
