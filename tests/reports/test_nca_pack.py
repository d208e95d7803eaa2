"""The pack for the National Crime Agency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.details import AccountDetails, Details, SeenAddress
from fieldfare.reports.nca.pack import Packed, pack, priority_of, schedule
from fieldfare.reports.nca.page import render
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary.times import DAY, SECOND, isoformat


def values(packed: Packed, field: str) -> tuple[str, ...]:
    """What is held of a field."""
    [found] = [each for each in packed.pack.fields if each.id == field]
    assert found.held == bool(found.values)
    return found.values


def test_a_supplement_holds_only_what_came_after_the_report(case_file: CaseFile) -> None:
    times = sorted(each.sent_at for each in case_file.messages())
    since = times[len(times) // 2]
    packed = pack(case_file, ReportSettings(), Details(), supplement_to="R1", since=since)
    texts = "".join(text for _, text in packed.transcripts)
    later = [each for each in case_file.messages() if each.sent_at > since]
    earlier = [each for each in case_file.messages() if each.sent_at <= since]
    assert later and all(f"({each.id})" in texts for each in later)
    assert earlier and not any(f"({each.id})" in texts for each in earlier)
    assert values(packed, "previous_report") == ("R1",)
    assert len(packed.pack.children) == len(case_file.children), "every child is named again"
    assert isoformat(since) in render(packed)
    [found] = values(packed, "how_detected")
    assert "people of the service looked at it; two people decided to report" in found
    unseen = pack(replace(case_file, viewers=()), ReportSettings(), Details())
    assert "nobody looked at it yet" in values(unseen, "how_detected")[0]


def test_logins_are_those_of_three_months(case_file: CaseFile) -> None:
    seen = [
        SeenAddress(f"192.0.2.{days}", "Login", isoformat(case_file.as_of - days * DAY))
        for days in (1, 90, 100, 200)
    ]
    known = Details({"otto": AccountDetails(ips=tuple(seen))})
    found = values(pack(case_file, ReportSettings(), known), "login_addresses")
    assert [each.split()[0] for each in found] == ["192.0.2.1", "192.0.2.90"]
    assert values(pack(case_file, ReportSettings(), Details()), "login_addresses") == ()


def test_what_is_not_held_is_said_and_never_left_out(case_file: CaseFile) -> None:
    packed = pack(case_file, ReportSettings(), Details())
    assert [each.id for each in packed.pack.fields] == list(schedule().fields)
    assert {each.id for each in packed.pack.fields if not each.held} >= {
        "exif",
        "billing",
        "declaration",
        "reporter_contact",
    }
    page = render(packed)
    assert page.count('<td class="none short">not held</td>') == sum(
        not each.held for each in packed.pack.fields
    )
    assert "(2°)" in page


@pytest.mark.parametrize(
    ("reason", "level", "wanted"),
    [
        ("imminent_danger", "normal", "P1"),
        ("other", "immediate", "P1"),
        ("solicits_meeting", "normal", "P2"),
        ("other", "high", "P2"),
        ("other", "normal", "P3"),
    ],
)
def test_the_priority_follows_from_what_people_said_and_from_urgency(
    case_file: CaseFile, reason: str, level: str, wanted: str
) -> None:
    [decision] = case_file.decisions
    case = replace(case_file, level=level, decisions=(replace(decision, reasons=(reason,)),))
    assert priority_of(case).name == wanted
    clock = pack(case, ReportSettings(), Details()).pack.clock
    assert case.authority is not None
    assert clock.since == isoformat(case.authority.second_at)
    assert clock.elapsed_seconds == (case.taken_at - case.authority.second_at) // SECOND > 0


def test_names_from_strangers_cannot_write_into_the_page(case_file: CaseFile) -> None:
    case = replace(case_file, suspect=replace(case_file.suspect, account="<script>x</script>"))
    page = render(pack(case, ReportSettings(), Details()))
    assert "<script>" not in page and "&lt;script&gt;" in page
