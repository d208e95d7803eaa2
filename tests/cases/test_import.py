"""From a scan to cases, users and the audit, at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldfare.cases import CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cli import app
from fieldfare.scan.evidence_folder import read
from fieldfare.scan.snapshot import SeenMedia, Snapshot, decode, encode
from fieldfare.vocabulary import InputError
from tests.cases.conftest import actor
from tests.cases.snapshots import snapshot
from tests.cli.test_cli import MARKER, events

RUNNER = CliRunner()


def run(*arguments: str | Path, typed: str | None = None) -> str:
    done = RUNNER.invoke(app, [str(each) for each in arguments], input=typed)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a scan that flags one account, of 24 children."""
    folder = tmp_path_factory.mktemp("scan")
    answer = {
        "type": "message",
        "id": "a1",
        "sender": "c1",
        "recipients": ["adult"],
        "sent_at": 1_767_225_600_000_000 + 10**9 + 1,
        "text": "are your parents home",
    }
    asked = {**answer, "id": "q1", "sender": "adult", "recipients": ["c1"]}
    asked["media"] = [{"kind": "photo", "hash": f"sha256:{'ab' * 32}"}, {"kind": "call"}]
    blocked = {"type": "notice", "kind": "block", "account": "c2", "peer": "adult"}
    path = events(
        folder,
        json.dumps(answer),
        json.dumps({**asked, "sent_at": asked["sent_at"] + 1}),  # type: ignore[operator]
        json.dumps({**blocked, "at": 1_767_225_600_000_000 + 30 * 10**9}),
    )
    for name, options in (("out", ()), ("bare", ("--metadata-only",))):
        run("scan", path, "--out", folder / name, "--prior", "0.2", "--engine", "duckdb", *options)
    return folder


def _only(folder: Path) -> Snapshot:
    [(_, found)] = read(folder)
    return found


def test_a_scan_keeps_what_a_case_needs(scanned: Path) -> None:
    kept = _only(scanned / "out")
    assert kept.account == "adult" and kept.flagged and len(kept.children) == 24
    assert len(kept.messages) == 26 and kept.messages_left_out == 0
    assert [m.sent_at for m in kept.messages] == sorted(m.sent_at for m in kept.messages)
    answer = next(m for m in kept.messages if not m.from_account)
    assert (answer.id, answer.child) == ("a1", "c1")
    asked = next(m for m in kept.messages if m.id == "q1")
    span = next(s for s in asked.spans if s.indicator == "parents_absent")
    assert asked.text is not None and "parents home" in asked.text[span.start : span.end]
    assert [(n.kind, n.by) for n in kept.notices] == [("block", "c2")]
    assert "events.jsonl" in asked.origin
    assert asked.media == (SeenMedia("call"), SeenMedia("photo", f"sha256:{'ab' * 32}"))
    assert all(each.media == () for each in kept.messages if each.id != "q1")


def test_a_scan_of_metadata_keeps_no_text(scanned: Path) -> None:
    kept = _only(scanned / "bare")
    assert {m.text for m in kept.messages} == {None}
    files = list((scanned / "bare" / "evidence").iterdir())
    assert MARKER.encode() not in b"".join(path.read_bytes() for path in files)


def test_others_cannot_read_the_evidence(scanned: Path) -> None:
    folder = scanned / "out" / "evidence"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_cases_are_imported_once_listed_and_shown(scanned: Path, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    assert "1 cases opened" in run("case", "import", scanned / "out", *data)
    assert "0 cases opened, 1 open ones" in run("case", "import", scanned / "out", *data)
    listed = run("case", "list", *data)
    assert listed.startswith("C-1\tnew\t") and "adult" in listed
    shown = run("case", "show", "C-1", *data)
    assert json.loads(shown)["children"] == 24
    assert MARKER not in listed + shown
    store = CaseStore(connect(url_of(tmp_path / "data")))
    ana = actor("ana")
    texts = store.reveal(ana, 1, [m.id for m in store.conversation(ana, 1)])
    assert MARKER in texts.values()


def test_users_are_made_at_the_command_line(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    added = run("user", "add", "ana", "--role", "reviewer", *data, typed="correct horse battery\n")
    assert "otpauth://totp/" in added and "correct horse" not in added
    assert run("user", "list", *data) == "ana\treviewer\tactive\tpassword and code\n"
    run("user", "roles", "ana", "--role", "auditor", *data)
    run("user", "disable", "ana", *data)
    assert "auditor\tdisabled" in run("user", "list", *data)
    run("user", "reset", "ana", *data, typed="another long password\n")
    assert "auditor\tactive" in run("user", "list", *data)


def test_the_audit_is_verified_anchored_and_exported(scanned: Path, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    run("case", "import", scanned / "out", *data)
    anchor = tmp_path / "anchor"
    assert "1 entries, whole" in run("audit", "verify", "--anchor", anchor, *data)
    run("audit", "export", "--out", tmp_path / "audit.jsonl", *data)
    assert len((tmp_path / "audit.jsonl").read_text().splitlines()) == 2
    run("audit", "verify", "--anchor", anchor, *data)
    anchor.write_text(anchor.read_text().replace("1 ", "1 f", 1))
    broken = RUNNER.invoke(app, [str(e) for e in ("audit", "verify", "--anchor", anchor, *data)])
    assert broken.exit_code == 1


def test_a_snapshot_survives_its_file_and_others_are_refused(tmp_path: Path) -> None:
    made = snapshot(asked=("pressure",))
    assert decode(encode(made), "x") == made
    for data in (b"{}", b"not json", encode(made).replace(b"evidence-1", b"evidence-9")):
        with pytest.raises(InputError) as refused:
            decode(data, tmp_path / "00001.json")
        assert "parents home" not in str(refused.value)
    with pytest.raises(InputError, match="no evidence/"):
        list(read(tmp_path))
