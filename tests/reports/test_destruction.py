"""Destruction: killed at every moment and gone on with; files, certificate, command."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pypdf import PdfReader
from typer.testing import CliRunner

from fieldfare.cases import OPERATOR, SERVICE, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.errors import Destroyed, WrongState
from fieldfare.cases.vault import Vault
from fieldfare.cli import app
from fieldfare.cli.case import open_store
from fieldfare.reports.destruction import carry_out, certificate, write_certificate
from fieldfare.reports.evidence.signing import is_signed, new_key
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import DAY, MINUTE
from tests.cases.conftest import KEYS, Clock, actor
from tests.reports.material import snapshot

ANA, SUE = actor("ana"), actor("sue", "supervisor")


def agreed(store: CaseStore, clock: Clock, pack: Path | None = None) -> int:
    """A dismissed case of which a pack was made, and that two people agreed to destroy."""
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, case, claimed.version, "no_action", ["nothing_worrying"])
    if pack is not None:
        store.note_export(OPERATOR, case, "police", "0" * 64, pack)
    clock.at += 90 * DAY
    store.propose_destructions(SERVICE)
    [proposal] = store.proposals(SUE)
    store.approve(SUE, proposal.id)
    clock.at += 16 * MINUTE
    return case


def packed(folder: Path) -> Path:
    """A pack of two files."""
    (folder / "files").mkdir(parents=True)
    (folder / "report.json").write_text("a report")
    (folder / "files" / "conversation-1.txt").write_text("a conversation")
    return folder


def test_killed_at_every_moment_it_goes_on_and_says_so_only_at_the_end(tmp_path: Path) -> None:
    first, pack, clock = tmp_path / "first", tmp_path / "pack", Clock()
    settings = StoreSettings(second_review_share=0.0)
    with CaseStore(connect(url_of(first)), clock, Vault(KEYS), settings) as store:
        case = agreed(store, clock, packed(pack))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.reports.dying"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for moment in itertools.count(1):
            folder = tmp_path / f"run{moment}"
            shutil.copytree(first, folder)
            shutil.rmtree(pack, ignore_errors=True)
            packed(pack)
            line = (folder, "destroy", 0, clock.at, moment)
            process.stdin.write("\t".join(map(str, line)) + "\n")
            process.stdin.flush()
            said = process.stdout.readline().strip()
            _whole_after(folder, pack, case, clock)
            if said == "ended 0":
                break
            assert said == "killed"
        process.stdin.close()
    assert moment > 12


def _whole_after(folder: Path, pack: Path, case: int, clock: Clock) -> None:
    with CaseStore(connect(url_of(folder)), clock, Vault(KEYS)) as store:
        [before] = store.destructions(SUE)
        if before.state == "done":
            assert not pack.exists()
        elif before.state != "erased":
            # Not half of it: the case is as it was.
            assert store.get(ANA, case).messages > 0
        carry_out(store, SERVICE)
        [after] = store.destructions(SUE)
        assert after.state == "done" and not pack.exists()
        assert after.manifest["files"][0]["removed"] == 2
        with pytest.raises(Destroyed):
            store.get(ANA, case)
        noted = [each.action for each in store.audit_entries(OPERATOR, case=case)]
        for step in ("begin", "erase", "done"):
            assert noted.count(f"destruction.{step}") == 1
        assert store.verify_audit(OPERATOR).problems == ()


def test_only_what_was_written_is_removed(store: CaseStore, clock: Clock, tmp_path: Path) -> None:
    pack = packed(tmp_path / "pack")
    agreed(store, clock, pack)
    (pack / "report.json").write_text("changed by a person")
    (pack / "own.txt").write_text("a person's")
    [done] = carry_out(store, SERVICE)
    left = sorted(path.name for path in pack.rglob("*"))
    assert left == ["own.txt", "report.json"]
    [files] = done.manifest["files"]
    assert (files["removed"], files["changed"], files["not_found"]) == (1, 1, 0)


def test_a_name_that_leads_out_of_the_folder_is_left_alone(
    store: CaseStore, clock: Clock, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("a conversation")
    pack = packed(tmp_path / "pack")
    agreed(store, clock, pack)
    (pack / "files" / "conversation-1.txt").unlink()
    (pack / "files" / "conversation-1.txt").symlink_to(outside)
    carry_out(store, SERVICE)
    assert outside.exists()


def test_the_certificate_is_signed_and_names_nobody_of_the_case(
    store: CaseStore, clock: Clock, tmp_path: Path
) -> None:
    case = agreed(store, clock)
    [waiting] = store.destructions(SUE)
    with pytest.raises(WrongState, match="not done"):
        certificate(waiting)
    names = [store.summary(OPERATOR, case).account]
    names += [child.account for child in store.get(ANA, case).children]
    [done] = carry_out(store, SERVICE)
    key = tmp_path / "key"
    new_key(key)
    paths = {path.suffix: path for path in write_certificate(done, tmp_path / "out", key)}
    data = paths[".json"].read_bytes()
    public = load_pem_public_key(paths[".pub"].read_bytes())
    assert is_signed(public, paths[".sig"].read_bytes(), data)  # type: ignore[arg-type]
    said = json.loads(data)
    assert said["case"] == f"C-{case}" and said["agreed"]["by"] == "sue"
    assert said["kept"]["reference"] == "2027-03-01"
    assert {each["clock"] for each in said["ground"]} == {"dismissed_content"}
    assert {each["kind"] for each in said["destroyed"]} >= {"messages", "snapshots", "people"}
    text = " ".join(page.extract_text() for page in PdfReader(paths[".pdf"]).pages)
    assert "second person" in text and "until 2027-03-01" in text
    for name in names:
        assert name not in data.decode() and name not in text
    with pytest.raises(InputError, match="exists already"):
        write_certificate(done, tmp_path / "out", key)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """A command on the data of the test."""

    def one(*arguments: str, code: int = 0) -> str:
        where = ["--data", str(tmp_path / "data")]
        found = CliRunner().invoke(app, ["retention", *arguments, *where])
        assert found.exit_code == code, found.output
        return found.output

    return one


def test_the_command_from_due_to_certificate(run: Callable[..., str], tmp_path: Path) -> None:
    past = Clock()
    settings = StoreSettings(second_review_share=0.0)
    engine = connect(url_of(tmp_path / "data"))
    with CaseStore(engine, past, settings=settings) as store:
        case = store.open_case(OPERATOR, snapshot(), "scan")
        claimed = store.claim(ANA)
        assert claimed is not None
        store.decide(ANA, case, claimed.version, "no_action", ["nothing_worrying"])
    (tmp_path / "data" / "retention.toml").write_text("[clocks.dismissed_content]\ndays = 1\n")
    assert "dismissed_content\tcontent\tcase_closed\t1 day\t\toperator" in run("clocks")
    assert run("list").startswith("C-1\tclosed_no_action\tcontent\t2026-03-02\tdue")
    assert "hold 1" in run("hold", "C-1", "--reason", "a court", "--jurisdiction", "GB")
    assert run("list") == ""
    assert "legal hold 1 (GB)" in run("list", "--all")
    assert "proposal 1" in run("release", "1", "--reason", "the court is done")
    with CaseStore(connect(url_of(tmp_path / "data"))) as store:
        store.approve(SUE, 1)
    assert "1 proposed, 0 destroyed" in run("run")
    assert "a second person has to agree" in run("list")
    run("certificate", "C-1", "--out", str(tmp_path / "out"), code=1)
    soon = Clock()
    soon.at = past.at + 3 * DAY
    with open_store(tmp_path / "data", None, None) as store:
        store._clock = soon
        store.approve(SUE, 2)
    said = run("run", "--certificates", str(tmp_path / "out"))
    assert "1 destroyed" in said and "destruction-D-1-C-1.json" in said
    assert "destruction D-1\tcontent\tdone" in run("show", "C-1")
    run("certificate", "C-1", "--out", str(tmp_path / "again"))
    assert len(list((tmp_path / "again").iterdir())) == 2
