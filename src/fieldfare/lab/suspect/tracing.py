"""Whether what a case says stands where it says: every origin is opened again, without readers.

The references of a case are followed as another person would follow them: the file is opened,
the member found in it, the record counted to, and what stands there compared. Nothing of the
readers is used, so that a fault of theirs is not repeated.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

Reference = tuple[str, str, str]
"""Source, member, locator."""
_INSTANT = re.compile(rb"<model type=\"(?:Chat|InstantMessage)\"")
_VALUE = r'name="{}" type="\w+">\s*<value[^>]*>([^<]*)</value>'


def follow(references: Iterable[Reference]) -> dict[Reference, tuple[str, str] | None]:
    """(text, raw time) that stands at each reference; None where nothing stands there."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source, member, locator in references:
        wanted[source, member].add(locator)
    found: dict[Reference, tuple[str, str] | None] = {}
    for (source, member), locators in wanted.items():
        stands = _at(source, member, locators)
        for locator in locators:
            found[source, member, locator] = stands.get(locator)
    return found


def _at(source: str, member: str, locators: set[str]) -> dict[str, tuple[str, str]]:
    try:
        data = _bytes(Path(source), member)
    except (OSError, KeyError):
        return {}
    if member.endswith(".json"):
        return _messenger(data, locators)
    if member.endswith(".xml"):
        return _ufdr(data, locators)
    return _whatsapp(data, locators)


def _bytes(source: Path, member: str) -> bytes:
    if source.is_dir():
        return (source / member).read_bytes()
    if not member:
        return source.read_bytes()
    with ZipFile(source) as archive, archive.open(member) as stream:
        return stream.read()


def _messenger(data: bytes, locators: set[str]) -> dict[str, tuple[str, str]]:
    stored: list[dict[str, Any]] = json.loads(data)["messages"]
    found = {}
    for at, message in enumerate(stored):
        if f"messages[{at}]" in locators:
            text = message.get("content", "").encode("latin-1").decode("utf-8")
            found[f"messages[{at}]"] = (text, str(message["timestamp_ms"]))
    return found


def _whatsapp(data: bytes, locators: set[str]) -> dict[str, tuple[str, str]]:
    found = {}
    for number, line in enumerate(data.decode("utf-8").split("\n"), start=1):
        if f"line {number}" in locators:
            time, _, said = line.partition(" - ")
            text = said.partition(": ")[2]
            found[f"line {number}"] = ("" if text == "<Media omitted>" else text, time)
    return found


def _ufdr(data: bytes, locators: set[str]) -> dict[str, tuple[str, str]]:
    from xml.sax.saxutils import unescape

    begins = [match.start() for match in _INSTANT.finditer(data)]
    found = {}
    for number, (start, end) in enumerate(
        zip(begins, [*begins[1:], len(data)], strict=True), start=1
    ):
        if f"model {number}" in locators:
            model = data[start:end].decode("utf-8")
            text, time = (re.search(_VALUE.format(name), model) for name in ("Body", "TimeStamp"))
            if time is not None:
                found[f"model {number}"] = (unescape(text[1]) if text else "", time[1])
    return found
