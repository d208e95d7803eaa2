"""Whether a document is what the operator's own copy of the schema wants.

The schema comes from ``GET /xsd`` with the operator's credentials and is kept in its settings
folder, never in this project. What is wrong is said by place and rule, without any value: values
are people's messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fieldfare.vocabulary import SettingsError

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _Element

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_ELSEWHERE: Final = frozenset(f"{_XS}{name}" for name in ("import", "include", "redefine"))
_MOST: Final = 20
_INDEX: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the schema rejects."""

    place: str
    """Path of elements, as ``/report/incidentSummary``."""
    rule: str
    """What is wanted there."""

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}"


class Schema:
    """A schema that was read. Nothing is fetched while it is read or used."""

    def __init__(self, text: bytes, where: str) -> None:
        """Raises SettingsError where it is no schema, or leads to another file."""
        from lxml import etree

        try:
            root = etree.fromstring(text, _parser())
            if root.getroottree().docinfo.internalDTD is not None:
                raise SettingsError(f"{where}: a schema with a DOCTYPE is not read")
            if any(each.get("schemaLocation") for each in root.iter(*_ELSEWHERE)):
                raise SettingsError(
                    f"{where}: it includes another file; give a schema that is whole"
                )
            self._schema: XMLSchema = etree.XMLSchema(root)
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise SettingsError(
                f"{where}: not an XML schema ({type(error).__name__}); fetch it again"
            ) from None
        self._root: _Element = root

    def problems(self, document: bytes) -> tuple[Problem, ...]:
        """What is wrong with a document; empty where nothing is."""
        from lxml import etree

        tree = etree.fromstring(document, _parser()).getroottree()
        if self._schema.validate(tree):
            return ()
        found = dict.fromkeys(_problem(each) for each in self._schema.error_log)
        return tuple(found)[:_MOST]


def read(path: Path) -> Schema:
    """The schema of a file. Raises SettingsError."""
    try:
        return Schema(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(
            f"{path}: the schema cannot be read ({error.strerror}); fetch it with "
            "`fieldfare report schema`"
        ) from error


def _parser() -> object:
    from lxml import etree

    return etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)


def _problem(entry: object) -> Problem:
    kind = str(getattr(entry, "type_name", "")).removeprefix("SCHEMAV_")
    place = _INDEX.sub("", str(getattr(entry, "path", "") or "/"))
    message = str(getattr(entry, "message", ""))
    # Only this kind's message is made of names alone; others quote the value.
    rule = message if kind == "ELEMENT_CONTENT" else kind.lower().replace("_", " ")
    return Problem(place, rule)
