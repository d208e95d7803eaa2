"""PANC (Vogt, Leser and Akbik 2021): negative segments of PAN-2012 and full chats of ChatCoder2.

The corpus cannot be passed on; their scripts (eSPD-datasets) make two "datapacks" from a
researcher's own copies: ``datapack-PANC-train.json`` and ``datapack-PANC-test.json``. A datapack is
``{"chats": {name: {"className": "predator" | "non-predator", "content": [...]}}}``, its content
messages (``author``, ``body``, ``lineNum``, ``isFromPredator``), nulls where a line is missing, and
separators where a new segment begins. Datapacks of ChatCoder2 alone have the same form.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import ijson
import msgspec

from fieldfare.lab.research.chats import Chats, Read, Said, gather
from fieldfare.language import LanguageModel
from fieldfare.vocabulary import InputError

TRAINING: Final = "datapack-PANC-train.json"
TEST: Final = "datapack-PANC-test.json"


def find(folder: Path) -> tuple[Path, Path]:
    """The two datapacks, anywhere below `folder`. Raises InputError naming the one missing."""
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder; give the one with the datapacks of PANC")
    found = []
    for name in (TRAINING, TEST):
        here = sorted(folder.rglob(name))
        if len(here) != 1:
            raise InputError(
                f"{folder}: {'no' if not here else 'more than one'} {name} in it; the scripts of "
                "eSPD-datasets make it (docs/research.md)"
            )
        found.append(here[0])
    return found[0], found[1]


def read(file: Path, model: LanguageModel, *, words: bool = False) -> Chats:
    """A datapack as evidence, with `words` its tokens too, to train on.

    Authors of different chats are different people, also under one name. Raises InputError naming
    the file, and the number of the chat where known.
    """
    offenders: list[str] = []
    return gather(_messages(file, offenders), offenders, model, file.name, words=words)


def parts(training: Path, test: Path) -> tuple[Read, Read]:
    """What reads the training part, and what reads the test part."""
    return (
        lambda model, words: read(training, model, words=words),
        lambda model, words: read(test, model, words=words),
    )


class _Entry(msgspec.Struct, rename="camel"):
    type: str
    author: str | None = None
    body: str | None = None
    line_num: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] | None = None
    is_from_predator: bool = False


class _Chat(msgspec.Struct, rename="camel"):
    class_name: Literal["predator", "non-predator"]
    content: list[_Entry | None]


def _messages(file: Path, offenders: list[str]) -> Iterator[Said]:
    """The messages; author ids of offenders are added to `offenders` on the way."""
    number = 0
    try:
        with file.open("rb") as content:
            for _, raw in ijson.kvitems(content, "chats", use_float=True):
                number += 1
                yield from _said(str(number), msgspec.convert(raw, _Chat), offenders)
    except msgspec.ValidationError:
        # The chat's name is a person's; its number will do.
        raise InputError(f"{file.name}: chat {number:,} is not as a datapack has it") from None
    except ijson.JSONError:
        raise InputError(f"{file.name}: not JSON, or cut off") from None
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({error.strerror})") from error


def _said(number: str, chat: _Chat, offenders: list[str]) -> Iterator[Said]:
    segment, theirs = 0, set[str]()
    for line, entry in enumerate(chat.content, 1):
        if entry is not None and entry.type == "separator":
            segment += 1
        elif entry is not None and entry.type == "message":
            author = f"{number}/{entry.author}"
            if entry.is_from_predator and chat.class_name == "predator":
                theirs.add(author)
            yield Said(number, author, entry.line_num or line, entry.body or "", segment)
    offenders += sorted(theirs)
