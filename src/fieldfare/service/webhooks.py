"""Webhooks: where changes are sent, and how what is sent is signed.

Endpoints are set in a file (TOML) by whoever runs the service, never through the API; secrets
stand in files of their own or in the environment. Signing follows the Standard Webhooks
specification (standardwebhooks.com, version 1), so that its libraries verify what we send:
HMAC-SHA256 over ``{id}.{timestamp}.{body}``, in headers ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from fieldfare.vocabulary import InputError, SettingsError, settings_files

TOLERANCE_SECONDS: Final = 300
"""A delivery whose timestamp is further from the receiver's clock than this is to be refused: it
may have been sent before by someone else."""

LEAST_SECRET_BYTES: Final = 24
BAND_CHANGED: Final = "assessment.band_changed"
EVENTS: Final = (BAND_CHANGED, "appeal.received", "case.opened", "case.closed")
"""What may be told."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class _Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    url: str
    secret_env: str | None = None
    secret_file: str | None = None
    from_band: str | None = None
    events: tuple[str, ...] = (BAND_CHANGED,)
    ca_file: str | None = None
    attempts: int = 16
    timeout_seconds: float = 10.0
    first_retry_seconds: float = 5.0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    webhooks: list[_Entry]


@dataclass(frozen=True, repr=False)
class Endpoint:
    """Where changes are sent. Its repr holds no secret."""

    name: str
    url: str
    secrets: tuple[bytes, ...]
    """Keys; each signs, so that one can be replaced while the receiver still knows the other."""
    from_band: str | None = None
    """Only changes to or from this band or a graver one; None: all."""
    events: tuple[str, ...] = (BAND_CHANGED,)
    """What it is told of, of `EVENTS`."""
    ca_file: Path | None = None
    """Certificates (PEM) to trust instead of the usual ones."""
    attempts: int = 16
    """After so many a delivery is a dead letter."""
    timeout_seconds: float = 10.0
    """For the whole of one attempt."""
    first_retry_seconds: float = 5.0
    """Pause after the first failure; it doubles with each, up to `LONGEST_PAUSE_SECONDS`."""

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {self.url!r})"


LONGEST_PAUSE_SECONDS: Final = 6 * 3600.0


def load(path: Path, environment: Mapping[str, str] | None = None) -> tuple[Endpoint, ...]:
    """The endpoints of a file. Raises SettingsError that names the file, the endpoint and what is
    wrong, never a secret."""
    environment = os.environ if environment is None else environment
    entries = settings_files.read(path, _File).webhooks
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise SettingsError(f"{path}: two webhooks have the same name")
    return tuple(_endpoint(path, entry, environment) for entry in entries)


def _endpoint(path: Path, entry: _Entry, environment: Mapping[str, str]) -> Endpoint:
    def wrong(what: str) -> SettingsError:
        return SettingsError(f"{path}: webhook '{entry.name}': {what}")

    if not entry.name or len(entry.name) > 100:
        raise wrong("name it, with at most 100 characters")
    parts = urlsplit(entry.url)
    local = parts.hostname in _LOOPBACK
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise wrong("url must be https://…")
    if parts.scheme == "http" and not local:
        raise wrong("url must be https://…; plain http only to this machine")
    if parts.username or parts.password:
        raise wrong("url must hold no user or password; deliveries are signed")
    if not (entry.attempts >= 1 and entry.timeout_seconds > 0 and entry.first_retry_seconds > 0):
        raise wrong("attempts, timeout_seconds and first_retry_seconds must be above 0")
    if not entry.events or not set(entry.events) <= set(EVENTS):
        raise wrong(f"events are some of {', '.join(EVENTS)}")
    return Endpoint(
        name=entry.name,
        url=entry.url,
        secrets=_secrets(entry, environment, wrong),
        from_band=entry.from_band,
        events=entry.events,
        ca_file=Path(entry.ca_file) if entry.ca_file else None,
        attempts=entry.attempts,
        timeout_seconds=entry.timeout_seconds,
        first_retry_seconds=entry.first_retry_seconds,
    )


def _secrets(
    entry: _Entry, environment: Mapping[str, str], wrong: Callable[[str], SettingsError]
) -> tuple[bytes, ...]:
    if (entry.secret_env is None) == (entry.secret_file is None):
        raise wrong("give secret_env or secret_file, one of them")
    if entry.secret_env is not None:
        text = environment.get(entry.secret_env)
        if text is None:
            raise wrong(f"the variable {entry.secret_env} is not set")
    else:
        try:
            text = Path(entry.secret_file or "").read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise wrong(f"secret_file cannot be read ({type(error).__name__})") from None
    try:
        keys = tuple(key_of(word) for word in text.split())
    except ValueError:
        raise wrong("the secret is not whsec_ and base64") from None
    if not keys or min(map(len, keys)) < LEAST_SECRET_BYTES:
        raise wrong(f"the secret is shorter than {LEAST_SECRET_BYTES} bytes")
    return keys


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: ``whsec_`` and base64, or the bytes of any other word.
    Raises ValueError."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
    return secret.encode()


def sign(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that say who sent this and when; `timestamp` is in seconds."""
    signed = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    signatures = [
        base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys
    ]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def verify(
    secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None
) -> dict[str, object]:
    """For receivers: what a delivery says, if it was signed with the secret and is no older (or
    younger) than `TOLERANCE_SECONDS`. Header names are looked up in lower case.

    Raises InputError. A receiver should also remember `webhook-id` for that long: a delivery whose
    answer was lost comes again with the same one.
    """
    try:
        id_, said = headers["webhook-id"], headers["webhook-signature"]
        timestamp = int(headers["webhook-timestamp"])
    except (KeyError, ValueError):
        raise InputError("a delivery without id, timestamp and signature") from None
    if abs((time.time() if now is None else now) - timestamp) > TOLERANCE_SECONDS:
        raise InputError("a delivery that is too old, or this clock is wrong")
    expected = sign([key_of(secret)], id_, timestamp, body)["webhook-signature"]
    matches = [hmac.compare_digest(each.encode(), expected.encode()) for each in said.split()]
    if not any(matches):
        raise InputError("a delivery that was not signed with this secret")
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        raise InputError("a delivery that is not a JSON object") from None
