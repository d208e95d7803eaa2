"""Whether a corpus's files are the published ones."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from fieldfare.vocabulary import InputError, SettingsError

_PIECE = 1 << 20
_SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")


@dataclass(frozen=True)
class Checked:
    """A file, its sums, and what they were found equal to."""

    file: str
    sha256: str
    """As the file is."""
    sha256_unix: str
    """With CR LF read as LF: the published sums are of files in that form."""
    verified_by: str | None
    """Who gives this sum; None where nobody known to us has given one, or another one."""

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def check(
    paths: Iterable[Path], own: dict[str, str] | None = None, *, allow_others: bool = False
) -> list[Checked]:
    """Compute the sums of `paths` and compare them.

    `own`, of the file name, goes before the published ones. Raises InputError where a sum differs;
    with `allow_others`, a file that is not the published one passes, unverified. A differing sum of
    `own` never passes.
    """
    given, source = own or {}, _published()["source"]["name"]
    checked = []
    for path in paths:
        exact, unix = _digests(path)
        expected = given.get(path.name) or _published()["files"].get(path.name)
        equal = expected in (exact, unix)
        if expected and not equal and (path.name in given or not allow_others):
            whom = (
                "--sha256"
                if path.name in given
                else f"{source}; --unverified reads it all the same"
            )
            raise InputError(f"{path.name}: SHA-256 is {unix}, not {expected} (from {whom})")
        by = "--sha256" if path.name in given else source
        checked.append(Checked(path.name, exact, unix, by if expected and equal else None))
    return checked


def read_sums(file: Path) -> dict[str, str]:
    """The sums in a file as ``sha256sum`` writes it. Raises SettingsError naming file and line."""
    sums = {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name}: cannot be read as text") from error
    for number, line in enumerate(lines, 1):
        match = _SUM_LINE.fullmatch(line.strip())
        if match:
            sums[Path(match[2]).name] = match[1].lower()
        elif line.strip():
            raise SettingsError(
                f"{file.name}, line {number}: not a line of sha256sum (64 digits, two spaces, name)"
            )
    return sums


@functools.cache
def _published() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "corpora.toml").read_text("utf-8"))


def _digests(path: Path) -> tuple[str, str]:
    exact, unix = hashlib.sha256(), hashlib.sha256()
    held = b""  # A CR at the end of a piece waits for what follows it.
    try:
        with path.open("rb") as content:
            while piece := content.read(_PIECE):
                exact.update(piece)
                piece = held + piece
                held = b"\r" if piece.endswith(b"\r") else b""
                unix.update(piece[: len(piece) - len(held)].replace(b"\r\n", b"\n"))
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror})") from error
    unix.update(held)
    return exact.hexdigest(), unix.hexdigest()
