"""Where a report belongs, and what would make it more actionable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fieldfare.cases import CaseStore
from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.completeness import CHECKS, completeness, items
from fieldfare.reports.details import AccountDetails, Details, Reachable, SeenAddress
from fieldfare.reports.router import countries, route
from fieldfare.reports.settings import HotlineSettings, PersonOf, Provider, ReportSettings
from tests.reports.conftest import ANA


def _settings(country: str | None, *reports_to: str) -> ReportSettings:
    return ReportSettings(provider=Provider("Example Chat", country, reports_to))


def _in(case: CaseFile, suspect: str | None, children: str | None) -> CaseFile:
    return replace(
        case,
        suspect=replace(case.suspect, country=suspect),
        children=tuple(replace(each, country=children) for each in case.children),
    )


@pytest.mark.parametrize(
    ("provider", "reports_to", "suspect", "children", "wanted"),
    [
        ("US", (), "GB", "PH", ["ncmec"]),
        ("GB", (), None, None, ["nca"]),
        ("GB", ("ncmec",), "GB", "GB", ["ncmec"]),
        ("FR", (), "GB", "PH", ["nca"]),
        ("FR", (), "PH", "GB", ["nca"]),
        ("FR", ("ncmec",), "GB", "GB", ["ncmec"]),
        ("FR", (), "FR", "PH", []),
        (None, (), None, None, []),
        (None, (), "GB", None, ["nca"]),
    ],
)
def test_the_destination_follows_from_the_provider_and_the_parties(
    case_file: CaseFile,
    provider: str | None,
    reports_to: tuple[str, ...],
    suspect: str | None,
    children: str | None,
    wanted: list[str],
) -> None:
    case = _in(case_file, suspect, children)
    found = route(case, _settings(provider, *reports_to), Details())
    assert [each.destination for each in found.proposed] == wanted
    assert all(each.because and each.source for each in found.proposed)
    if wanted == ["nca"] or (reports_to and provider != "US"):
        assert {each.mark for each in found.proposed} == {"2°"}
    asked = " ".join(found.open_questions)
    assert ("provider.country" in asked) == (provider is None)
    assert ("the reported account" in asked) == (suspect is None)


def test_a_hotline_is_proposed_where_somebody_concerned_is(case_file: CaseFile) -> None:
    settings = ReportSettings(
        provider=Provider("Example Chat", "US"),
        hotlines={
            "north": HotlineSettings("North", countries=("TH", "NO")),
            "south": HotlineSettings("South", countries=("NZ",)),
        },
    )
    found = route(case_file, settings, Details())
    assert [each.destination for each in found.proposed] == ["ncmec", "north"]
    assert "TH" in found.proposed[1].because


def test_what_the_service_knows_of_countries_goes_before_what_was_scanned(
    case_file: CaseFile,
) -> None:
    details = Details({"otto": AccountDetails(country="NO")})
    assert "GB" in countries(case_file, Details())
    assert "GB" not in countries(case_file, details) and "NO" in countries(case_file, details)


@pytest.mark.parametrize(
    ("provider", "suspect", "wanted"),
    [("US", "GB", ["999", "emergency number"]), ("IE", "US", ["police", "emergency number"])],
)
def test_danger_is_answered_by_place_and_only_where_people_said_so(
    case_file: CaseFile, provider: str, suspect: str, wanted: list[str]
) -> None:
    case = _in(case_file, suspect, None)
    assert route(case, _settings(provider), Details()).urgent == ()
    [decision] = case.decisions
    case = replace(case, decisions=(replace(decision, reasons=("imminent_danger",)),))
    said = route(case, _settings(provider), Details()).urgent
    assert len(said) == len(wanted)
    assert all(word in line for word, line in zip(wanted, said, strict=True))


def test_every_item_has_its_check_and_says_why() -> None:
    assert set(items()) == set(CHECKS)
    assert all(each.why and each.weight > 0 for each in items().values())


def test_what_is_added_to_a_report_raises_its_score_and_leaves_the_list(
    case_file: CaseFile,
) -> None:
    bare = completeness(case_file, ReportSettings(), Details())
    assert 0 < bare.score < 1
    missing = [each.id for each in bare.missing]
    assert missing[0] == "upload_address"
    assert {"reporter", "devices", "viewed", "nothing_left_out"} <= set(missing)
    otto = AccountDetails(
        emails=(Reachable("otto@example.org", True),),
        ips=(SeenAddress("192.0.2.7", "Login", "2026-02-20T08:00:00Z", 4711),),
        device_ids=("d1",),
        disabled_at="2026-03-01T11:00:00Z",
    )
    people = ReportSettings(reporter=PersonOf("Ada", "Example", "reports@example.com"))
    known = Details({"otto": otto})
    more = completeness(case_file, people, known)
    gone = set(missing) - {each.id for each in more.missing}
    assert gone == {
        "upload_address",
        "account_reachable",
        "verified",
        "devices",
        "disabled",
        "reporter",
    }
    assert more.score > bare.score
    without_port = replace_port(otto)
    half = completeness(case_file, people, Details({"otto": without_port}))
    assert bare.score < half.score < more.score


def replace_port(known: AccountDetails) -> AccountDetails:
    """The same, without the port of the address."""
    return AccountDetails(
        emails=known.emails,
        ips=(SeenAddress("192.0.2.7", "Login", "2026-02-20T08:00:00Z"),),
        device_ids=known.device_ids,
        disabled_at=known.disabled_at,
    )


def test_viewed_counts_what_people_revealed(
    store: CaseStore, case: int, case_file: CaseFile
) -> None:
    from fieldfare.cases import OPERATOR
    from fieldfare.reports.case_file import open_case_file

    def viewed(file: CaseFile) -> float:
        found = completeness(file, ReportSettings(), Details()).findings
        return next(each.share for each in found if each.id == "viewed")

    before = viewed(case_file)
    assert 0 < before < 1
    store.reveal(ANA, case, [each.id for each in store.conversation(ANA, case)])
    assert viewed(open_case_file(store, OPERATOR, case, "test")) == 1
