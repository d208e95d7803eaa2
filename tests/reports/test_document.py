"""The case report: tagged, its text found, its figures those of the card; boxes are told."""

from __future__ import annotations

import io
import math
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.document import Gatherer, case_report
from fieldfare.reports.document.content import content
from fieldfare.reports.document.gathering import MOST_QUOTED, Gathered
from fieldfare.reports.document.wording import times
from fieldfare.reports.frozen import FrozenCase, freeze, freeze_messages
from fieldfare.reports.typesetting import BOX, typeset, unprintable
from fieldfare.risk.scorecard import judgement, shipped
from tests.reports.material import SCRIPTS

NOTO = Path("/usr/share/fonts/truetype/noto/NotoSansSinhala-Regular.ttf")


@pytest.fixture
def frozen(case_file: CaseFile) -> FrozenCase:
    """The frozen case."""
    return freeze(case_file)


@pytest.fixture
def gathered(case_file: CaseFile, frozen: FrozenCase) -> Gathered:
    """What its messages gave."""
    gatherer = Gatherer(frozen)
    for message in freeze_messages(case_file):
        gatherer.add(message)
    return gatherer.finish()


def test_the_pdf_is_tagged_titled_and_in_a_language(
    frozen: FrozenCase, gathered: Gathered, tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(case_report(frozen, gathered, "Fieldfare").data)
    reader = PdfReader(path)
    catalogue = reader.root_object
    assert bool(catalogue["/MarkInfo"].get_object()["/Marked"])  # type: ignore[index]
    assert str(catalogue["/Lang"]) == "en"
    assert "/StructTreeRoot" in catalogue
    assert reader.metadata is not None and reader.metadata.title == "Case report C-1"
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for wanted in (
        "otto exchanged private messages with 9 probable children",
        "Report to the authorities",
        "agreed by eve",
        "Asked whether parents are home",
        "What speaks for the account",
        "Child 9",
        "12 (given by the user)",
        frozen.trail_end,
        frozen.snapshot_sha256,
        "mara, are your parents home?",
        "Limits",
        "Released by",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize("card", [shipped(), judgement()], ids=["simulated", "judgement"])
def test_rates_of_error_are_those_of_the_card_that_was_used(
    frozen: FrozenCase, gathered: Gathered, card: object
) -> None:
    used = shipped() if card is shipped() else judgement()
    case = msgspec.structs.replace(frozen, scorecard=f"{used.version} sha256:{used.sha256}")
    errors = content(case, gathered, "x")["errors"]
    if used.alarms is None:
        assert errors["rows"] == [] and "not measured" in errors["says"]
    else:
        values = " ".join(value for _, value in errors["rows"])
        assert f"{used.alarms.at_most:g} of a million" in values
        assert f"{used.alarms.innocent:,} (simulated)" in values


def test_a_card_nobody_knows_has_no_rates(frozen: FrozenCase, gathered: Gathered) -> None:
    errors = content(frozen, gathered, "x")["errors"]
    assert errors["rows"] == [] and "cannot be read" in errors["says"]


def test_limits_say_what_is_missing_from_this_case(frozen: FrozenCase, gathered: Gathered) -> None:
    said = " ".join(content(frozen, gathered, "x")["limits"])
    assert "3 further messages" in said
    assert f"Of {gathered.zones['assumed']} messages" in said
    empty = msgspec.structs.replace(frozen, message_count=0, messages_left_out=0)
    assert "holds no messages" in " ".join(content(empty, Gathered(), "x")["limits"])


def test_messages_that_reasons_rest_on_are_quoted_first(
    frozen: FrozenCase, gathered: Gathered
) -> None:
    assert "m0-2" in [each.id for each in gathered.quoted]
    assert len(gathered.quoted) <= MOST_QUOTED
    assert all(each.from_account for each in gathered.quoted)
    assert sum(gathered.files.values()) == frozen.message_count


def test_a_weight_is_said_as_a_factor() -> None:
    assert times(math.log(3)) == "3.0 times more likely"
    assert times(-math.log(20)) == "20 times less likely"
    assert times(0.0) == "no difference"


def test_an_empty_case_has_a_report_too(frozen: FrozenCase) -> None:
    bare = msgspec.structs.replace(
        frozen, children=(), reasons=(), decisions=(), viewers=(), message_count=0, authority=None
    )
    assert case_report(bare, Gathered(), "x").data.startswith(b"%PDF")


def _page(text: str) -> dict[str, object]:
    """A transcript of one message."""
    section = {"title": "x", "messages": [["1", "", "", "a", text, "", ""]]}
    return {**dict.fromkeys(("running", "part", "notice", "legend"), ""), "title": "x"} | {
        "sections": [section]
    }


def test_what_no_font_can_show_is_told_and_shown_as_a_box() -> None:
    odd = "\U0001fa99\u13a0"  # a coin, and a letter of Cherokee
    missing = unprintable(odd + "aé")
    assert missing <= set(odd)
    data = _page(f"b{odd}c")
    found = typeset("transcript", data, at=0)
    assert found.missing == missing
    if missing == set(odd):
        assert BOX * 2 in PdfReader(io.BytesIO(found.data)).pages[0].extract_text()


@pytest.mark.skipif(not NOTO.exists(), reason="scripts/install-system-parts brings the fonts")
def test_with_the_fonts_of_the_system_no_glyph_is_missing() -> None:
    """Fonts that a package of Debian put into its usual place are found without being named."""
    text = " ".join(question for question, _ in SCRIPTS.values())
    found = typeset("transcript", _page(text), at=0)
    assert found.missing == frozenset()
    assert BOX not in PdfReader(io.BytesIO(found.data)).pages[0].extract_text()


def test_text_cannot_turn_the_page_around() -> None:
    """Marks of direction in a message would let its writer change how the page reads."""
    data = _page("\u202eevil\u2066\x07")
    text = PdfReader(io.BytesIO(typeset("transcript", data, at=0).data)).pages[0].extract_text()
    assert "evil" in text and not set("\u202e\u2066\x07") & set(text)


def test_the_transcript_has_every_message_that_can_be_shown(
    case_file: CaseFile, tmp_path: Path
) -> None:
    from fieldfare.reports.evidence import make_bag

    bag = make_bag(case_file, tmp_path / "bag").path
    reader = PdfReader(bag / "data/transcript/transcript-001.pdf")
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for name, (question, _) in SCRIPTS.items():
        assert f"{name}, are your parents home?" in text
        if question.isascii():
            assert question in text
    assert "2026-02-09 12:00:00" in text and "assumed" in text and "m0-0" in text
