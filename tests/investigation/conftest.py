"""Small archives of one suspect, and cases made from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import Investigation
from fieldfare.sources.reader import ReadOptions

SUSPECT = "whatsapp:+447700900001"
CHILD, TEACHER, OTHER = (f"whatsapp:+44770090010{k}" for k in (1, 2, 3))
START = 1_760_000_000_000_000
MINUTE = 60_000_000

TALK: Sequence[tuple[str, str, str]] = (
    (CHILD, SUSPECT, "hi, how old are you"),
    (CHILD, CHILD, "13"),
    (CHILD, SUSPECT, "where are you from"),
    (CHILD, CHILD, "i live in Leeds"),
    (CHILD, CHILD, "my mum took my phone, i have to do my homework"),
    (CHILD, SUSPECT, "this stays our secret, i can pay for your ticket to see me"),
    (TEACHER, SUSPECT, "how was your day"),
    (TEACHER, TEACHER, "marking year 8 homework all evening"),
    (TEACHER, TEACHER, "my daughter has school tomorrow and i have to be at work at 7"),
    (OTHER, OTHER, "are you coming on saturday"),
    (OTHER, SUSPECT, "yes, see you there"),
)
"""With whom, who wrote, what."""


def lines(talk: Sequence[tuple[str, str, str]] = TALK, start: int = START) -> list[dict[str, Any]]:
    """Messages a minute apart, as JSON Lines have them."""
    return [
        {
            "type": "message",
            "conversation": f"with {peer}",
            "sender": sender,
            "recipients": [peer if sender == SUSPECT else SUSPECT],
            "sent_at": start + place * MINUTE,
            "text": text,
        }
        for place, (peer, sender, text) in enumerate(talk)
    ]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A file of events."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


Make = Callable[..., Investigation]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a case of files, in the order given, analysed."""
    opened: list[Investigation] = []

    def make_case(*paths: Path, zone: str | None = None) -> Investigation:
        case = Investigation.open(tmp_path / f"case-{len(opened)}", create=True)
        opened.append(case)
        import_paths(case, paths, ReadOptions(time_zone=zone))
        analyse(case, imported=True)
        return case

    yield make_case
    for case in opened:
        case.close()


def state(case: Investigation) -> dict[str, list[dict[str, Any]]]:
    """Everything that follows from what was read and decided, in one order."""
    tables = ("accounts", "messages", "peers", "cues", "countries", "risks", "acquainted")
    found = {}
    for name in tables:
        rows = case.rows(f"SELECT * FROM {name}")
        found[name] = sorted(rows, key=repr)
    return found
