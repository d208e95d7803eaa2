"""Filing at the CyberTipline: whatever goes wrong, one finished report or a visible failure."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.errors import Taken, WrongState
from fieldfare.cases.vault import Vault
from fieldfare.reports.case_file import CaseFile, open_case_file
from fieldfare.reports.credentials import Credentials
from fieldfare.reports.cybertip.answers import CODES, Answer, Follows
from fieldfare.reports.cybertip.client import CyberTipline
from fieldfare.reports.cybertip.compose import compose
from fieldfare.reports.cybertip.filing import Filer, Package
from fieldfare.reports.cybertip.xml import report_xml
from fieldfare.reports.details import Details
from fieldfare.reports.filing_records import AlreadyReported, Filing
from fieldfare.reports.filings import Filings
from fieldfare.reports.settings import PersonOf, Provider, ReportSettings
from fieldfare.vocabulary.times import DAY, HOUR
from tests.cases.conftest import KEYS, Clock, actor
from tests.reports.conftest import decided
from tests.reports.cybertip_server import PASSWORD, USER, Fault, Server, serving
from tests.reports.material import snapshot

SETTINGS = ReportSettings(
    provider=Provider("Example Chat", "US", ("ncmec",)),
    reporter=PersonOf("Ada", "Example", "reports@example.com"),
)
OTHER = "another"
STOPS = (Follows.NOT_ALLOWED, Follows.REJECTED)
EVE = actor("eve", "investigator")
CALLS = ("/submit", "/upload", "/fileinfo", "/finish", "/retract")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, int]:
    """A database with a decided case of one conversation: its folder, the case, and the time."""
    folder, clock = tmp_path_factory.mktemp("decided"), Clock()
    settings = StoreSettings(second_review_share=0.0)
    with CaseStore(connect(url_of(folder)), clock, Vault(KEYS), settings) as store:
        case = decided(store, clock, scripts=False)
    return folder, case, clock.at


@pytest.fixture
def small(template: tuple[Path, int, int]) -> int:
    """The decided case of one conversation."""
    return template[1]


@pytest.fixture
def store(template: tuple[Path, int, int], tmp_path: Path, clock: Clock) -> Iterator[CaseStore]:
    """A store of its own with that case."""
    shutil.copytree(template[0], tmp_path / "data")
    clock.at = template[2]
    with CaseStore(connect(url_of(tmp_path / "data")), clock, Vault(KEYS)) as store:
        yield store


@pytest.fixture
def filings(store: CaseStore, clock: Clock) -> Filings:
    """What is on its way, in the database of the store."""
    return Filings(store._engine, clock, Vault(KEYS))


@pytest.fixture
def server(clock: Clock) -> Iterator[Server]:
    """A CyberTipline whose clock is the store's."""
    with serving(clock) as server:
        yield server


def package(case: CaseFile) -> Package:
    """The report of a case."""
    composed = compose(case, SETTINGS, Details())
    return Package(report_xml(composed.report), composed.files)


def prepare(
    filings: Filings, store: CaseStore, case: int, environment: str = "production"
) -> Filing:
    """Put the report of a case on its way."""
    made = package(open_case_file(store, OPERATOR, case, "ncmec"))
    files = [(each.name, each.content) for each in made.files]
    return filings.prepare(OPERATOR, case, "ncmec", environment, made.encode(), files, 0)


def file(filings: Filings, server: Server, filing: int, password: str = PASSWORD) -> Filing:
    """One run."""
    with CyberTipline(server.url, Credentials(USER, password), timeout=5) as client:
        return Filer(filings, OPERATOR, client, pause=lambda _: None).file(filing)


def check(server: Server, store: CaseStore, filing: Filing) -> None:
    """What must hold at the end, whatever happened."""
    state = store.summary(OPERATOR, filing.case).state
    if filing.state == "finished":
        assert server.finished() == [filing.report_id]
        assert state == "report_submitted"
        held = server.reports[filing.report_id or ""]
        assert len(held.files) == len(held.described) == len(filing.files)
    else:
        assert filing.state == "failed"
        assert filing.problem
        assert state == "report_failed"
        if filing.report_id is None:
            assert server.finished() == []
    assert "parents" not in (filing.problem or "")


def test_a_report_is_filed_and_its_receipt_is_in_the_case(
    filings: Filings, store: CaseStore, small: int, server: Server
) -> None:
    filing = file(filings, server, prepare(filings, store, small).id)
    check(server, store, filing)
    assert filing.state == "finished"
    assert filing.expires_at is None
    assert all(each.file_id and each.described for each in filing.files)
    assert [each.request_id for each in filing.calls] == [
        f"request-{number}" for number in range(1, len(server.calls) + 1)
    ]
    assert [each.code for each in filing.calls] == [0] * len(filing.calls)
    said = [each.what for each in store.get(EVE, small).changes]
    assert f"the report was submitted: ncmec {filing.report_id}" in said
    with pytest.raises(WrongState):
        file(filings, server, filing.id)
    with pytest.raises(AlreadyReported, match=str(filing.report_id)):
        prepare(filings, store, small)


def test_the_test_system_does_not_close_a_case(
    filings: Filings, store: CaseStore, small: int, server: Server
) -> None:
    filing = file(filings, server, prepare(filings, store, small, "test").id)
    assert filing.state == "finished"
    assert store.summary(OPERATOR, small).state == "escalated"
    again = file(filings, server, prepare(filings, store, small).id)
    assert store.summary(OPERATOR, small).state == "report_submitted"
    assert set(server.finished()) == {filing.report_id, again.report_id}


FAULTS: list[Fault] = [*(code for code in CODES if code), 9999, "401", "garbage", "drop", "lose"]
LASTING: list[Fault] = [1000, 2000, 4100, 5001, 5101, 5102, "garbage", "drop", "lose"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("fault", "times"), [*((each, 1) for each in FAULTS), *((each, 20) for each in LASTING)]
)
def test_whatever_is_answered_there_is_one_report_or_a_visible_failure(
    filings: Filings,
    store: CaseStore,
    small: int,
    server: Server,
    call: str,
    fault: Fault,
    times: int,
) -> None:
    if call == "/retract":
        server.faults["/upload"] = [1110]
    server.faults[call] = [fault] * times
    filing = file(filings, server, prepare(filings, store, small).id)
    check_or_lie(server, store, filing, call, fault)
    follows = CODES.get(fault, ("", Follows.TRY_AGAIN))[1] if isinstance(fault, int) else None
    if times == 1 and call != "/retract":
        wanted = "failed" if fault == "401" or follows in STOPS else "finished"
        if fault != 5102:
            assert filing.state == wanted
    if filing.state == "failed":
        # The cause goes away, and it is run again.
        server.faults.clear()
        again = filing
        if filing.report_id is None:
            again = prepare(filings, store, small)
        again = file(filings, server, again.id)
        check(server, store, again)
        assert again.state == "finished"


def check_or_lie(server: Server, store: CaseStore, filing: Filing, call: str, fault: Fault) -> None:
    """`check`; but a server that says "finished" of a report that is not is believed."""
    if fault == 5102 and filing.state == "finished":
        assert server.finished() in ([], [filing.report_id])
        assert store.summary(OPERATOR, filing.case).state == "report_submitted"
        return
    check(server, store, filing)
    if filing.report_id is not None and filing.state == "failed":
        assert f"report {filing.report_id} is still open there is not known" in (
            filing.problem or ""
        ), call


def test_the_code_of_wrong_credentials_is_shown_and_nothing_tried_twice(
    filings: Filings, store: CaseStore, small: int, server: Server
) -> None:
    filing = file(filings, server, prepare(filings, store, small).id, password=OTHER)
    check(server, store, filing)
    assert "2000: the credentials are not accepted" in (filing.problem or "")
    assert server.calls == ["/submit"]


def test_the_authority_s_words_are_kept_sealed_and_out_of_the_problem(
    filings: Filings, store: CaseStore, small: int, server: Server, tmp_path: Path
) -> None:
    server.faults["/submit"] = [4100]
    filing = file(filings, server, prepare(filings, store, small).id)
    assert filing.problem == (
        "the CyberTipline answered 4100: the report does not fit the schema to /submit"
    )
    assert "are your parents home" in filings.answer(OPERATOR, filing.id)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert b"are your parents home" not in kept


def test_the_clock_of_an_open_report_is_shown_and_an_expired_one_begins_again(
    filings: Filings, store: CaseStore, small: int, server: Server, clock: Clock
) -> None:
    # Finish is never answered, nor is what would take the report back.
    server.faults = {"/finish": ["drop"] * 9, "/retract": ["drop"] * 9}
    began = clock.at
    filing = file(filings, server, prepare(filings, store, small).id)
    assert filing.state == "failed"
    assert filing.expires_at == began + DAY
    assert store.summary(OPERATOR, small).state == "report_failed"
    server.faults.clear()
    clock.at += DAY + 2 * HOUR
    assert server.states() == {}
    same = prepare(filings, store, small)
    assert same.id == filing.id, "what may be filed is resolved before anything new is made"
    check(server, store, file(filings, server, same.id))


def test_a_report_is_filed_by_one_process_at_a_time(
    filings: Filings, store: CaseStore, small: int, server: Server, clock: Clock
) -> None:
    filing = prepare(filings, store, small)
    first = filings.take(OPERATOR, filing.id)
    with pytest.raises(Taken, match="another process"):
        file(filings, server, filing.id)
    with pytest.raises(Taken):
        prepare(filings, store, small)
    clock.at += HOUR
    check(server, store, file(filings, server, filing.id))
    with pytest.raises(Taken):
        filings.step(OPERATOR, filing.id, first, state="open")


def test_a_process_that_slept_through_its_lease_files_nothing(
    filings: Filings, store: CaseStore, small: int, server: Server, clock: Clock
) -> None:
    filing = prepare(filings, store, small)

    class Sleeping(CyberTipline):
        """Sleeps before /finish, while another process does the whole work."""

        def fileinfo(self, details: bytes) -> Answer:
            answer = super().fileinfo(details)
            clock.at += HOUR
            file(filings, server, filing.id)
            return answer

    with Sleeping(server.url, Credentials(USER, PASSWORD)) as slow, pytest.raises(Taken):
        Filer(filings, OPERATOR, slow, pause=lambda _: None).file(filing.id)
    assert len(server.finished()) == 1
    check(server, store, filings.get(OPERATOR, filing.id))


def test_credentials_stand_in_no_log_and_no_repr(
    filings: Filings,
    store: CaseStore,
    small: int,
    server: Server,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = Credentials(USER, PASSWORD)
    with CyberTipline(server.url, credentials) as client:
        seen = repr((credentials, client, vars(client)))
    file(filings, server, prepare(filings, store, small).id)
    [sent] = set(server.authorizations)
    assert sent is not None
    for secret in (USER, PASSWORD, sent.removeprefix("Basic ")):
        assert secret not in caplog.text
        assert secret not in seen


def test_nothing_is_filed_that_two_people_did_not_decide(
    filings: Filings, store: CaseStore
) -> None:
    case = store.open_case(OPERATOR, snapshot("another"), "scan")
    with pytest.raises(WrongState, match="two people have not decided"):
        filings.prepare(OPERATOR, case, "ncmec", "production", b"", [], 0)
