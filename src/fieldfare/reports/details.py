"""What the service knows of the accounts of a case and Fieldfare does not: addresses, e-mails,
telephone numbers, devices. A file (TOML or JSON, docs/reports.md) that whoever makes a report has
exported for it; it makes the difference between a report and one that can be acted on.
"""

from __future__ import annotations

import ipaddress
import tomllib
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import parse_time


class Reachable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An e-mail address or telephone number."""

    value: str
    verified: bool | None = None


class SeenAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An IP address that an account used."""

    ip: str
    event: Literal["Login", "Registration", "Purchase", "Upload", "Other", "Unknown"] = "Unknown"
    at: str | None = None
    """ISO 8601 with an offset."""
    port: int | None = None
    possible_proxy: bool | None = None

    @property
    def micros(self) -> int | None:
        """`at` in microseconds UTC."""
        return None if self.at is None else parse_time(self.at)


class AccountDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account. All of it may be missing."""

    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: date | None = None
    emails: tuple[Reachable, ...] = ()
    phones: tuple[Reachable, ...] = ()
    addresses: tuple[str, ...] = ()
    screen_name: str | None = None
    display_names: tuple[str, ...] = ()
    profile_urls: tuple[str, ...] = ()
    profile_bio: str | None = None
    ips: tuple[SeenAddress, ...] = ()
    device_ids: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    country: str | None = None
    time_zone: str | None = None
    """IANA name: local times stand beside UTC in transcripts."""
    school: str | None = None
    billing: str | None = None
    all_emails: bool | None = None
    """True: `emails` are all that are known."""
    disabled_at: str | None = None
    """When the account was disabled for good."""
    user_notified_at: str | None = None
    prior_reports: tuple[str, ...] = ()
    """Numbers of earlier CyberTipline reports that were not made with Fieldfare."""


class Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: accounts by their ids."""

    accounts: dict[str, AccountDetails] = {}

    def of(self, account: str) -> AccountDetails:
        """What is known of an account."""
        return self.accounts.get(account, _NOTHING)


_NOTHING = AccountDetails()


def load(path: Path | None) -> Details:
    """The details of a file, ``.json`` or TOML. Raises InputError, which names the place and never
    a value."""
    if path is None:
        return Details()
    try:
        raw = path.read_bytes()
        found = (
            msgspec.json.decode(raw, type=Details)
            if path.suffix == ".json"
            else msgspec.convert(tomllib.loads(raw.decode("utf-8")), Details)
        )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}") from None
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise InputError(f"{path}: not TOML, or JSON under a name ending in .json") from None
    for account in found.accounts.values():
        _check(path, account)
    return found


def _check(path: Path, account: AccountDetails) -> None:
    try:
        for each in account.ips:
            ipaddress.ip_address(each.ip)
            _ = each.micros
        for moment in (account.disabled_at, account.user_notified_at):
            if moment is not None:
                parse_time(moment)
        if account.time_zone is not None:
            ZoneInfo(account.time_zone)
    except (ValueError, ZoneInfoNotFoundError):
        raise InputError(
            f"{path}: an IP address, time or time zone is not one; times are ISO 8601 with an "
            "offset, zones such as Europe/London"
        ) from None
