"""A service's own columns are read as a mapping says, and a wrong mapping says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.sources.mapping import UNKNOWN_VALUE, load_mapping
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import UNRECOGNISED, read_paths
from fieldfare.vocabulary import SettingsError

MAPPING = """
[messages]
id = "mid"
sender = "from_user"
recipients = "to_user"
sent_at = { column = "ts", unit = "ms" }
text = "body"
kind = { column = "chat", values = { dm = "private", room = "group" } }
media = { column = "attached", values = { jpg = "photo", none = "" } }
"""
ROWS: list[dict[str, Any]] = [
    {"mid": 1, "from_user": 7, "to_user": 9, "ts": 1772395200000, "body": "how old are you",
     "chat": "dm", "attached": None},
    {"mid": 2, "from_user": 9, "to_user": 7, "ts": 1772395260500, "body": "twelve",
     "chat": "room", "attached": "jpg"},
]  # fmt: skip


def write(folder: Path, form: str, rows: list[dict[str, Any]]) -> Path:
    """Rows as one of the three forms."""
    path = folder / f"export.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    else:
        lines = [",".join(rows[0])]
        lines += [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(
    path: Path, mapping: str, options: ReadOptions | None = None
) -> tuple[list[dict[str, Any]], Problems]:
    (folder := path.parent / "settings").mkdir(exist_ok=True)
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    problems = Problems()
    loaded = load_mapping(folder / "mapping.toml")
    batches = list(read_paths([path], options or ReadOptions(), problems, mapping=loaded))
    return [row for _, batch in batches for row in batch.to_pylist()], problems


FORMS = pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])


@FORMS
def test_the_same_rows_in_every_form(form: str, tmp_path: Path) -> None:
    found, problems = read(write(tmp_path, form, ROWS), MAPPING)
    assert problems.total == 0, problems.samples
    assert [(r["id"], r["sender"], r["recipients"], r["kind"]) for r in found] == [
        ("1", "7", ["9"], "private"),
        ("2", "9", ["7"], "group"),
    ]
    assert [r["sent_at"] for r in found] == [1772395200000000, 1772395260500000]
    assert [r["text"] for r in found] == ["how old are you", "twelve"]
    assert [r["media"] for r in found] == [[], [{"kind": "photo", "hash": None}]]
    first = {"parquet": "row 1", "jsonl": "line 1", "csv": "row 2"}[form]
    assert (found[0]["origin"]["locator"], found[0]["origin"]["raw_time"]) == (
        first, "1772395200000",
    )  # fmt: skip


@FORMS
def test_metadata_only(form: str, tmp_path: Path) -> None:
    found, _ = read(write(tmp_path, form, ROWS), MAPPING, ReadOptions(metadata_only=True))
    assert [r["text"] for r in found] == [None, None]


@FORMS
def test_bad_values_are_counted_and_good_rows_kept(form: str, tmp_path: Path) -> None:
    odd = [
        {**ROWS[0], "chat": "club"},
        {**ROWS[0], "ts": 10**17},
        {**ROWS[0], "from_user": None},
        {**ROWS[0], "attached": "exe"},
    ]
    found, problems = read(write(tmp_path, form, [ROWS[0], *odd, ROWS[1]]), MAPPING)
    assert [r["id"] for r in found] == ["1", "1", "1", "2"]
    assert problems.counts[UNKNOWN_VALUE] == 2
    assert problems.total == 4


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("s", 1772395200),
        ("s", "1772395200"),
        ("s", 1772395200.0),
        ("s", "1772395200.000"),
        ("ms", 1772395200000),
        ("us", 1772395200000000),
        ("ns", 1772395200000000000),
        ("ns", "1772395200000000000"),
        ("iso", "2026-03-01T20:00:00Z"),
        ("iso", "2026-03-01T21:00:00+01:00"),
        ("iso", "2026-03-01 20:00:00"),
    ],
)
@FORMS
def test_every_unit(form: str, unit: str, value: Any, tmp_path: Path) -> None:
    rows = [{"a": "x", "b": "y", "t": value}]
    mapping = f'[messages]\nsender = "a"\nrecipients = "b"\nsent_at = {{column="t", unit="{unit}"}}'
    found, problems = read(write(tmp_path, form, rows), mapping)
    assert [r["sent_at"] for r in found] == [1772395200000000], problems.samples


ZONED = '[messages]\nsender="a"\nrecipients="b"\nsent_at={column="t",unit="iso"%s}\n'


@pytest.mark.parametrize(
    ("zone", "option", "hour", "basis"),
    [
        ("", None, 20, "unknown"),
        ("", "Asia/Manila", 12, "assumed"),
        (',zone="Asia/Manila"', None, 12, "assumed"),
        (',zone="Asia/Manila"', "Europe/Berlin", 12, "assumed"),
    ],
)
def test_times_without_offset(
    zone: str, option: str | None, hour: int, basis: str, tmp_path: Path
) -> None:
    rows = [{"a": "x", "b": "y", "t": "2026-03-01T20:00:00"}]
    options = ReadOptions(time_zone=option)
    [row], _ = read(write(tmp_path, "csv", rows), ZONED % zone, options)
    assert row["sent_at"] // 3_600_000_000 % 24 == hour
    assert row["origin"]["tz_basis"] == basis


def test_naive_timestamps_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    stamp = pa.array([1772395200], pa.timestamp("s"))
    pq.write_table(pa.table({"a": ["x"], "b": ["y"], "t": stamp}), path)
    [row], _ = read(path, ZONED % "")
    assert row["sent_at"] == 1772395200000000
    assert row["origin"]["tz_basis"] == "unknown"
    [row], _ = read(path, ZONED % ',zone="Asia/Manila"')
    assert row["sent_at"] == 1772395200000000 - 8 * 3_600_000_000
    assert row["origin"]["tz_basis"] == "assumed"


def test_lists_separators_and_inner_fields(tmp_path: Path) -> None:
    rows = [{"from": {"id": 7}, "to": ["9", "7", "8"], "cc": "a,b", "t": 5}]
    mapping = (
        '[messages]\nsender = "from.id"\nrecipients = "{}"\n'
        'sent_at = {{ column = "t", unit = "s" }}\n'
    )
    for form in ("jsonl", "parquet"):
        [row], _ = read(write(tmp_path, form, rows), mapping.format("to"))
        assert (row["sender"], row["recipients"]) == ("7", ["9", "8"])
        [row], _ = read(write(tmp_path, form, rows), mapping.format("cc"))
        assert row["recipients"] == ["a,b"]
    split = mapping.format("x").replace('"x"', '{ column = "cc", separator = "," }')
    [row], _ = read(write(tmp_path, "jsonl", rows), split)
    assert row["recipients"] == ["a", "b"]


def test_several_tables_and_patterns_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, "csv", ROWS)
    (folder / "users.csv").write_text("mid,dob\n7,1980-01-01\n", encoding="utf-8")
    (folder / "other.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    accounts = '[accounts]\nfiles = "users*"\nid = "mid"\nage_source = { value = "declared" }\n'
    found, problems = read(folder, MAPPING + accounts)
    assert [row.get("age_source") for row in found] == [None, None, "declared"]
    assert problems.counts == {UNRECOGNISED: 1}


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("[messages]\nx y", "not valid TOML.*line 2"),
        ("", "no table"),
        ("[mesages]\nx = 1", r"line 1: mesages: no such table.*messages"),
        ("messages = 3", "messages: must be a table"),
        ('[messages]\nsender = "a"', r"line 1: messages: recipients is missing"),
        ('[messages]\nsendr = "a"', r"line 2: messages\.sendr: no such field.*sender"),
        ("[messages]\n\nsender = 3", r"line 3: messages\.sender: .*write"),
        ('[messages]\nsender = { colum = "a" }', r"line 2: messages\.sender: .*colum"),
        ("[messages]\nsender = {}", "either a column or a value"),
        ('[messages]\nsender = { column = "a", unit = "s" }', "for times only"),
        ('[messages]\nsender = { column = "a", default = "b" }', "values beside"),
        ('[messages]\nsender = { column = "a", separator = "," }', "recipients and media only"),
        ('[messages]\nsent_at = "t"', r"line 2: messages\.sent_at: needs .* unit"),
        ('[messages]\nsent_at = { column = "t", unit = "h" }', "s, ms, us, ns or iso"),
        ('[messages]\nsent_at = { column = "t", unit = "s", zone = "X" }', "no time zone"),
        ("[messages]\nfiles = 3", r"line 2: messages\.files"),
    ],
)
def test_a_wrong_mapping_says_where(mapping: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(mapping, encoding="utf-8")
    with pytest.raises(SettingsError, match=words) as caught:
        load_mapping(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_no_mapping_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be opened"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xff")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_mapping(tmp_path / "latin.toml")


@FORMS
def test_a_column_that_is_not_there(form: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mapping\.toml: messages: .* no column.*it has"):
        read(write(tmp_path, form, ROWS), MAPPING.replace('"body"', '"bodies"'))


def test_a_column_of_the_wrong_type(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "ts": {"x": 1}}]
    with pytest.raises(SettingsError, match=r"messages\.sent_at: the column ts"):
        read(write(tmp_path, "parquet", rows), MAPPING)


def test_neither_form(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with pytest.raises(SettingsError, match="neither"):
        read(tmp_path / "a.txt", MAPPING)
