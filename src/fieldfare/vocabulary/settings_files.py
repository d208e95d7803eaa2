"""Settings that an operator writes: TOML files, read and checked in one way."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from fieldfare.vocabulary.errors import SettingsError

Read = TypeVar("Read")


def read(path: Path, kind: type[Read]) -> Read:
    """A file as this type. Raises SettingsError, which names the file and what is wrong in it."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not UTF-8; save the file as UTF-8") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from None
