"""What is handed over: each country's children whole, other countries' by reference only, nobody
between two chairs, every line with its place."""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from fieldfare.investigation import correspondence, provenance, reading
from fieldfare.investigation.decisions import decide
from fieldfare.investigation.handover import handed, write_reports
from fieldfare.investigation.handover.bag import make_country_bag
from fieldfare.investigation.handover.references import References
from fieldfare.investigation.records import UNKNOWN, Origin, Problem, Source
from fieldfare.investigation.store import Investigation
from fieldfare.reports.evidence.verifying import verify
from tests.investigation.made import NAME, small


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an investigation with reports, in which one child is confirmed and one person
    denied."""
    folder = Investigation.folder_of(small(tmp_path_factory.mktemp("handover")), NAME)
    with Investigation.open(folder) as case:
        children = [each for each in reading.people(case) if each.counts]
        decide(case, children[0].peer, "child", "rosa")
        decide(case, children[1].peer, "not_child", "rosa")
        write_reports(case, NAME, "rosa")
    return folder


def children_of(folder: Path, code: str) -> list[dict[str, str]]:
    text = (folder / "reports" / code / f"{code}.children.csv").read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_confirmed_or_probable_child_is_in_exactly_one_report(reported: Path) -> None:
    with Investigation.open(reported) as case:
        people = reading.people(case)
    counted = sorted(each.reference for each in people if each.counts)
    found = [row["reference"] for code in handed(reported) for row in children_of(reported, code)]
    assert sorted(found) == counted
    denied = [each.reference for each in people if each.standing == "not_child"]
    assert len(denied) == 1 and denied[0] not in found


def test_a_report_names_its_own_children_and_no_others(reported: Path) -> None:
    with Investigation.open(reported) as case:
        people = [each for each in reading.people(case) if each.counts]
    codes = {each.place for each in people}
    assert len(codes) > 1
    for code in codes:
        page = (reported / "reports" / code / f"{code}.html").read_text("utf-8")
        for each in people:
            for account in each.accounts:
                assert (account in page) == (each.place == code), (code, account)
            if each.place == code:
                assert f'id="{each.reference}"' in page


def test_page_and_pdf_say_what_is_confirmed_and_what_is_not(reported: Path) -> None:
    with Investigation.open(reported) as case:
        people = [each for each in reading.people(case) if each.counts]
    confirmed = next(each for each in people if each.standing == "confirmed")
    place = reported / "reports" / confirmed.place
    page = (place / f"{confirmed.place}.html").read_text("utf-8")
    own = page.split(f'id="{confirmed.reference}"')[1].split("</article>")[0]
    assert "confirmed by rosa" in own and "Not confirmed" not in own
    text = "".join(p.extract_text() for p in PdfReader(place / f"{confirmed.place}.pdf").pages)
    here = [each for each in people if each.place == confirmed.place]
    assert all(each.reference in text for each in here)
    assert text.count("Not confirmed.") == sum(each.standing != "confirmed" for each in here)


def test_every_line_names_a_source_that_the_report_lists(reported: Path) -> None:
    with Investigation.open(reported) as case:
        known = {each.shown for each in provenance.sources(case)}
    for code in handed(reported):
        text = (reported / "reports" / code / f"{code}.lines.csv").read_text("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows and all(row["source"] in known and row["record"] for row in rows)


def test_a_file_has_one_mark_that_is_listed_where_it_is_used() -> None:
    references = References([source("a.zip"), source("b.txt")])
    one = references.where(Origin("a.zip", "inbox/one.json", "messages[3]"))
    assert one == "[1.1], messages[3]"
    assert references.where(Origin("b.txt", "", "line 7")) == "[2], line 7"
    assert references.files() == ["[1.1] inbox/one.json"]
    assert references.where(Origin("a.zip", "inbox/two.json", "messages[0]")).startswith("[1.2]")
    assert references.where(Origin("a.zip", "inbox/one.json", "messages[4]")).startswith("[1.1]")
    assert sorted(references.files()) == ["[1.1] inbox/one.json", "[1.2] inbox/two.json"]


def test_what_could_not_be_read_names_no_file_since_its_name_may_be_a_child() -> None:
    found = [
        Problem("a.zip", "a.zip: Chat with +447700900123.txt: line 1", "not read", "", 1, True),
        Problem("", "", "not read", "", 40, True),
        Problem("b.txt", "b.txt: line 9", "no time", "of +447700900123", 50, True),
    ]
    said = References([source("a.zip"), source("b.txt")]).problems(found)
    assert said == [("no time", 50, "[2]"), ("not read", 41, "[1]")]


def source(name: str) -> Source:
    return Source(name, "0" * 64, "whatsapp", "WhatsApp", "everything", "utc", 1, 0, name)


def test_reports_are_known_to_be_older_than_a_verdict(reported: Path) -> None:
    with Investigation.open(reported) as case:
        made = next(iter(handed(reported).values()))
        assert made.state == reading.state(case)
        person = next(each for each in reading.people(case) if each.verdict is None)
        decide(case, person.peer, "unsure", "rosa")
        assert made.state != reading.state(case)
        decide(case, person.peer, None, "rosa")


def test_files_are_for_their_owner_alone_and_ask_nothing_of_a_network(reported: Path) -> None:
    for path in (reported / "reports").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    page = html.unescape(next((reported / "reports").glob("*/*.html")).read_text("utf-8"))
    assert "default-src 'none'" in page and "<script" not in page and "http://" not in page


def test_a_bag_of_a_country_is_whole_and_every_message_keeps_all_its_places(
    reported: Path, tmp_path: Path
) -> None:
    with Investigation.open(reported) as case:
        people = [each for each in reading.people(case) if each.counts]
        code = next(each.place for each in people if each.place != UNKNOWN)
        made = make_country_bag(case, NAME, code, "rosa", tmp_path / "bag")
        here = [each for each in people if each.place == code]
        counts = correspondence.counts(case)
    found = verify(tmp_path / "bag")
    assert found.problems == []
    assert made.messages == sum(counts[each.peer] for each in here)
    data = tmp_path / "bag" / "data"
    places = list(
        csv.DictReader(io.StringIO((data / "transcript/origins.csv").read_text("utf-8-sig")))
    )
    assert {row["number"] for row in places} == {str(n + 1) for n in range(made.messages)}
    trail = [json.loads(line) for line in (data / "custody/trail.jsonl").read_text().splitlines()]
    assert [each["action"] for each in trail][-1] == "investigation.bag"
    assert "child" in [each["detail"].get("verdict") for each in trail]
    (data / "transcript/origins.csv").write_text("changed")
    assert not verify(tmp_path / "bag").whole
