"""A case as a CyberTipline report: what is in it, in which order, and that it always fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.records import AuditEntry, Message
from fieldfare.reports.case_file import CaseFile, FiledChild, open_case_file
from fieldfare.reports.cybertip import model
from fieldfare.reports.cybertip.compose import ANNOTATIONS, MOST_CONTENT, Composed, compose
from fieldfare.reports.cybertip.schema import Schema
from fieldfare.reports.cybertip.xml import element_of, file_details_xml, possible, report_xml
from fieldfare.reports.details import AccountDetails, Details, Reachable, SeenAddress
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import DAY, MINUTE, isoformat, parse_time
from tests.cases.conftest import Clock
from tests.reports.conftest import ANA, decided
from tests.reports.cybertip_server import XSD
from tests.reports.test_filing import SETTINGS

SCHEMA = Schema(XSD, "notes.xsd")

ORDER = {
    model.Report: "batchedReport incidentSummary internetDetails reporter personOrUserReported "
    "intendedRecipient victim additionalInfo",
    model.IncidentSummary: "incidentType platform escalateToHighPriority reportAnnotations "
    "incidentDateTime incidentDateTimeDescription",
    model.ReportAnnotations: "sextortion csamSolicitation minorToMinorInteraction spam "
    "sadisticOnlineExploitation",
    model.ChatImIncident: "chatClient chatRoomName content additionalInfo",
    model.Reporter: "reportingPerson contactPerson companyTemplate termsOfService legalURL",
    model.Person: "firstName lastName phone email address age dateOfBirth",
    model.Reported: "personOrUserReportedPerson vehicleDescription espIdentifier espService "
    "compromisedAccount screenName displayName profileUrl profileBio ipCaptureEvent deviceId "
    "thirdPartyUserReported priorCTReports groupIdentifier accountTemporarilyDisabled "
    "accountPermanentlyDisabled estimatedLocation allEmailsReported associatedAccount "
    "additionalInfo",
    model.EstimatedLocation: "city region countryCode",
    model.IpCaptureEvent: "ipAddress eventName dateTime possibleProxy port",
    model.FileDetails: "reportId fileId fileName originalFileName uploadedToEspTimestamp "
    "locationOfFile fileViewedByEsp exifViewedByEsp publiclyAvailable fileRelevance "
    "industryClassification originalFileHash ipCaptureEvent deviceId additionalInfo",
}


@pytest.mark.parametrize("kind", ORDER, ids=lambda kind: kind.__name__)
def test_the_order_of_elements_is_the_schema_s(kind: Any) -> None:
    found = [each.metadata.get("name") or element_of(each.name) for each in fields(kind)]
    assert " ".join(found) == ORDER[kind]


@pytest.fixture
def composed(case_file: CaseFile) -> Composed:
    """The report of the case."""
    return compose(case_file, SETTINGS, Details())


def parsed(composed: Composed) -> Any:
    """The report's XML, read again; it has to fit."""
    document = report_xml(composed.report)
    assert SCHEMA.problems(document) == ()
    return etree.fromstring(document)


def test_every_child_is_in_it_once_and_every_conversation_is_an_incident(
    case_file: CaseFile, composed: Composed
) -> None:
    root = parsed(composed)
    children = [each.account for each in case_file.children]
    assert [each.text for each in root.iterfind("victim/espIdentifier")] == children
    assert len(root.findall("internetDetails/chatImIncident")) == len(children)
    first = root.find("internetDetails/chatImIncident")
    assert first.findtext("chatClient") == "Example Chat"
    content = first.findtext("content")
    assert "otto -> mara (m0-0): how old are you mara" in content
    assert "mara -> otto (m0-1): 12" in content
    assert content.splitlines()[0].startswith(isoformat(case_file.children[0].contacted_at))


def test_a_text_only_case_with_a_child_that_was_asked_nothing(
    store: CaseStore, clock: Clock
) -> None:
    case = decided(store, clock)
    file = open_case_file(store, OPERATOR, case, "test")
    first, *others = file.children
    file = replace(file, children=(replace(first, asked={}), *others))
    root = parsed(compose(file, SETTINGS, Details()))
    [recipient] = root.findall("intendedRecipient")
    assert recipient.findtext("espIdentifier") == first.account
    assert len(root.findall("victim")) == len(others)


def test_the_incident_s_time_says_of_what_it_is_the_time(
    case_file: CaseFile, composed: Composed
) -> None:
    summary = parsed(composed).find("incidentSummary")
    last = max(each.sent_at for each in case_file.messages() if each.from_account)
    assert summary.findtext("incidentDateTime") == isoformat(last)
    said = summary.findtext("incidentDateTimeDescription")
    assert "last message from the reported account" in said
    assert "the source gave UTC" in said
    assert isoformat(case_file.children[0].contacted_at) in said


def test_a_file_counts_as_viewed_only_where_a_person_revealed_all_of_it(
    store: CaseStore, case: int
) -> None:
    def viewed() -> list[bool]:
        file = open_case_file(store, OPERATOR, case, "test")
        return [each.viewed for each in compose(file, SETTINGS, Details()).files]

    assert not any(viewed()), "two of three texts are not all"
    mara = store.conversation(ANA, case, "mara")
    store.reveal(ANA, case, [each.id for each in mara])
    assert viewed() == [True] + [False] * 8
    # That software reads a text does not make anyone see it.
    assert viewed() == [True] + [False] * 8


def test_a_transcript_has_times_zones_ids_and_no_line_can_pass_for_another(
    case_file: CaseFile,
) -> None:
    details = Details({"mara": AccountDetails(time_zone="Asia/Manila")})
    text = compose(case_file, SETTINGS, details).files[0].content.decode()
    assert (
        "2026-02-09T12:00:00Z [2026-02-09 20:00:00 +0800 Asia/Manila] otto -> mara (m0-0)" in text
    )
    assert "Time basis 'utc': the source gave UTC." in text
    assert "[sent: photo; not held here]" in text
    assert "3 further messages of this case are not held here." in text


def test_redacted_text_does_not_leave(store: CaseStore, case: int) -> None:
    mara = store.conversation(ANA, case, "mara")
    store.redact(ANA, case, [mara[0].id], "names a bystander")
    made = compose(open_case_file(store, OPERATOR, case, "test"), SETTINGS, Details())
    everything = report_xml(made.report) + b"".join(each.content for each in made.files)
    assert b"how old are you mara" not in everything
    assert b"[blacked out by a reviewer]" in everything


def test_what_the_service_knows_of_the_accounts_is_in_it(case_file: CaseFile) -> None:
    later = isoformat(case_file.taken_at + DAY)
    otto = AccountDetails(
        first_name="Otto",
        emails=(Reachable("otto@example.org", True),),
        phones=(Reachable("+44 1632 960001"),),
        ips=(
            SeenAddress("192.0.2.7", "Login", "2026-02-20T08:00:00Z", 4711, False),
            SeenAddress("192.0.2.8", "Login", later),
        ),
        city="Exampleton",
        disabled_at="2026-03-01T11:00:00Z",
        prior_reports=("5550001",),
    )
    made = compose(case_file, SETTINGS, Details({"otto": otto}), prior=["6660001", "5550001"])
    reported = parsed(made).find("personOrUserReported")
    assert [each.text for each in reported.findall("priorCTReports")] == ["6660001", "5550001"]
    [event] = reported.findall("ipCaptureEvent")
    assert event.findtext("ipAddress") == "192.0.2.7", "a time in the future is left out"
    assert reported.find("accountPermanentlyDisabled").get("userNotified") == "false"
    assert reported.findtext("estimatedLocation/city") == "Exampleton"
    assert reported.findtext("personOrUserReportedPerson/age") == "41"


def test_annotations_are_what_people_said(case_file: CaseFile) -> None:
    assert parsed(compose(case_file, SETTINGS, Details())).find(".//reportAnnotations") is None
    given = compose(case_file, SETTINGS, Details(), annotations=["sextortion"])
    [found] = parsed(given).findall(".//reportAnnotations")
    assert [each.tag for each in found] == ["sextortion"]


def test_a_long_conversation_keeps_what_shows_an_indicator_and_says_what_is_left_out(
    case_file: CaseFile,
) -> None:
    from fieldfare.reports.cybertip.compose import excerpt

    one = next(case_file.messages())
    long = [
        replace(one, text="a harmless line " * 5, sent_at=one.sent_at + n * MINUTE, indicators=())
        for n in range(2_000)
    ]
    long[700] = replace(one, sent_at=one.sent_at + 700 * MINUTE)
    shown = excerpt(long, "conversation-001.txt")
    assert len(shown) < MOST_CONTENT + 200
    assert "how old are you mara" in shown
    assert "[697 messages are not shown here; conversation-001.txt has them]" in shown
    assert "[1296 messages are not shown here; conversation-001.txt has them]" in shown
    huge = excerpt([replace(one, text="word " * 10_000)], "conversation-001.txt")
    assert len(huge) < MOST_CONTENT + 200 and huge.endswith("more in conversation-001.txt]")


def test_what_the_schema_rejects_is_named_without_a_value(composed: Composed) -> None:
    report = replace(
        composed.report,
        incident_summary=replace(
            composed.report.incident_summary,
            incident_type="are your parents home",
            escalate_to_high_priority="x" * 3_001,
        ),
    )
    problems = SCHEMA.problems(report_xml(report))
    assert {each.place for each in problems} == {
        "/report/incidentSummary/incidentType",
        "/report/incidentSummary/escalateToHighPriority",
    }
    assert "parents" not in str(problems)
    root = etree.fromstring(report_xml(composed.report))
    root.append(root.find("reporter"))
    [problem] = SCHEMA.problems(etree.tostring(root))
    assert "is not expected" in problem.rule and "reporter" in problem.rule


@pytest.mark.parametrize(
    "text",
    [
        b"<html/>",
        b"no xml",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>',
        b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        b'<xs:import namespace="urn:x" schemaLocation="http://127.0.0.1:9/x.xsd"/></xs:schema>',
    ],
)
def test_a_schema_that_is_none_or_leads_elsewhere_is_refused(text: bytes) -> None:
    with pytest.raises(SettingsError):
        Schema(text, "given.xsd")


@dataclass(frozen=True)
class Export:
    """Messages and audit of a random case, in the place of the database's."""

    found: dict[str, tuple[Message, ...]]
    entries: tuple[AuditEntry, ...]

    def messages(self, child: str | None = None) -> Iterator[Message]:
        """Of one child."""
        yield from self.found.get(child or "", ())

    def trail(self) -> Iterator[AuditEntry]:
        """The audit."""
        yield from self.entries


TEXT = st.text(max_size=30) | st.text(st.characters(), max_size=8)
NAME = st.text(min_size=1, max_size=12)
TIMES = st.integers(0, 1_900_000_000_000_000)


@st.composite
def cases(draw: st.DrawFn, base: CaseFile) -> CaseFile:
    """A random case: any text, age, time and number of children."""
    accounts = draw(st.lists(NAME, max_size=4, unique=True))
    messages: dict[str, tuple[Message, ...]] = {}
    children: list[FiledChild] = []
    for number, account in enumerate(accounts, 1):
        count = draw(st.integers(0, 3))
        messages[account] = tuple(
            Message(
                id=100 * number + each,
                message=draw(st.none() | NAME),
                child=account,
                from_account=draw(st.booleans()),
                sent_at=draw(TIMES),
                indicators=draw(st.sampled_from([(), ("photo_request",)])),
                spans=(),
                length=None,
                origin="",
                redacted=draw(st.booleans()),
                text=draw(st.none() | TEXT),
            )
            for each in range(count)
        )
        children.append(
            replace(
                base.children[0],
                number=number,
                account=account,
                name=draw(st.none() | NAME),
                age=draw(st.none() | st.floats(0, 120)),
                asked=draw(st.dictionaries(st.sampled_from(["secrecy"]), TIMES)),
                country=draw(st.none() | st.sampled_from(["GB", "PH"])),
                contacted_at=draw(TIMES),
                last_at=draw(TIMES),
                messages=count,
            )
        )
    return replace(
        base,
        suspect=replace(base.suspect, account=draw(NAME), name=draw(st.none() | NAME)),
        children=tuple(children),
        linked=tuple(draw(st.lists(NAME, max_size=2))),
        _export=Export(messages, ()),  # type: ignore[arg-type]
    )


def details_of(case: CaseFile) -> st.SearchStrategy[Details]:
    """Random details of its accounts."""
    account = st.builds(
        AccountDetails,
        first_name=st.none() | NAME,
        emails=st.lists(st.builds(Reachable, TEXT), max_size=2).map(tuple),
        profile_bio=st.none() | TEXT,
        ips=st.lists(
            st.builds(
                SeenAddress,
                st.just("192.0.2.1"),
                st.sampled_from(["Login", "Upload"]),
                st.none() | TIMES.map(isoformat),
                st.none() | st.integers(0, 65_535),
                st.none() | st.booleans(),
            ),
            max_size=2,
        ).map(tuple),
        date_of_birth=st.none() | st.dates(),
        disabled_at=st.none() | TIMES.map(isoformat),
        time_zone=st.none() | st.sampled_from(["Asia/Manila", "Europe/London"]),
    )
    known = [case.suspect.account, *(each.account for each in case.children)]
    return st.dictionaries(st.sampled_from(known), account).map(Details)


BASE: list[CaseFile] = []


@pytest.fixture(autouse=True)
def _base(request: pytest.FixtureRequest) -> None:
    if "random" in request.node.name and not BASE:
        BASE.append(request.getfixturevalue("case_file"))


@settings(max_examples=1_000, deadline=None)
@given(st.data())
def test_a_thousand_random_cases_all_fit(data: st.DataObject) -> None:
    case = data.draw(cases(BASE[0]))
    known = data.draw(details_of(case))
    annotations = data.draw(st.lists(st.sampled_from(ANNOTATIONS)))
    made = compose(case, SETTINGS, known, annotations=annotations)
    document = report_xml(made.report)
    assert SCHEMA.problems(document) == ()
    assert report_xml(compose(case, SETTINGS, known, annotations=annotations).report) == document
    root = etree.fromstring(document)
    found = [
        *root.iterfind("victim/espIdentifier"),
        *root.iterfind("intendedRecipient/espIdentifier"),
    ]
    # XML reads a carriage return as a line feed.
    wanted = sorted(possible(each.account).replace("\r", "\n") for each in case.children)
    assert sorted((each.text or "").replace("\r", "\n") for each in found) == wanted
    incident = root.findtext("incidentSummary/incidentDateTime") or ""
    assert parse_time(incident) <= case.taken_at
    for file in made.files:
        assert SCHEMA.problems(file_details_xml(file.details("1", "0" * 32))) == ()
