"""A redacted copy: no child's name in any byte of it, and a log of where something was."""

from __future__ import annotations

import email
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.reports.case_file import FiledChild, open_case_file
from fieldfare.reports.evidence import make_bag
from fieldfare.reports.evidence.bag import TAG_MANIFEST, sha256_of
from fieldfare.reports.evidence.hiding import Hider, moved, replacement
from fieldfare.reports.evidence.redacting import redact
from fieldfare.reports.evidence.verifying import verify
from fieldfare.scan.snapshot import SeenMessage, Snapshot, Span
from fieldfare.vocabulary import InputError
from tests.reports.material import NAMES, SCRIPTS, snapshot

WORDS = sorted({*SCRIPTS, *NAMES.values(), *(p for n in NAMES.values() for p in n.split())})


def _said() -> Snapshot:
    """A case in whose texts children are named, by their names and otherwise."""
    found = snapshot()
    more = [
        SeenMessage("x1", "mara", False, found.as_of, "I am Mara, from Hilltop School"),
        SeenMessage("x2", "mara", True, found.as_of, "MARA! write to mara@example.org"),
        SeenMessage("x3", "nok", False, found.as_of, "ฉันชื่อนก call +1 555 010 0199"),
    ]
    return replace(found, messages=(*found.messages, *more))


@pytest.fixture
def bag(store: CaseStore, tmp_path: Path) -> Path:
    """A bag of it."""
    case = store.open_case(OPERATOR, _said(), "scan")
    file = open_case_file(store, OPERATOR, case, "about mara", draft=True)
    return make_bag(file, tmp_path / "bag").path


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that can be read in a bag, unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf":
            reader = PdfReader(path)
            yield path.name, "\n".join(page.extract_text() for page in reader.pages)
            yield path.name, str(reader.metadata)
        elif path.suffix == ".rsmf":
            parts = list(email.message_from_bytes(path.read_bytes()).walk())
            packed = parts[-1].get_payload(decode=True)
            assert isinstance(packed, bytes)
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                yield path.name, archive.read("rsmf_manifest.json").decode()
        elif path.is_file():
            yield path.name, path.read_text("utf-8")


def test_no_child_s_name_is_left_anywhere(bag: Path, tmp_path: Path) -> None:
    done = redact(bag, tmp_path / "copy", also=["Hilltop School"])
    copy = done.made.path
    finder = Hider(_children())
    for name, text in _texts(copy):
        _, hidden = finder.hide(text, contacts=False)
        assert hidden == [], f"{name} names {[text[h.start : h.end] for h in hidden]}"
        for left in ("นก", "Imaginary", "@example.org", "555 010", "Hilltop", "sha256:0101"):
            assert left not in text, f"{name} holds {left}"
    assert (done.replaced > len(SCRIPTS), done.media) == (True, len(SCRIPTS))


def test_it_is_a_bag_that_verifies_and_names_the_original(bag: Path, tmp_path: Path) -> None:
    copy = redact(bag, tmp_path / "copy").made.path
    found = verify(copy)
    original = sha256_of(bag / TAG_MANIFEST)
    assert found.whole and any(original in fact for fact in found.facts)
    assert any("withheld" in each for each in found.proved)
    assert original in (copy / "bag-info.txt").read_text()
    with pytest.raises(InputError, match="redacted copy already"):
        redact(copy, tmp_path / "again")


def test_the_log_has_places_and_no_contents(bag: Path, tmp_path: Path) -> None:
    redact(bag, tmp_path / "copy")
    originals = (bag / "data/transcript/messages.jsonl").read_text("utf-8").splitlines()
    texts = {(each := json.loads(line))["number"]: each["text"] for line in originals}
    log = (tmp_path / "copy/data/redactions.jsonl").read_text("utf-8").splitlines()
    places = [json.loads(line) for line in log]
    assert {tuple(sorted(each)) for each in places if each.get("field") == "text"} == {
        ("end", "field", "message", "start", "what")
    }
    named = {
        texts[each["message"]][each["start"] : each["end"]].lower()
        for each in places
        if each.get("field") == "text" and each["what"].startswith("Child")
    }
    assert {"mara", "นก"} <= named


def test_nothing_is_made_of_a_bag_that_is_not_whole(bag: Path, tmp_path: Path) -> None:
    path = bag / "data/transcript/messages.jsonl"
    path.write_bytes(path.read_bytes().replace(b"how old", b"how bad"))
    with pytest.raises(InputError, match=r"messages\.jsonl: was changed"):
        redact(bag, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def _children() -> list[FiledChild]:
    return [
        FiledChild(
            account, NAMES.get(account), 1.0, None, "unknown", None, None, 0, 0,
            False, False, None, False, 0, 0, number=n, messages=0,
        )
        for n, account in enumerate(SCRIPTS, 1)
    ]  # fmt: skip


TEXTS = st.lists(
    st.one_of(
        st.sampled_from([*WORDS, *(word.upper() for word in WORDS), "amara", "maras", "İ", "ß"]),
        st.text("ab 1.,\u0301İßนÀ", max_size=6),
    ),
    max_size=8,
).map(" ".join)


@given(TEXTS)
def test_hiding_leaves_nothing_to_hide_and_the_rest_as_it_was(text: str) -> None:
    hider = Hider(_children())
    shown, hidden = hider.hide(text, contacts=False)
    assert hider.hide(shown, contacts=False)[1] == []
    rebuilt, at = "", 0
    for each in hidden:
        assert each.start >= at
        rebuilt += text[at : each.start] + replacement(each.what)
        at = each.end
    assert rebuilt + text[at:] == shown
    for name in NAMES.values():
        assert name.lower() not in shown.lower()


@given(TEXTS, st.integers(0, 80), st.integers(1, 20))
def test_spans_stand_where_their_words_went(text: str, start: int, length: int) -> None:
    span = Span("x", start, start + length)
    shown, hidden = Hider(_children()).hide(text, contacts=False)
    for kept in moved([span], hidden):
        assert shown[kept.start : kept.end] == text[span.start : span.end]


def test_words_that_only_hold_a_name_stay() -> None:
    hider = Hider(_children())
    for text in ("amara", "maras", "marathon", "luzid"):
        assert hider.hide(text) == (text, [])
