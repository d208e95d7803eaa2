"""PAN-2012, sexual predator identification, as distributed (Inches and Crestani 2012).

A part (training or test) is an XML file of conversations, a list of the offenders' author ids and,
for the test part alone, a list of the lines that are "most distinctive": conversation id, tab, line
number. The training part's ``…-diff.txt`` looks alike and is something else: the lines whose text
the organisers corrected in May 2012 (so its readme), no ground truth. It is not read.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fieldfare.lab.research.chats import Chats, Read, Said, gather
from fieldfare.lab.research.xml_stream import records
from fieldfare.language import LanguageModel
from fieldfare.vocabulary import InputError

_PREFIX: Final = "pan12-sexual-predator-identification-"
TRAINING: Final = (
    f"{_PREFIX}training-corpus-2012-05-01.xml",
    f"{_PREFIX}training-corpus-predators-2012-05-01.txt",
)
TEST: Final = (
    f"{_PREFIX}test-corpus-2012-05-17.xml",
    f"{_PREFIX}groundtruth-problem1.txt",
    f"{_PREFIX}groundtruth-problem2.txt",
)
_PATH: Final = ("conversations", "conversation", "message")

Lines = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Files:
    """Where the parts of the corpus are."""

    training: Path
    training_offenders: Path
    test: Path
    test_offenders: Path
    test_lines: Path | None
    """None where it is not there: lines are not measured then."""

    def all(self) -> tuple[Path, ...]:
        """Every file, in the order of the fields."""
        four = (self.training, self.training_offenders, self.test, self.test_offenders)
        return four if self.test_lines is None else (*four, self.test_lines)


def find(folder: Path) -> Files:
    """The files, anywhere below `folder`. Raises InputError naming one that is there twice, or
    missing and needed."""
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder; give the one PAN-2012 was unzipped to")
    needed = [_one(folder, name) for name in (*TRAINING, *TEST[:2])]
    for name, part in zip((*TRAINING, *TEST), needed, strict=False):
        if part is None:
            raise InputError(
                f"{folder}: no {name} in it; unzip both parts of PAN-2012 there (docs/research.md)"
            )
    training, training_offenders, test, test_offenders = filter(None, needed)
    return Files(training, training_offenders, test, test_offenders, _one(folder, TEST[2]))


def _one(folder: Path, name: str) -> Path | None:
    found = sorted(folder.rglob(name))
    if len(found) > 1:
        raise InputError(f"{folder}: {name} is there {len(found)} times; keep one")
    return found[0] if found else None


def read(corpus: Path, offenders: Path, model: LanguageModel, *, words: bool = False) -> Chats:
    """A part of the corpus as evidence, with `words` its tokens too, to train on. Raises InputError
    naming the file, and line where known."""
    listed = read_offenders(offenders)
    return gather(messages(corpus), listed, model, corpus.name, words=words)


def parts(files: Files) -> tuple[Read, Read]:
    """What reads the training part, and what reads the test part."""
    return (
        lambda model, words: read(files.training, files.training_offenders, model, words=words),
        lambda model, words: read(files.test, files.test_offenders, model, words=words),
    )


def messages(file: Path) -> Iterator[Said]:
    """The messages of a part, in order. Raises InputError naming the file, and line where known."""
    for number, (around, attributes, fields) in enumerate(records(file, _PATH), 1):
        conversation, author = around.get("id"), fields.get("author", "").strip()
        line = _line_number(attributes.get("line", ""))
        if not conversation or not author or line is None:
            raise InputError(
                f"{file.name}: message {number:,} has no author or no line number, or its "
                "conversation no id"
            )
        text = fields.get("text", "")
        # Escaped twice: once for XML, once before by those who collected it.
        yield Said(conversation, author, line, html.unescape(text) if "&" in text else text)


def read_offenders(file: Path) -> list[str]:
    """The author ids in a list of offenders, one a line. Raises InputError naming file and line."""
    ids = []
    for number, line in enumerate(_lines(file), 1):
        if len(line.split()) > 1:
            raise InputError(f"{file.name}, line {number}: more than an author id")
        ids += line.split()
    if not ids:
        raise InputError(f"{file.name}: no author ids")
    return ids


def read_lines(file: Path) -> Lines:
    """The (conversation id, line number) pairs of a list of lines. Raises InputError naming file
    and line."""
    pairs = set()
    for number, line in enumerate(_lines(file), 1):
        words = line.split()
        place = _line_number(words[1]) if len(words) == 2 else None
        if place is not None:
            pairs.add((words[0], place))
        elif words:
            raise InputError(f"{file.name}, line {number}: not a conversation id and a line number")
    if not pairs:
        raise InputError(f"{file.name}: no lines")
    return frozenset(pairs)


def read_conversations(file: Path) -> frozenset[str]:
    """The conversation ids in a file, one a line, as lists of filtered conversations have them.
    Raises InputError where there are none."""
    ids = frozenset(word for line in _lines(file) for word in line.split())
    if not ids:
        raise InputError(f"{file.name}: no conversation ids")
    return ids


def _line_number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name}: not UTF-8 text") from error
