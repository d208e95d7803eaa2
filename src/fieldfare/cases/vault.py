"""Text at rest: sealed with AES-256-GCM where the operator gives keys, plain where none is given.

A sealed value is ``1``, the length and the id of its key, a nonce of 12 bytes, and the ciphertext.
Its place (table and case) is authenticated with it, so that it cannot be moved to another. NIST
SP 800-38D bounds random nonces to 2^32 values a key: rotate long before.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fieldfare.cases.errors import KeyMissing
from fieldfare.vocabulary import SettingsError

VARIABLE: Final = "FIELDFARE_KEYS"
KEY_BYTES: Final = 32
_PLAIN, _SEALED = b"\x00", b"\x01"
_NONCE = 12


@dataclass(frozen=True)
class KeyRing:
    """Keys by id; values are sealed with `current` and opened with whichever sealed them."""

    current: str | None = None
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, key in self.keys.items():
            if len(key) != KEY_BYTES or not 0 < len(name.encode()) < 256:
                raise SettingsError(f"key '{name}': needs {KEY_BYTES} bytes, in base64")
        if self.current is not None and self.current not in self.keys:
            raise SettingsError(f"there is no key '{self.current}' in the key ring")

    @staticmethod
    def parse(text: str, where: str) -> KeyRing:
        """A ring from lines ``ID BASE64``, the current key first. Raises SettingsError; the
        message never holds a key."""
        keys: dict[str, bytes] = {}
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            try:
                name, encoded = words
                key = base64.b64decode(encoded, validate=True)
            except (ValueError, binascii.Error):
                raise SettingsError(f"{where}, line {number}: write ID and key in base64") from None
            if name in keys:
                raise SettingsError(f"{where}, line {number}: the id '{name}' is there twice")
            keys[name] = key
        if not keys:
            raise SettingsError(f"{where}: no key in it")
        return KeyRing(next(iter(keys)), keys)


def load(path: Path | None) -> KeyRing:
    """The ring of a file; without one, that of the variable FIELDFARE_KEYS; without either, an
    empty one: text is kept plain. Raises SettingsError also where others can read the file."""
    if path is None:
        given = os.environ.get(VARIABLE)
        return KeyRing.parse(given, VARIABLE) if given else KeyRing()
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others can read these keys; chmod 600 it")
        return KeyRing.parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read") from error


def new_line(name: str) -> str:
    """A line of a key file with a new random key."""
    return f"{name} {base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


class Vault:
    """Seals and opens values."""

    def __init__(self, ring: KeyRing | None = None) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.ring = ring or KeyRing()
        self._ciphers = {name: AESGCM(key) for name, key in self.ring.keys.items()}

    def seal(self, data: bytes, place: str) -> bytes:
        """The value as it is stored; `place` says where, and is wanted again to open it."""
        name = self.ring.current
        if name is None:
            return _PLAIN + data
        nonce, key_id = os.urandom(_NONCE), name.encode()
        sealed = self._ciphers[name].encrypt(nonce, data, place.encode())
        return _SEALED + bytes([len(key_id)]) + key_id + nonce + sealed

    def open(self, stored: bytes, place: str) -> bytes:
        """The value. Raises KeyMissing where its key is not in the ring or does not fit."""
        from cryptography.exceptions import InvalidTag

        if stored[:1] == _PLAIN:
            return bytes(stored[1:])
        name, start = self._key_of(stored)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise KeyMissing(f"this needs the key '{name}'; give its key file with --keys")
        try:
            return cipher.decrypt(
                stored[start : start + _NONCE], stored[start + _NONCE :], place.encode()
            )
        except InvalidTag:
            raise KeyMissing(
                f"the key '{name}' does not open this: another key, or the value was changed"
            ) from None

    def is_current(self, stored: bytes) -> bool:
        """Whether it is sealed the way a new value would be."""
        if stored[:1] == _PLAIN:
            return self.ring.current is None
        return self._key_of(stored)[0] == self.ring.current

    @staticmethod
    def _key_of(stored: bytes) -> tuple[str, int]:
        length = stored[1]
        return bytes(stored[2 : 2 + length]).decode(), 2 + length
