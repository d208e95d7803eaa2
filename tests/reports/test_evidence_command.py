"""The command that people use: make, verify, redact, open, key; exit codes and words."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest
from typer.testing import CliRunner, Result

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cli import app
from tests.reports.material import snapshot


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one open case that nobody has decided."""
    folder = tmp_path / "data"
    with CaseStore(connect(url_of(folder))) as store:
        store.open_case(OPERATOR, snapshot(), "scan")
    return folder


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evidence", *map(str, arguments)])


def test_from_a_case_to_a_bag_that_others_check(data: Path, tmp_path: Path) -> None:
    bag, key = tmp_path / "bag", tmp_path / "key"
    assert "Fingerprint" in _run("key", "--out", key).output
    made = ("make", "C-1", "--out", bag, "--data", data, "--key", key)
    refused = _run(*made)
    assert refused.exit_code == 1 and "two people" in str(refused.exception)
    assert not bag.exists()
    done = _run(*made, "--draft", "--purpose", "a request")
    assert done.exit_code == 0, done.output
    assert "A draft" in done.output and "36 messages" in done.output

    public = tmp_path / "key.pub"
    checked = _run("verify", bag, "--key", public)
    assert checked.exit_code == 0, checked.output
    for said in ("Proved:", "Not proved:", "key you gave", "A draft", "Case C-1: 36 messages"):
        assert said in checked.output

    copy = tmp_path / "copy"
    hidden = _run("redact", bag, "--out", copy)
    assert hidden.exit_code == 0 and "9 media taken out" in hidden.output
    assert _run("verify", copy).exit_code == 0

    (bag / "data/report.pdf").write_bytes(b"another")
    broken = _run("verify", bag)
    assert broken.exit_code == 1
    assert "data/report.pdf: was changed" in broken.output


def test_the_audit_says_what_was_taken_and_which_bag_was_made(data: Path, tmp_path: Path) -> None:
    done = _run("make", "C-1", "--draft", "--out", tmp_path / "bag", "--data", data)
    sha256 = done.output.split("tag manifest: ")[1].split()[0]
    with CaseStore(connect(url_of(data))) as store:
        taken, made = store.audit_entries(OPERATOR, case=1)[-2:]
        assert store.verify_audit(OPERATOR).problems == ()
    assert (taken.action, taken.detail["authority"]) == ("case.export", None)
    assert (made.action, made.detail) == ("case.exported", {"kind": "bag", "sha256": sha256})


def test_a_sealed_bag_is_opened_by_its_recipient(data: Path, tmp_path: Path) -> None:
    mine = pyrage.x25519.Identity.generate()
    (tmp_path / "mine").write_text(f"{mine}\n")
    made = _run(
        "make", "C-1", "--draft", "--out", tmp_path / "bag", "--data", data,
        "--recipient", mine.to_public(),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    sealed = tmp_path / "bag.tar.age"
    opened = _run("open", sealed, "--identity", tmp_path / "mine", "--out", tmp_path / "out")
    assert opened.exit_code == 0
    assert _run("verify", tmp_path / "out/bag").exit_code == 0
