"""An evidence bag: whole, readable by others' tools, and telling of every change."""

from __future__ import annotations

import csv
import email
import io
import json
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import Vault
from fieldfare.reports.case_file import CaseFile, open_case_file
from fieldfare.reports.evidence import BagOptions, make_bag
from fieldfare.reports.evidence.bag import BagWriter
from fieldfare.reports.evidence.signing import new_key
from fieldfare.reports.evidence.verifying import verify
from fieldfare.vocabulary import InputError
from tests.cases.conftest import KEYS, Clock
from tests.reports.conftest import decided
from tests.reports.material import SCRIPTS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed bag; not to be changed."""
    folder = tmp_path_factory.mktemp("bag")
    clock = Clock()
    engine = connect(url_of(folder / "data"))
    new_key(folder / "key")
    with CaseStore(engine, clock, Vault(KEYS), StoreSettings(second_review_share=0.0)) as store:
        case = decided(store, clock)
        make_bag(
            open_case_file(store, OPERATOR, case, "for the court"),
            folder / "bag",
            BagOptions(key=folder / "key", organisation="Example Service"),
        )
    return folder / "bag"


@pytest.fixture
def bag(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "bag"))


def test_it_is_whole_and_says_what_is_and_is_not_proved(made: Path) -> None:
    found = verify(made)
    assert found.problems == []
    assert any("36 messages with 9 probable children" in fact for fact in found.facts)
    assert any("No file was changed" in each for each in found.proved)
    assert any("audit entries" in each for each in found.proved)
    assert any("Whose key" in each for each in found.not_proved)
    assert any("no timestamp" in each for each in found.not_proved)
    assert any("Who used the accounts" in each for each in found.not_proved)


def test_the_key_that_was_given_proves_who_signed_it(made: Path, tmp_path: Path) -> None:
    public = made.parent / "key.pub"
    assert any("key you gave" in each for each in verify(made, public_key=public).proved)
    new_key(tmp_path / "other")
    [problem] = verify(made, public_key=tmp_path / "other.pub").problems
    assert "another key" in problem


def test_the_library_of_the_format_finds_it_valid(made: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bag = bagit.Bag(str(made))
        assert bag.validate()
        assert bag.info["External-Identifier"] == "C-1"
        assert bag.info["Source-Organization"] == "Example Service"
        assert bag.info["Fieldfare-Draft"] == "no"


def test_openssl_finds_the_signature_right(made: Path) -> None:
    name = "tagmanifest-sha256.txt"
    key, over = ["-inkey", f"{name}.pub"], ["-in", name, "-sigfile", f"{name}.sig"]
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", *key, "-rawin", *over],
        cwd=made,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_json_csv_and_rsmf_hold_the_same_messages(made: Path) -> None:
    data = made / "data"
    lines = (data / "transcript/messages.jsonl").read_text("utf-8").splitlines()
    messages = [json.loads(line) for line in lines]
    assert len(messages) == 4 * len(SCRIPTS)
    assert messages[0]["sent_at_utc"] == "2026-02-09T12:00:00Z"
    assert messages[0]["source"]["record"] == "messages[0]"
    text = (data / "transcript/messages.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["text"] for row in rows] == [each["text"] or "" for each in messages]
    assert [row["sent_at_utc"] for row in rows] == [each["sent_at_utc"] for each in messages]
    bodies = []
    for path in sorted((data / "rsmf").iterdir()):
        message = email.message_from_bytes(path.read_bytes())
        _, attachment = [part for part in message.walk() if not part.is_multipart()]
        assert attachment.get_filename() == "rsmf.zip"
        content = attachment.get_payload(decode=True)
        assert isinstance(content, bytes)
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            manifest = json.loads(packed.read("rsmf_manifest.json"))
        assert int(message["X-RSMF-EventCount"]) == len(manifest["events"])
        bodies += [event["body"] for event in manifest["events"]]
    assert bodies == [each["text"] or "" for each in messages]


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    from fieldfare.reports.evidence.transcript import plain

    assert [plain(each) for each in ("=1+1", "+1", "-1", "@a", "hello", "")] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@a",
        "hello",
        "",
    ]


def test_case_validate_accepts_the_graph(made: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from case_utils.case_validate import validate

        result = validate(str(made / "data/case-uco.jsonld"), inference="none")
    assert result.conforms, result.text
    graph = json.loads((made / "data/case-uco.jsonld").read_text("utf-8"))["@graph"]
    kinds = [node["@type"] for node in graph]
    assert kinds.count("uco-observable:Message") == 36
    assert kinds.count("uco-observable:MessageThread") == 9
    assert kinds.count("uco-observable:ApplicationAccount") == 10
    assert kinds.count("case-investigation:InvestigativeAction") == 3
    assert "case-investigation:ProvenanceRecord" in kinds


FILES = st.integers(0, 10**9)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(which=FILES, where=FILES, bit=st.integers(0, 7))
def test_any_flipped_bit_is_found_and_its_file_named(
    made: Path, which: int, where: int, bit: int
) -> None:
    files = sorted(path for path in made.rglob("*") if path.is_file())
    path = files[which % len(files)]
    before = path.read_bytes()
    changed = bytearray(before)
    changed[where % len(before)] ^= 1 << bit
    try:
        path.write_bytes(changed)
        problems = verify(made).problems
    finally:
        path.write_bytes(before)
    # A hash in a manifest may be what changed: then the file it is of is named beside it.
    assert problems
    name = path.relative_to(made).as_posix()
    manifests = ("manifest-sha256.txt", "tagmanifest-sha256.txt", "seals-sha256.txt")
    assert name in manifests or any(problem.startswith(name) for problem in problems)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(which=FILES)
def test_any_missing_file_is_named(made: Path, which: int) -> None:
    files = sorted(path for path in made.rglob("*") if path.is_file())
    path = files[which % len(files)]
    before = path.read_bytes()
    try:
        path.unlink()
        problems = verify(made).problems
    finally:
        path.write_bytes(before)
    name = path.relative_to(made).as_posix()
    optional = ("seals-sha256.txt",)
    assert any(name in problem for problem in problems) or (name in optional and problems)


@pytest.mark.parametrize("name", ["data/more.txt", "data/rsmf/x.rsmf", "note.txt", ".hidden"])
def test_an_added_file_is_named(bag: Path, name: str) -> None:
    (bag / name).write_text("x")
    assert verify(bag).problems == [f"{name}: does not belong to the bag; it was added"]


def _forged(bag: Path, change: Callable[[list[str]], None]) -> list[str]:
    """The trail changed, and every manifest made again to fit: what somebody would do who wants the
    change not to show. The signature cannot be made again, and is taken away."""
    path = bag / "data/custody/trail.jsonl"
    lines = path.read_text("utf-8").splitlines()
    change(lines)
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    for each in bag.glob("*sha256.txt*"):
        each.unlink()
    for name in ("bagit.txt", "bag-info.txt"):
        (bag / name).unlink()
    writer = BagWriter(bag.with_name("forged"))
    for each in sorted((bag / "data").rglob("*")):
        if each.is_file():
            writer.add(each.relative_to(bag / "data").as_posix(), each.read_bytes())
    trail = json.loads((bag / "data/case.json").read_text("utf-8"))["trail_end"]
    writer.finish({"Fieldfare-Trail-End": trail})
    writer.appear()
    return verify(writer.folder).problems


def test_reordered_audit_entries_are_named(bag: Path) -> None:
    def swap(lines: list[str]) -> None:
        lines[2], lines[3] = lines[3], lines[2]

    assert any("line 4" in each and "reordered" in each for each in _forged(bag, swap))


def test_an_edited_audit_entry_is_named(bag: Path) -> None:
    def edit(lines: list[str]) -> None:
        lines[2] = lines[2].replace('"user":"ana"', '"user":"ben"')

    assert any("line 3" in each and "was edited" in each for each in _forged(bag, edit))


@pytest.mark.parametrize("which", [0, 2, -1])
def test_a_missing_audit_entry_is_found(bag: Path, which: int) -> None:
    problems = _forged(bag, lambda lines: lines.__delitem__(which))
    assert any("custody/trail.jsonl" in each for each in problems)


def test_an_unchanged_trail_is_not_accused(bag: Path) -> None:
    assert _forged(bag, lambda _: None) == []


@pytest.mark.parametrize(
    "name", ["data/../../etc/passwd", "/etc/passwd", "data/a\\b", "../x", "data/ x", "other/x"]
)
def test_a_name_that_leads_out_of_the_bag_is_refused(bag: Path, name: str) -> None:
    manifest = bag / "manifest-sha256.txt"
    manifest.write_text(manifest.read_text() + f"{'0' * 64}  {name}\n")
    problems = verify(bag).problems
    assert any("leads elsewhere" in each or "not a hash" in each for each in problems)


def test_a_link_is_not_followed(bag: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    (bag / "data/report.pdf").unlink()
    (bag / "data/report.pdf").symlink_to(secret)
    assert any("is a link" in each for each in verify(bag).problems)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "a\\b", "", ".x", "a//b", "ä"])
def test_the_writer_takes_only_safe_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="safe name"):
        BagWriter(tmp_path / "bag").add(name, b"")


def test_a_bag_is_complete_or_not_there(case_file: CaseFile, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(Exception, match="not a private key"):
        make_bag(case_file, tmp_path / "bag", BagOptions(key=tmp_path / "key"))
    assert not list(tmp_path.glob("bag*"))
    make_bag(case_file, tmp_path / "bag")
    with pytest.raises(InputError, match="exists already"):
        make_bag(case_file, tmp_path / "bag")
    assert not (tmp_path / "bag.part").exists()


def test_the_same_case_file_makes_the_same_bag(case_file: CaseFile, tmp_path: Path) -> None:
    one, two = make_bag(case_file, tmp_path / "one"), make_bag(case_file, tmp_path / "two")
    assert one.sha256 == two.sha256


def test_only_its_owner_can_read_it(case_file: CaseFile, tmp_path: Path) -> None:
    folder = make_bag(case_file, tmp_path / "bag").path
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))


def test_a_draft_says_so_everywhere(store: CaseStore, tmp_path: Path) -> None:
    from pypdf import PdfReader

    from tests.reports.material import snapshot

    case = store.open_case(OPERATOR, snapshot(scripts=False), "scan")
    make_bag(open_case_file(store, OPERATOR, case, "test", draft=True), tmp_path / "bag")
    assert "Fieldfare-Draft: yes" in (tmp_path / "bag/bag-info.txt").read_text()
    assert "DRAFT" in (tmp_path / "bag/data/README.txt").read_text()
    for name in ("report.pdf", "transcript/transcript-001.pdf"):
        for page in PdfReader(tmp_path / "bag/data" / name).pages:
            assert "DRAFT" in page.extract_text()
    assert any("draft" in fact for fact in verify(tmp_path / "bag").facts)
