"""What a scan does not count, it says: announcements, and what was given twice and differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.contacts import contradictions
from fieldfare.scan.run import ScanResult, scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.vocabulary.schemas import MESSAGES

AT = 1_772_395_200_000_000


def _message(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"m{number}",
        "conversation": "c",
        "sender": "ann",
        "recipients": ["ben"],
        "sent_at": AT + number,
        **more,
    }


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"type": name, **row}) + "\n" for row in rows))
    return path


def _plain_parquet(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A file that the engine reads where it is."""
    schema = pa.schema(
        [MESSAGES.field(n) for n in ("id", "conversation", "sender", "recipients", "sent_at")]
    )
    path = folder / "messages.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def _to(count: int) -> list[str]:
    return [f"member{n}" for n in range(count)]


ANNOUNCED = [
    _message(1, kind="group", recipients=_to(256)),
    _message(2, kind="group", recipients=_to(257)),
    _message(3, kind="group", recipients=_to(300)),
    _message(4),
]


@pytest.mark.parametrize("write", [lambda f, rows: _write(f, "message", rows), _plain_parquet])
def test_announcements_are_counted_and_no_contact(tmp_path: Path, write: Any) -> None:
    result = scan([write(tmp_path, ANNOUNCED)], ScanSettings())
    assert result.gathered.announcements == 2
    assert result.gathered.problems.total == 0


def test_a_file_of_many_small_groups_has_no_announcements(tmp_path: Path) -> None:
    rows = [_message(n, recipients=_to(3)) for n in range(500)]
    result = scan([_plain_parquet(tmp_path, rows)], ScanSettings())
    assert (result.gathered.announcements, result.gathered.announced()) == (0, [])


def test_announcements_are_said_in_the_summary_and_the_report(tmp_path: Path) -> None:
    path = _write(tmp_path, "message", ANNOUNCED)
    run = CliRunner().invoke(app, ["scan", str(path), "--out", str(tmp_path / "out")])
    said = "2 messages were sent to more than 256 recipients"
    assert run.exit_code == 0
    assert said in " ".join(run.output.split())
    assert said in (tmp_path / "out" / "report.html").read_text()
    run = CliRunner().invoke(
        app, ["scan", str(path), "--out", str(tmp_path / "out"), "--format", "json"]
    )
    assert json.loads(run.output)["announcements"] == 2


def test_why_there_is_nobody_to_assess_is_said_as_it_is(tmp_path: Path) -> None:
    child = {"type": "account", "id": "ben", "age": 12}
    block = {"type": "notice", "id": "n", "kind": "block", "account": "ben", "peer": "x", "at": AT}
    for folder, rows, said in (
        ("no-messages", [child, block], "no message was read"),
        ("adults", [{"type": "message", **_message(1)}], "no age given or stated makes"),
    ):
        path = tmp_path / f"{folder}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        run = CliRunner().invoke(app, ["scan", str(path), "--out", str(tmp_path / folder)])
        assert said in " ".join(run.output.split())
    assert "Read 1 message from" in run.output


def _noted(result: ScanResult, what: str) -> tuple[int, list[str]]:
    problems = result.gathered.problems
    return problems.counts[what], [each.where for each in problems.samples.get(what, [])]


@pytest.mark.parametrize("other", [{"sender": "cat"}, {"text": "see you at the match"}])
def test_one_id_on_two_messages_is_counted_and_located(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    rows = [_message(1, text="hello"), _message(1, **{"text": "hello", **other}), _message(2)]
    path = _write(tmp_path, "message", rows)
    count, where = _noted(scan([path], ScanSettings()), contradictions.MESSAGES)
    assert (count, where) == (1, [f"{path}: message m1"])


def test_a_message_delivered_again_is_no_contradiction(tmp_path: Path) -> None:
    rows = [
        _message(1, text="hello"),
        _message(1, text="hello", sent_at=AT + 5),
        _message(1),
        _message(1, sender="ann", recipients=["cat"], text="another"),
    ]
    result = scan([_write(tmp_path, "message", rows)], ScanSettings())
    assert result.gathered.problems.total == 0


def test_many_contradictions_are_counted_and_the_first_located(tmp_path: Path) -> None:
    rows = [_message(n, sender=sender) for n in range(50) for sender in ("ann", "cat")]
    result = scan([_write(tmp_path, "message", rows)], ScanSettings())
    count, where = _noted(result, contradictions.MESSAGES)
    assert count == 50
    assert len(where) == contradictions.SAMPLES


@pytest.mark.parametrize(
    "again", [{"age": 41}, {"age": 12, "country": "PH"}, {"age": 12, "created_at": AT + 1}]
)
def test_an_account_given_twice_that_differs_is_noted(
    tmp_path: Path, again: dict[str, Any]
) -> None:
    first = {"id": "ben", "age": 12, "country": "LK", "created_at": AT}
    _write(tmp_path / "in", "account", [first, {"id": "ben", **again}, {"id": "ann", "age": 30}])
    _write(tmp_path / "in", "message", [_message(1)])
    count, where = _noted(scan([tmp_path / "in"], ScanSettings()), contradictions.ACCOUNTS)
    assert (count, where) == (1, ["account ben"])


def test_an_account_given_twice_alike_or_in_parts_is_not_noted(tmp_path: Path) -> None:
    ben: dict[str, Any] = {"id": "ben", "age": 12}
    rows = [ben, {"id": "ben", "country": "LK"}, ben]
    _write(tmp_path / "in", "account", rows)
    _write(tmp_path / "in", "message", [_message(1)])
    assert scan([tmp_path / "in"], ScanSettings()).gathered.problems.total == 0
