"""Ordinary conversation from a folder, to count false alarms on. Read, never copied.

Three forms are known: ``*.txt`` with one dialogue a line, its turns parted by ``__eou__`` (as
DailyDialog has it), ``*.raw.txt`` of chat logs (``[hh:mm] <nick> text``), and plain ``*.txt``,
a message a line.
"""

from __future__ import annotations

import re
from pathlib import Path

from fieldfare.vocabulary import InputError

_CHAT_LINE = re.compile(r"\[[\d:]+\] <[^>]*> (.*)")
# The tokeniser of the English and Italian dialogues set apostrophes and marks apart.
_APOSTROPHE = re.compile(r" ?([’']) ?(?=(?:s|t|m|d|ll|re|ve)\b)")


def read_benign(folder: Path) -> dict[str, list[str]]:
    """The messages of each source: a file, or a folder in `folder` with several.

    Raises InputError where there are none.
    """
    sources: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*.txt")):
        name = file.stem if file.parent == folder else file.parent.name
        if file.stem.lower() != "readme":
            sources.setdefault(name, []).extend(_messages(file))
    if not any(sources.values()):
        raise InputError(f"{folder}: no ordinary conversation (*.txt) there")
    return sources


def _messages(file: Path) -> list[str]:
    messages = []
    for line in file.read_text("utf-8", "replace").splitlines():
        if file.name.endswith(".raw.txt"):
            said = _CHAT_LINE.match(line)
            messages += [said[1]] if said else []
        elif "__eou__" in line:
            turns = line.split("__eou__")[:-1]
            messages += [_APOSTROPHE.sub(r"\1", turn).strip() for turn in turns]
        else:
            messages.append(line)
    return [message for message in messages if message]
