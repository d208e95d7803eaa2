"""The line on which each key of a TOML file stands.

`tomllib` gives places for what is not TOML at all, but none for values that are wrong. This walks
over text that `tomllib` has accepted, so it can be simple: it need not find mistakes.
"""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]
"""Keys and array indices from the root: ``("rules", 3, "verdict")``."""

_BLANK: Final = re.compile(r"(?:\s|#[^\n]*)*")
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_PLAIN: Final = re.compile(r"[^,\]}\n#]+")
_PART: Final = re.compile(r'[ \t]*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([A-Za-z0-9_-]+))[ \t]*')


def lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every key, table and array element of a valid TOML text."""
    return _Walk(text).places


def line_of(places: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest thing around it; 1 for the whole."""
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return 1


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._tables: dict[Path, int] = {}
        self.places: dict[Path, int] = {}
        self._document()

    def _document(self) -> None:
        prefix: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip()

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        path: Path = ()
        keys = self._key()
        for number, key in enumerate(keys):
            path = (*path, key)
            if many and number == len(keys) - 1:
                self._tables[path] = self._tables.get(path, -1) + 1
            self._note(path)
            if path in self._tables:
                path = (*path, self._tables[path])
        self._note(path)
        self._at += 2 if many else 1
        return path

    def _pair(self, prefix: Path) -> None:
        self._skip()
        self._advance_line()
        line = self._line
        path = (*prefix, *self._key())
        for length in range(len(prefix) + 1, len(path) + 1):
            self.places.setdefault(path[:length], line)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        first = self._text[self._at]
        if first == "[":
            self._many("]", path, array=True)
        elif first == "{":
            self._many("}", path, array=False)
        elif (match := _STRING.match(self._text, self._at)) or (
            match := _PLAIN.match(self._text, self._at)
        ):
            self._at = match.end()

    def _many(self, end: str, path: Path, *, array: bool) -> None:
        self._at += 1
        number = 0
        while True:
            self._skip()
            if self._text[self._at] == end:
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
            elif array:
                self._note((*path, number))
                self._value((*path, number))
                number += 1
            else:
                self._pair(path)

    def _key(self) -> list[str]:
        parts = []
        while match := _PART.match(self._text, self._at):
            parts.append(next(part for part in match.groups() if part is not None))
            self._at = match.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return parts

    def _skip(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _note(self, path: Path) -> None:
        self._advance_line()
        self.places.setdefault(path, self._line)

    def _advance_line(self) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = max(self._counted, self._at)
