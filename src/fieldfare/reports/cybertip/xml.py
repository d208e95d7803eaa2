"""From records of `model` to XML. Pure: the same record gives the same bytes.

Characters that XML cannot hold (such as NUL, or half of a pair) become U+FFFD; the uploaded
transcripts keep them visible.
"""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, Final

from fieldfare.reports.cybertip.model import FileDetails, Report
from fieldfare.vocabulary.times import from_micros

if TYPE_CHECKING:
    from lxml.etree import _Element

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report_xml(report: Report) -> bytes:
    """The body of ``POST /submit``."""
    return _document("report", report)


def file_details_xml(details: FileDetails) -> bytes:
    """The body of ``POST /fileinfo``."""
    return _document("fileDetails", details)


def possible(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _IMPOSSIBLE.sub(REPLACEMENT, text)


def element_of(name: str) -> str:
    """``incident_summary`` as ``incidentSummary``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _document(name: str, record: Any) -> bytes:
    from lxml import etree

    root = etree.Element(name)
    _fill(root, record)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _fill(element: _Element, record: Any) -> None:
    for each in fields(record):
        value = getattr(record, each.name)
        if value is None or ("flag" in each.metadata and not value):
            continue
        if "attribute" in each.metadata:
            element.set(each.metadata["attribute"], _text(value, each))
        elif "content" in each.metadata:
            element.text = _text(value, each)
        else:
            name = each.metadata.get("name") or element_of(each.name)
            for one in value if isinstance(value, tuple) else (value,):
                _append(element, name, one, each)


def _append(parent: _Element, name: str, value: Any, where: Field[Any]) -> None:
    from lxml import etree

    child = etree.SubElement(parent, name)
    if "flag" in where.metadata:
        return
    if isinstance(value, bool | int | str):
        child.text = _text(value, where)
    else:
        _fill(child, value)


def _text(value: Any, where: Field[Any]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _moment(value) if "Moment" in str(where.type) else str(value)
    return possible(value)


def _moment(micros: int) -> str:
    # Milliseconds at most: what a schema's dateTime is sure to take.
    moment = from_micros(micros).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return moment.replace(".000Z", "Z")
