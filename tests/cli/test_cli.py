"""The command line: exit codes, one-line errors, nothing heavy before it is needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

MARKER = "the quiet heron sings"
"""Text that occurs in messages of these tests and must never be seen outside the results."""


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldfare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def events(folder: Path, *extra: str) -> Path:
    """A small file of events, with lines of the test's own behind the good ones."""
    lines = [
        json.dumps({"type": "account", "id": "adult", "age": 40, "age_source": "verified"}),
    ]
    for number in range(24):
        lines += [
            json.dumps({"type": "account", "id": f"c{number}", "age": 12}),
            json.dumps(
                {
                    "type": "message",
                    "id": f"m{number}",
                    "sender": "adult",
                    "recipients": [f"c{number}"],
                    "sent_at": 1_767_225_600_000_000 + number * 10**9,
                    "text": MARKER,
                }
            ),
        ]
    path = folder / "events.jsonl"
    path.write_text("\n".join([*lines, *extra]) + "\n")
    return path


def test_done_is_zero_and_the_files_are_there(tmp_path: Path) -> None:
    out, card = tmp_path / "out", ("--scorecard", "judgement")
    done = run("scan", events(tmp_path), "--out", out, "--format", "json", *card)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["rows"] == {"accounts": 25, "messages": 24}
    assert summary["flagged"] == 1
    assert summary["scorecard"].startswith("judgement")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "assessments.jsonl",
        "assessments.parquet",
        "evidence",
        "report.html",
    ]


def test_one_card_is_for_input_with_connections_and_without(tmp_path: Path) -> None:
    known = {"type": "connection", "account": "c0", "peer": "c1", "connected_at": 10**15}
    for extra in ((), (json.dumps(known),)):
        path = events(tmp_path, *extra)
        done = run("scan", path, "--out", tmp_path / "out", "--format", "json")
        assert json.loads(done.stdout)["scorecard"].startswith("simulated")


def test_skipped_input_is_three_and_located(tmp_path: Path) -> None:
    path = events(tmp_path, '{"type": "message", "sender": 5}', "not json at all")
    done = run("scan", path, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "line 50" in done.stdout
    summary = json.loads(run("scan", path, "--out", tmp_path / "out", "--format", "json").stdout)
    assert sum(summary["problems"].values()) == 2
    assert any("line 51" in sample for sample in summary["problem_samples"])
    assert summary["rows"]["messages"] == 24, "the good lines are kept"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl: no such file or folder"),
        (("events.jsonl", "--engine", "abacus"), "no engine 'abacus'"),
        (("events.jsonl", "--memory", "lots"), "--memory lots"),
        (("events.jsonl", "--date-order", "dym"), "--date-order dym"),
        (("events.jsonl", "--time-zone", "Mars/North"), "--time-zone Mars/North"),
        (("events.jsonl", "--as-of", "yesterday"), "--as-of yesterday"),
        (("events.jsonl", "--prior", "2"), "--prior 2.0"),
        (("events.jsonl", "--scorecard", "none.toml"), "none.toml: cannot be read"),
        (("events.jsonl", "--format-in", "fax"), "fax"),
    ],
)
def test_errors_are_one_line_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    events(tmp_path)
    done = run("scan", *arguments, "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.startswith("fieldfare: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_wrong_command_line_is_two() -> None:
    assert run("scan").returncode == 2
    assert run("no-such-command").returncode == 2


def test_text_is_in_no_message_of_the_command(tmp_path: Path) -> None:
    bad = json.dumps({"type": "message", "sender": None, "recipients": "x", "text": MARKER})
    path = events(tmp_path, bad, '{"type": "message", "text": "' + MARKER)
    for form in ("text", "json"):
        done = run("scan", path, "--out", tmp_path / "out", "--format", form)
        assert done.returncode == 3
        assert MARKER not in done.stdout + done.stderr


def test_metadata_only_leaves_no_text_in_any_result(tmp_path: Path) -> None:
    done = run("scan", events(tmp_path), "--out", tmp_path / "out", "--metadata-only")
    assert done.returncode == 0
    for path in (each for each in (tmp_path / "out").rglob("*") if each.is_file()):
        assert MARKER.encode() not in path.read_bytes()


def test_input_of_which_nothing_can_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"type": "message", "sender": []}\n' * 3)
    done = run("scan", "a.jsonl", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "3 × a line that is no record of this form" in done.stderr
    assert "a.jsonl: line 1" in done.stderr


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = events(tmp_path)
    path.write_text(path.read_text().replace('"adult"', r'"ad\u001b[31mu\u202el\nt"'))
    done = run("scan", path, "--out", tmp_path / "out")
    assert r"ad\x1b[31mu\u202el\nt" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_an_ambiguous_date_order_is_asked_for(tmp_path: Path) -> None:
    chat = tmp_path / "WhatsApp Chat with Otto.txt"
    chat.write_text(
        "".join(
            f"0{day}/0{day + 1}/2025, 10:0{day} - {name}: hello\n"
            for day, name in ((1, "Mara"), (2, "Otto"), (3, "Mara"))
        )
    )
    done = run("scan", chat, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "--date-order" in done.stderr
    assert run("scan", chat, "--out", tmp_path / "out", "--date-order", "dmy").returncode in (0, 3)


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['fieldfare', '--help']\n"
        "from fieldfare.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'numpy', 'pyarrow', 'duckdb', 'sqlglot', 'pyspark', 'jinja2'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_the_version_is_printed() -> None:
    assert run("--version").stdout.startswith("fieldfare 0.")


def test_signals_are_described_and_printed_as_sql() -> None:
    assert "children_first_contacted_peak_7d" in run("signals").stdout
    assert "CREATE TABLE signals" in run("signals", "--sql", "trino").stdout
    refused = run("signals", "--sql", "oracle")
    assert refused.returncode == 1
    assert "no SQL dialect 'oracle'" in refused.stderr


def test_the_demo_ends_with_a_report(tmp_path: Path) -> None:
    done = run("demo", "--no-open", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "simulated" in page
    assert f"fieldfare console --data {tmp_path / 'console'}" in done.stdout
    # And it can be signed in to later, by what stands on the first page of its console.
    from starlette.testclient import TestClient

    from fieldfare.cli.console import as_demonstration, open_console
    from fieldfare.console.app import create_console
    from fieldfare.vocabulary import FieldfareError

    folder = tmp_path / "console"
    found = as_demonstration(open_console(folder), folder)
    assert found.past == ((tmp_path / "world").resolve(),)
    client = TestClient(
        create_console(found), base_url="http://console", headers={"sec-fetch-site": "same-origin"}
    )
    page = client.get("/").text
    assert "rosa, reviewer" in page
    form = page.split("Guests of this demonstration", 1)[1].split("</form>", 1)[0]
    fields = dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    assert "Take the next case" in client.post("/sign-in", data=fields).text
    assert as_demonstration(open_console(tmp_path / "other"), tmp_path / "other").guests == ()
    (folder / "demonstration.json").write_text("{")
    with pytest.raises(FieldfareError, match="make the demo again"):
        as_demonstration(found, folder)
