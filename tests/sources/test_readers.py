"""What each of our own forms promises beyond the conformance suite."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.sources import csv_file, lines
from fieldfare.sources.checking import IN_1970
from fieldfare.sources.parquet_file import PlainMessages, is_plain_messages
from fieldfare.sources.place import open_place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import detect, read_paths
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.schemas import MESSAGES

LINE = b'{"type": "message", "id": "%d", "sender": "coach", "recipients": ["mira"], "sent_at": 5}'


def read(path: Path, data: bytes) -> tuple[list[dict[str, Any]], Problems]:
    path.write_bytes(data)
    problems = Problems()
    batches = list(read_paths([path], ReadOptions(), problems))
    return [row for _, batch in batches for row in batch.to_pylist()], problems


def locators(problems: Problems) -> list[str]:
    return [p.locator for some in problems.samples.values() for p in some]


# JSON Lines


def test_line_numbers_survive_blank_lines_bad_lines_and_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [LINE % n if n % 5 else (b"" if n % 2 else b"oops") for n in range(1, 101)]
    rows[0] = LINE % 1
    for size in (10, 100, 1000, 10**6):
        monkeypatch.setattr(lines, "BLOCK_BYTES", size)
        found, problems = read(tmp_path / "a.jsonl", b"\n".join(rows))
        assert [row["origin"]["locator"] for row in found] == [f"line {row['id']}" for row in found]
        assert len(found) == 80
        assert locators(problems) == [f"line {n}" for n in range(10, 101, 10)]


def test_a_line_without_end_does_not_fill_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 64)
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    data = LINE % 1 + b"\n" + b"x" * 5000 + b"\n" + LINE % 3 + b"\n"
    found, problems = read(tmp_path / "a.jsonl", data)
    assert [row["origin"]["locator"] for row in found] == ["line 1", "line 3"]
    assert problems.counts == {lines.TOO_LONG: 1}
    assert locators(problems) == ["line 2"]


def test_a_given_origin_is_kept(tmp_path: Path) -> None:
    origin = b', "origin": {"source": "phone.zip", "locator": "messages[3]"}}'
    [row], _ = read(tmp_path / "a.jsonl", (LINE % 1)[:-1] + origin)
    assert (row["origin"]["source"], row["origin"]["locator"]) == ("phone.zip", "messages[3]")


def test_the_field_that_is_wrong_is_named(tmp_path: Path) -> None:
    data = LINE % 1 + b'\n{"type": "notice", "kind": "our secret", "account": "a"}\n'
    _, problems = read(tmp_path / "a.jsonl", data)
    [what] = problems.counts
    assert "(kind)" in what
    assert "secret" not in what


def test_one_wrong_field_does_not_cost_the_record(tmp_path: Path) -> None:
    data = (
        b'{"type": "account", "id": "a", "age": "twelve", "country": "NL"}\n'
        b'{"type": "account", "id": 7, "age": "12"}\n'
        b'{"type": "message", "sender": 1, "recipients": [7], "sent_at": 5, '
        b'"text": {"our": "secret"}, "media": 3}\n'
        b'{"type": "message", "sender": "a", "recipients": "b", "sent_at": 5}\n'
        b'{"type": "message", "sender": null, "recipients": ["b"], "sent_at": 5}\n'
    )
    found, problems = read(tmp_path / "a.jsonl", data)
    messages = [row for row in found if "sender" in row]
    accounts = [row for row in found if "sender" not in row]
    assert [(row["id"], row["age"], row["country"]) for row in accounts] == [
        ("a", None, "NL"),
        ("7", 12.0, None),
    ]
    assert [(row["sender"], row["recipients"], row["text"], row["media"]) for row in messages] == [
        ("1", ["7"], None, []),
        ("a", ["b"], None, []),
    ]
    left_empty = {what: n for what, n in problems.counts.items() if "left empty" in what}
    assert {what.split()[3] for what in left_empty} == {"age", "text", "media"}
    assert problems.total == 4
    assert not any("secret" in str(p) for some in problems.samples.values() for p in some)


def test_seconds_in_json_lines_are_not_taken_for_microseconds(tmp_path: Path) -> None:
    right = LINE % 1
    data = right + b"\n" + right.replace(b": 5}", b": 1772395200}")
    found, problems = read(tmp_path / "a.jsonl", data)
    assert len(found) == 1
    assert problems.counts == {f"{IN_1970}; the record was left out": 1}
    assert locators(problems) == ["line 2"]


def test_the_basis_of_a_time_is_kept(tmp_path: Path) -> None:
    data = b"\n".join(
        (LINE % 1).replace(b": 5}", b": %s}" % when)
        for when in (b"5", b'"2026-01-01T00:00:00Z"', b'"2026-01-01T00:00:00+08:00"')
    )
    found, _ = read(tmp_path / "a.jsonl", data)
    assert [row["origin"]["tz_basis"] for row in found] == ["utc", "utc", "offset"]
    assert [row["origin"]["raw_time"] for row in found][2] == "2026-01-01T00:00:00+08:00"


def test_a_gzip_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(LINE % n + b"\n" for n in range(40_000)))
    found, problems = read(tmp_path / "a.jsonl.gz", data[: len(data) // 2])
    assert 1000 < len(found) < 40_000
    assert problems.counts[lines.CUT_SHORT] == 1


def test_one_json_document_with_messages_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"messages": [{"type": "message", "id": 1}]}')
    with pytest.raises(InputError):
        detect(open_place(tmp_path / "a.json"))


# CSV


def csv(*rows: bytes) -> bytes:
    return b"\n".join([b"id,sender,recipients,sent_at,text", *rows, b""])


def test_row_numbers_survive_bad_rows_and_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = {5, 6, 77, 200}
    rows = [b"x,y" if n in bad else b'%d,coach,mira,%d,"a\nb"' % (n, n) for n in range(2, 201)]
    for size in (100, 1000, 10**6):
        monkeypatch.setattr(csv_file, "BLOCK_BYTES", size)
        found, problems = read(tmp_path / "a.csv", csv(*rows))
        assert [row["origin"]["locator"] for row in found] == [f"row {row['id']}" for row in found]
        assert len(found) == 199 - len(bad)
        assert locators(problems) == [f"row {n}" for n in sorted(bad)]


def test_an_open_quotation_mark_is_noted(tmp_path: Path) -> None:
    found, problems = read(tmp_path / "a.csv", csv(b'1,a,b,1,"hello', b"2,a,b,2,x", b"3,a,b,3,x"))
    assert len(found) < 3
    assert problems.counts[csv_file.OPEN_QUOTE] == 1


def test_a_quotation_mark_open_beyond_a_block_ends_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 200)
    rows = [b"%d,a,b,1,x" % n for n in range(2, 60)]
    found, problems = read(tmp_path / "a.csv", csv(*rows, b'60,a,b,1,"', *rows))
    assert len(found) >= 40
    assert problems.counts[csv_file.BROKEN] == 1


def test_a_missing_last_line_end_is_noted(tmp_path: Path) -> None:
    found, problems = read(tmp_path / "a.csv", csv(b"1,a,b,1,hello")[:-3])
    assert len(found) == 1
    assert problems.counts == {lines.NO_LINE_END: 1}


def test_damaged_bytes_drop_a_name_and_keep_a_text(tmp_path: Path) -> None:
    data = csv(b"1,c\xf6ach,mira,1,hi", b"2,coach,mira,2,h\xf6", b"3,co\xf6,x", b"4,a,b,4,ok")
    found, problems = read(tmp_path / "a.csv", data)
    assert [(row["id"], row["text"]) for row in found] == [("2", "h\ufffd"), ("4", "ok")]
    assert sorted(locators(problems)) == ["row 2", "row 3", "row 4"]


def test_lists_media_and_flags(tmp_path: Path) -> None:
    data = (
        b"sender,recipients,sent_at,media,encrypted,kind\n"
        b"a,b; c|a|b,1,photo|video=sha256:00,YES,group\n"
        b"a,b,2,,0,\n"
        b"a,b,3,ghost,,\n"
    )
    found, problems = read(tmp_path / "a.csv", data)
    assert [row["recipients"] for row in found] == [["b", "c"], ["b"], ["b"]]
    assert found[0]["media"] == [
        {"kind": "photo", "hash": None},
        {"kind": "video", "hash": "sha256:00"},
    ]
    assert found[2]["media"] == []
    assert [row["encrypted"] for row in found] == [True, False, False]
    assert [row["kind"] for row in found] == ["group", "private", "private"]
    assert locators(problems) == ["row 4"]


@pytest.mark.parametrize(
    ("header", "table"),
    [
        (b"id,age", "accounts"),
        (b"account,peer,connected_at", "connections"),
        (b"account,peer,at,kind", "notices"),
    ],
)
def test_the_other_tables(header: bytes, table: str, tmp_path: Path) -> None:
    values = {"id": "a", "age": "9", "account": "a", "peer": "b", "kind": "block"}
    row = ",".join(values.get(name, "5") for name in header.decode().split(","))
    (tmp_path / "a.csv").write_bytes(header + b"\n" + row.encode() + b"\n")
    [(found, batch)] = read_paths([tmp_path / "a.csv"], ReadOptions(), Problems())
    assert (found, batch.num_rows) == (table, 1)


def test_a_file_that_only_has_ids_is_not_a_file_of_accounts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,price\n1,2\n")
    with pytest.raises(InputError):
        detect(open_place(tmp_path / "a.csv"))


def test_a_column_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sender occurs twice"):
        read(tmp_path / "a.csv", b"sender,sender,recipients,sent_at\na,a,b,1\n")


# Parquet


def parquet(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


PLAIN: dict[str, Any] = {"sender": ["a"], "recipients": [["b"]], "sent_at": [1]}


def test_plain_messages(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", PLAIN)
    assert is_plain_messages(open_place(path)) == PlainMessages(1, frozenset(PLAIN), 1)
    full = tmp_path / "full.parquet"
    pq.write_table(MESSAGES.empty_table(), full)
    plain = is_plain_messages(open_place(full))
    assert plain is not None
    assert plain.has_text
    assert plain.has_media
    coded = {**PLAIN, "sender": pa.array(["a"]).dictionary_encode(), "foreign": [1]}
    assert is_plain_messages(open_place(parquet(path, coded))) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"sender": [1]},
        {"sent_at": ["2026-01-01T00:00:00Z"]},
        {"sent_at": pa.array([1], pa.timestamp("us", "UTC"))},
        {"recipients": ["b"]},
        {"media": [["photo"]]},
        {"encrypted": ["no"]},
    ],
)
def test_not_plain_but_read(change: dict[str, Any], tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", PLAIN | change)
    assert is_plain_messages(open_place(path)) is None
    assert sum(b.num_rows for _, b in read_paths([path], ReadOptions(), Problems())) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"sender": [["a"]]},
        {"sender": [{"x": 1}]},
        {"recipients": [{"x": 1}]},
        {"sent_at": pa.array([1], pa.timestamp("us"))},
        {"sent_at": [[1]]},
        {"text": [{"x": 1}]},
        {"origin": ["here"]},
        {"encrypted": [[True]]},
        {"media": [[1.5]]},
    ],
)
def test_a_wrong_type_is_one_clear_error(change: dict[str, Any], tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", PLAIN | change)
    [name] = change
    if name == "media":
        # Numbers can be words, but not words of ours: that value is at fault, not the type.
        problems = Problems()
        [(_, batch)] = read_paths([path], ReadOptions(), problems)
        assert batch.column("media").to_pylist() == [[]]
        assert problems.total == 1
        return
    with pytest.raises(InputError, match=f"column {name} is"):
        list(read_paths([path], ReadOptions(), Problems()))


def test_parts_of_an_origin_are_kept_and_the_others_filled(tmp_path: Path) -> None:
    rows = {"sender": ["a", "b"], "recipients": [["b"], ["a"]], "sent_at": [1, 2]}
    path = parquet(
        tmp_path / "a.parquet", {**rows, "origin": [{"source": "phone", "locator": "3"}, None]}
    )
    [(_, batch)] = read_paths([path], ReadOptions(), Problems())
    first, second = batch.column("origin").to_pylist()
    assert (first["source"], first["locator"], first["member"]) == ("phone", "3", "")
    assert (second["source"], second["locator"]) == (str(path), "row 2")


def test_a_damaged_row_group_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = {
        "sender": [f"s{n}" for n in range(30)],
        "recipients": [["b"]] * 30,
        "sent_at": list(range(30)),
    }
    pq.write_table(
        pa.table(rows), path, row_group_size=10, compression="snappy", use_dictionary=False
    )
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 60] = b"\xff" * 60
    found, problems = read(path, bytes(data))
    assert [row["sent_at"] for row in found] == [*range(10), *range(20, 30)]
    assert [row["origin"]["locator"] for row in found][-1] == "row 30"
    assert problems.total == 10


# Edge lists


def test_an_edge_to_itself_has_no_recipient(tmp_path: Path) -> None:
    found, problems = read(tmp_path / "a.txt", b"# a b 5\n7 7 5\n8\t9 6\n\n")
    assert [(row["sender"], row["recipients"]) for row in found] == [("7", []), ("8", ["9"])]
    assert [row["sent_at"] for row in found] == [5_000_000, 6_000_000]
    assert [row["origin"]["locator"] for row in found] == ["line 2", "line 3"]
    assert problems.total == 0


def test_prose_is_no_edge_list(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"how old are you\nyou owe me 20\nare your parents home\n")
    with pytest.raises(InputError):
        detect(open_place(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    "change",
    [
        {"sender": [None]},
        {"sent_at": [None]},
        {"sent_at": [10**18]},
        {"recipients": [["b", None]]},
        {"kind": ["shout"]},
    ],
)
def test_a_value_that_read_would_refuse_is_not_handed_over(
    tmp_path: Path, change: dict[str, object]
) -> None:
    types = {"sender": pa.string(), "sent_at": pa.int64(), "kind": pa.string()}
    columns = {
        name: pa.array(values, types[name]) if name in types else values
        for name, values in {**PLAIN, **change}.items()
    }
    assert is_plain_messages(open_place(parquet(tmp_path / "a.parquet", columns))) is None
