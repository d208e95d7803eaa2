"""docs/formats.md says what is read: every field, and examples that work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from fieldfare.sources.mapping import UNITS, Rule, load_mapping
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import read_paths
from fieldfare.vocabulary import Account, Connection, Media, Message, Notice, Origin
from fieldfare.vocabulary.schemas import REQUIRED, TABLES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
RECORDS: dict[str, type[Any]] = {
    "accounts": Account,
    "messages": Message,
    "connections": Connection,
    "notices": Notice,
    "media": Media,
    "origin": Origin,
}


def section(title: str) -> str:
    """The text below a heading, up to the next."""
    match = re.search(rf"^#+ {title}$(.*?)(?=^#|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert match is not None, f"no heading {title}"
    return match[1]


def documented(title: str) -> dict[str, str]:
    """Field to the rest of its row."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section(title), re.MULTILINE))


@pytest.mark.parametrize("title", RECORDS)
def test_every_field_is_documented_and_no_other(title: str) -> None:
    assert list(documented(title)) == [f.name for f in msgspec.structs.fields(RECORDS[title])]


@pytest.mark.parametrize("title", RECORDS)
def test_required_fields_are_marked(title: str) -> None:
    marked = {name for name, rest in documented(title).items() if "*required*" in rest}
    assert marked == {f.name for f in msgspec.structs.fields(RECORDS[title]) if f.required}
    if title in TABLES:
        assert marked == REQUIRED[title]


def test_every_word_of_a_field_is_documented() -> None:
    words = 0
    for title, record in RECORDS.items():
        for name, hint in get_type_hints(record).items():
            literal = "".join(re.findall(r"Literal\[.*?\]", str(hint)))
            for word in re.findall(r"'(\w+)'", literal):
                assert f"`{word}`" in documented(title)[name], (title, name)
                words += 1
    assert words > 20


def test_every_key_of_a_mapping_is_documented() -> None:
    table = documented("Column mapping")
    assert set(table) == {field.name for field in msgspec.structs.fields(Rule)}
    assert all(f"`{unit}`" in table["unit"] for unit in UNITS)


def example(title: str, language: str) -> str:
    match = re.search(rf"```{language}\n(.*?)```", section(title), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize(
    ("title", "language", "name", "messages"),
    [
        ("JSON Lines", "json", "a.jsonl", 1),
        ("CSV", "csv", "a.csv", 2),
        ("Edge list", "", "a.txt", 2),
    ],
)
def test_examples_are_read(
    title: str, language: str, name: str, messages: int, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(example(title, language), encoding="utf-8")
    problems = Problems()
    batches = list(read_paths([path], ReadOptions(), problems))
    assert sum(batch.num_rows for table, batch in batches if table == "messages") == messages
    assert problems.total == 0


def test_example_of_a_mapping_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(example("Column mapping", "toml"), encoding="utf-8")
    assert [table.table for table in load_mapping(path).tables] == ["messages", "accounts"]
