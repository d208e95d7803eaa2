"""Documents for people to go on writing in: the same blocks as Markdown and as a Word file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, of level 1 (the title) to 4."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Grid
Document: TypeAlias = Sequence[Block]


def grid(header: Sequence[str], rows: Sequence[Sequence[object]]) -> Grid:
    """A table of anything that has words."""
    return Grid(tuple(header), tuple(tuple(str(cell) for cell in row) for row in rows))


def markdown(document: Document) -> str:
    """The document as Markdown."""
    return "\n\n".join(_as_markdown(each) for each in document) + "\n"


def _as_markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {text}"
        case Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {each}" for each in items)
        case Grid(header, rows):
            lines = [header, ("---",) * len(header), *rows]
            return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


_ITEM: Final = re.compile(r"[-*] +(.*)")
_HEADING: Final = re.compile(r"(#+) +(.*)")
_RULE: Final = re.compile(r"\|[-:| ]+\|")
_MARKS: Final = re.compile(r"\*\*|`|\[([^\]]*)\]\([^)]*\)")


def parse(text: str, *, below: int = 0) -> Iterator[Block]:
    """The blocks of a Markdown page of ours, headings lowered by so many levels. Emphasis, code and
    links become plain words."""
    for part in re.split(r"\n\s*\n", text):
        lines = [line for line in part.splitlines() if line.strip()]
        while lines and (found := _HEADING.fullmatch(lines[0])):
            yield Heading(min(len(found[1]) + below, 4), _plain(found[2]))
            lines = lines[1:]
        if not lines:
            continue
        if lines[0].startswith("|"):
            rows = [_split(line) for line in lines if not _RULE.fullmatch(line.strip())]
            yield Grid(rows[0], tuple(rows[1:]))
        elif _ITEM.match(lines[0]):
            yield Bullets(tuple(_items(lines)))
        else:
            yield Paragraph(_plain(" ".join(line.strip() for line in lines)))


def _items(lines: Sequence[str]) -> Iterator[str]:
    said: list[str] = []
    for line in lines:
        found = _ITEM.match(line)
        if found and said:
            yield _plain(" ".join(said))
            said = []
        said.append(found[1] if found else line.strip())
    yield _plain(" ".join(said))


def _split(line: str) -> tuple[str, ...]:
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return tuple(_plain(cell.strip().replace("\\|", "|")) for cell in cells)


def _plain(text: str) -> str:
    return _MARKS.sub(lambda found: found[1] or "", text)
