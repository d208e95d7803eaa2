"""Text at rest: sealed with AES-256-GCM where the operator gives keys, plain where none is given.

A sealed value is ``1``, the length and the id of its key, a nonce of 12 bytes, and the ciphertext.
Its place (table and case) is authenticated with it, so that it cannot be moved to another. NIST
SP 800-38D bounds random nonces to 2^32 values a key: rotate long before.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from fieldfare.cases.errors import KeyMissing
from fieldfare.vocabulary import keys
from fieldfare.vocabulary.keys import KeyRing

VARIABLE: Final = "FIELDFARE_KEYS"
_PLAIN, _SEALED = b"\x00", b"\x01"
_NONCE = 12


def load(path: Path | None) -> KeyRing:
    """The ring of a file or of FIELDFARE_KEYS; without either, an empty one: text is kept plain.
    Raises SettingsError as `vocabulary.keys.load`."""
    return keys.load(path, VARIABLE)


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

    @staticmethod
    def is_plain(stored: bytes) -> bool:
        """Whether it is not encrypted."""
        return stored[:1] == _PLAIN

    def is_current(self, stored: bytes) -> bool:
        """Whether it is sealed the way a new value would be."""
        if stored[:1] == _PLAIN:
            return self.ring.current is None
        return self._key_of(stored)[0] == self.ring.current

    @staticmethod
    def _key_of(stored: bytes) -> tuple[str, int]:
        length = stored[1]
        return bytes(stored[2 : 2 + length]).decode(), 2 + length
