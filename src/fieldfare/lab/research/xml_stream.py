"""XML from strangers, record by record.

Expat reads the file in pieces; a document type declaration is refused where it begins, so that no
entity is ever declared, expanded or fetched (the attacks on XML that defusedxml lists all need
one). Memory is bounded by one record and one piece of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from fieldfare.vocabulary import InputError

_PIECE = 1 << 20
MOST_TEXT = 1 << 20
"""Characters of one field; the longest message of any known corpus is far below."""


class Record(NamedTuple):
    """One record: the attributes of the element around it and its own, and its children's text."""

    around: dict[str, str]
    attributes: dict[str, str]
    fields: dict[str, str]


def records(file: Path, path: tuple[str, ...]) -> Iterator[Record]:
    """The elements at `path`, from the root down: ``("conversations", "conversation", "message")``.

    A field is a child of a record with all the text inside it; an element in that text, such as
    PAN-2012's ``<email/>``, is read as a space. Raises InputError, naming file and line, where the
    file is not XML, has another root, declares a document type, or has a field of more than
    `MOST_TEXT` characters.
    """
    reading = _Reading(file.name, path)
    try:
        with file.open("rb") as content:
            while piece := content.read(_PIECE):
                reading.parser.Parse(piece, False)
                yield from reading.take()
            reading.parser.Parse(b"", True)
            yield from reading.take()
    except expat.ExpatError as error:
        raise InputError(
            f"{file.name}, line {error.lineno}: not well-formed XML "
            f"({expat.errors.messages.get(error.code, 'unknown error')})"
        ) from None
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({error.strerror})") from error


class _Reading:
    def __init__(self, name: str, path: tuple[str, ...]) -> None:
        self._name = name
        self._path = path
        self._depth = 0
        self._around: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._inside = False
        self._field: list[str] | None = None
        self._size = 0
        self._done: list[Record] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def take(self) -> list[Record]:
        done, self._done = self._done, []
        return done

    def _where(self) -> str:
        return f"{self._name}, line {self.parser.CurrentLineNumber}"

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"{self._where()}: a document type declaration, which no corpus has and which can hide "
            "an attack; nothing was read"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        depth, last = self._depth, len(self._path) - 1
        self._depth += 1
        if depth == 0 and tag != self._path[0]:
            raise InputError(f"{self._where()}: the root is not <{self._path[0]}>")
        if depth == last - 1:
            self._around = attributes
        elif depth == last and tag == self._path[last]:
            self._inside, self._attributes, self._fields = True, attributes, {}
        elif depth == last + 1 and self._inside:
            self._field, self._size = [], 0
        elif self._field is not None:
            self._field.append(" ")

    def _end(self, tag: str) -> None:
        self._depth -= 1
        last = len(self._path) - 1
        if self._depth == last + 1 and self._field is not None:
            self._fields[tag] = "".join(self._field)
            self._field = None
        elif self._depth == last and self._inside:
            self._done.append(Record(self._around, self._attributes, self._fields))
            self._inside = False

    def _text(self, text: str) -> None:
        if self._field is None:
            return
        self._size += len(text)
        if self._size > MOST_TEXT:
            raise InputError(f"{self._where()}: a field of more than {MOST_TEXT:,} characters")
        self._field.append(text)
