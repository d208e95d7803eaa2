"""Rings of secret keys: a file of lines ``ID BASE64``, the current key first, older ones kept.

A key is 32 random bytes. To rotate, put a new line first; an old one goes when nothing that was
made with it is kept any more.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fieldfare.vocabulary.errors import SettingsError

KEY_BYTES: Final = 32


@dataclass(frozen=True)
class KeyRing:
    """Keys by id: `current` is used for what is new, the others for what was made with them."""

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


def load(path: Path | None, variable: str) -> KeyRing:
    """The ring of a file; without one, that of the environment's `variable`; without either, an
    empty one. Raises SettingsError also where others can read the file."""
    if path is None:
        given = os.environ.get(variable)
        return KeyRing.parse(given, variable) if given else KeyRing()
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others can read these keys; chmod 600 it")
        return KeyRing.parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read") from error


def new_line(name: str) -> str:
    """A line of a key file with a new random key."""
    return f"{name} {base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
