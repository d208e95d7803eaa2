"""Clocks, holds, and what is destroyed when nothing holds it any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from fieldfare.cases import OPERATOR, SERVICE, CaseStore
from fieldfare.cases.clocks import Clock, Happened, load, running, shipped
from fieldfare.cases.errors import Destroyed, NotAllowed, NotFound, WrongState
from fieldfare.cases.tables import metadata
from fieldfare.vocabulary import InputError, SettingsError
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE, from_micros, parse_time
from tests.cases.conftest import Clock as Watch
from tests.cases.conftest import actor
from tests.cases.snapshots import NOON, snapshot

ANA, EVE = actor("ana"), actor("eve", "investigator")
SUE, SAM = actor("sue", "supervisor"), actor("sam", "supervisor")
SECRET = "are your parents home"  # noqa: S105


@pytest.fixture
def case(store: CaseStore) -> int:
    """A case closed without action, with a note, a tag and a revealed text."""
    number = store.open_case(OPERATOR, snapshot(text=SECRET), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    version = claimed.version
    store.add_note(ANA, number, "looks like a coach")
    store.reveal(ANA, number, [each.id for each in store.conversation(ANA, number)])
    store.decide(ANA, number, version + 1, "no_action", ["other"], "the coach of a club")
    return number


def agreed(store: CaseStore, clock: Watch, days: int) -> int:
    """Some days later: what is due is proposed and agreed to, and the window is over."""
    clock.at += days * DAY
    assert store.propose_destructions(SERVICE) == 1
    [proposal] = [each for each in store.proposals(SUE) if each.kind == "destruction"]
    store.approve(SUE, proposal.id)
    clock.at += 16 * MINUTE
    [found] = store.to_destroy(SERVICE)
    return found.id


def destroyed(store: CaseStore, clock: Watch, days: int) -> int:
    """The same, carried out."""
    number = agreed(store, clock, days)
    assert store.begin_destruction(SERVICE, number).state == "begun"
    store.note_files(SERVICE, number, [])
    store.erase(SERVICE, number)
    assert [each.id for each in store.finish_destructions(SERVICE)] == [number]
    return number


def test_a_dismissed_case_goes_in_two_steps_and_the_audit_is_whole(
    store: CaseStore, case: int, clock: Watch
) -> None:
    kept = store.retention(SUE, case)
    assert kept.until("content") == NOON + 90 * DAY
    assert store.propose_destructions(SERVICE) == 0
    destroyed(store, clock, 90)
    with pytest.raises(Destroyed):
        store.get(ANA, case)
    with pytest.raises(Destroyed):
        store.reopen(EVE, case, "again")
    assert store.conversation(ANA, case) == () and store.search(ANA, "mara").cases == ()
    assert store.summary(OPERATOR, case).account == "otto"
    assert store.propose_destructions(SERVICE) == 0
    destroyed(store, clock, 275)
    with pytest.raises(NotFound):
        store.summary(OPERATOR, case)
    first, second = reversed(store.destructions(SUE, case))
    assert (first.stage, second.stage) == ("content", "reference")
    assert {each["kind"] for each in first.manifest["destroyed"]} >= {"messages", "snapshots"}
    assert "otto" not in str((first, second)) and "mara" not in str((first, second))
    assert store.verify_audit(OPERATOR).problems == ()
    actions = [each.action for each in store.audit_entries(OPERATOR, case=case)]
    assert actions.count("destruction.done") == 2


def test_the_number_of_a_destroyed_case_is_not_given_again(
    store: CaseStore, case: int, clock: Watch
) -> None:
    destroyed(store, clock, 90)
    destroyed(store, clock, 275)
    assert store.open_case(OPERATOR, snapshot("someone"), "scan") > case
    assert store.open_case(OPERATOR, snapshot("another"), "scan") > case + 1


def test_a_legal_hold_stops_what_was_agreed_until_two_people_release_it(
    store: CaseStore, case: int, clock: Watch
) -> None:
    number = agreed(store, clock, 90)
    hold = store.place_hold(EVE, case, "the court of Example", "GB")
    stopped = store.begin_destruction(SERVICE, number)
    assert stopped.state == "stopped" and "legal hold" in stopped.stopped
    with pytest.raises(WrongState):
        store.erase(SERVICE, number)
    assert store.propose_destructions(SERVICE) == 0 and store.to_destroy(SERVICE) == ()
    proposal = store.propose_release(EVE, hold, "the court is done")
    with pytest.raises(NotAllowed):
        store.approve(EVE, proposal.id)
    with pytest.raises(WrongState, match="already"):
        store.propose_release(SUE, hold, "again")
    store.approve(SUE, proposal.id)
    [found] = store.retention(SUE, case).holds
    assert (found.released_by, found.second) == ("eve", "sue")
    assert found.released_because == "the court is done"
    destroyed(store, clock, 0)


def test_a_hold_of_the_live_service_is_lifted_there(store: CaseStore, case: int) -> None:
    standing = [(7, "otto", "a court", "DE"), (8, "someone else", "another", "DE")]
    assert store.follow_service(SERVICE, standing) == 1
    assert store.follow_service(SERVICE, standing) == 0
    [hold] = store.retention(SUE, case).holds
    assert (hold.service_hold, hold.reason) == (7, "a court")
    with pytest.raises(WrongState, match="live service"):
        store.propose_release(EVE, hold.id, "no reason")
    assert store.follow_service(SERVICE, []) == 1
    assert store.retention(SUE, case).holds[0].released_at is not None


def test_a_request_to_preserve_starts_its_clock_and_holds_no_longer(
    store: CaseStore, case: int, clock: Watch
) -> None:
    store.place_hold(EVE, case, "letter 12", "US", "preservation", at=NOON - 5 * DAY)
    end = parse_time("2027-02-24T12:00:00Z")
    assert store.retention(SUE, case).until("content") == end
    with pytest.raises(InputError):
        store.place_hold(EVE, case, "letter 13", "US", "preservation", at=NOON + DAY)
    with pytest.raises(InputError):
        store.place_hold(EVE, case, " ", "US")
    clock.at = end
    assert store.propose_destructions(SERVICE) == 1


def test_who_agrees_after_something_came_to_hold_it_is_told(
    store: CaseStore, case: int, clock: Watch
) -> None:
    clock.at += 90 * DAY
    store.propose_destructions(OPERATOR)
    [proposal] = store.proposals(SUE)
    with pytest.raises(NotAllowed):
        store.approve(EVE, proposal.id)
    store.reopen(EVE, case, "new evidence")
    with pytest.raises(WrongState, match="is held: the case is open"):
        store.approve(SUE, proposal.id)
    assert store.destructions(SUE) == ()


@pytest.mark.usefixtures("case")
def test_what_was_refused_is_proposed_again_after_a_month_only(
    store: CaseStore, clock: Watch
) -> None:
    clock.at += 90 * DAY
    assert store.propose_destructions(SERVICE) == 1
    assert store.propose_destructions(SERVICE) == 0
    [proposal] = store.proposals(SUE)
    store.refuse(SUE, proposal.id, "the police may still ask")
    clock.at += 29 * DAY
    assert store.propose_destructions(SERVICE) == 0
    clock.at += 2 * DAY
    assert store.propose_destructions(SERVICE) == 1


def test_nothing_half_destroyed_is_called_destroyed(
    store: CaseStore, case: int, clock: Watch
) -> None:
    number = agreed(store, clock, 90)
    with pytest.raises(WrongState, match="has not come so far"):
        store.erase(SERVICE, number)
    store.begin_destruction(SERVICE, number)
    with pytest.raises(WrongState, match="has not come so far"):
        store.erase(SERVICE, number)
    assert store.finish_destructions(SERVICE) == ()
    assert store.get(ANA, case).messages == 3
    store.note_files(SERVICE, number, [])
    store.erase(SERVICE, number)
    [erased] = store.to_destroy(SERVICE)
    assert erased.state == "erased" and erased.done_at is None


def test_no_byte_of_a_destroyed_text_is_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    """Without keys, so that the text would be there to be found; among cases that stay."""
    from fieldfare.cases.database import connect
    from fieldfare.cases.desk import StoreSettings

    watch = Watch()
    with CaseStore(connect(sqlite_url), watch, None, StoreSettings(second_review_share=0.0)) as own:
        for n in range(40):
            own.open_case(OPERATOR, snapshot(f"stays{n}", text="what a day" * 40, more=30), "scan")
            if n == 20:
                text = "SECRETWORD " * 80
                own.open_case(OPERATOR, snapshot("goes", text=text, more=60), "scan")
        while (claimed := own.claim(ANA)) is not None:
            if claimed.account == "goes":
                own.add_note(ANA, claimed.id, "SECRETWORD")
                rest = ("no_action", ["other"], "SECRETWORD")
                own.decide(ANA, claimed.id, claimed.version + 1, *rest)
                break
            own.skip(ANA, claimed.id, "wellbeing")
        destroyed(own, watch, 90)
        left = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
        assert b"SECRETWORD" not in left and b"what a day" in left


def test_every_table_of_a_case_is_seen_to(store: CaseStore, case: int, clock: Watch) -> None:
    """What has rows of a case goes with the content, or is known to be reference."""
    destroyed(store, clock, 90)
    reference = {
        "review_decisions",
        "review_proposals",
        "review_holds",
        "review_filings",
        "review_samples",
        "review_destructions",
        "review_audit",
        "review_changes",
    }
    with store._engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "case_id" in table.c and table.name not in reference:
                wanted = select(table).where(table.c.case_id == case)
                assert connection.execute(wanted).first() is None, table.name


def test_a_reported_case_is_kept_by_the_longest_clock() -> None:
    closed = parse_time("2026-01-01T00:00:00Z")
    filed = parse_time("2024-02-29T00:00:00Z")
    found = running(shipped(), Happened("actioned", closed, (("nca", filed),)))
    ends = {each.name: from_micros(each.ends_at).date().isoformat() for each in found}
    assert ends["uk_content"] == "2025-03-01" and ends["uk_reference"] == "2029-03-01"
    assert ends["acted_content"] == "2027-01-01" and "us_content" not in ends
    unknown = running(shipped(), Happened("report_submitted", closed, (("", filed),)))
    assert {"us_content", "uk_content"} <= {each.name for each in unknown}


def test_a_report_that_people_made_by_themselves_starts_every_clock(
    store: CaseStore, clock: Watch
) -> None:
    number = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, number, claimed.version, "report", ["mass_grooming"])
    assert store.retention(SUE, number).held("content", clock.at) == ("the case is open",)
    [proposal] = store.proposals(EVE)
    store.approve(EVE, proposal.id)
    clock.at += HOUR
    store.report_outcome(EVE, number, "submitted", "handed in by hand")
    clocks = {each.name for each in store.retention(SUE, number).clocks}
    assert {"us_content", "uk_reference", "report_content"} <= clocks


def test_the_operator_s_file_changes_adds_and_takes_away(tmp_path: Path) -> None:
    path = tmp_path / "retention.toml"
    path.write_text(
        "[clocks.dismissed_content]\ndays = 30\n"
        "[clocks.acted_content]\nruns = false\n"
        '[clocks.own]\ntitle = "Ours"\nkeeps = "content"\nstarts = "case_closed"\nyears = 2\n'
    )
    found = load(path)
    assert found["dismissed_content"].days == 30
    assert found["dismissed_content"].basis == "operator"
    assert "acted_content" not in found and found["own"].years == 2
    assert found["uk_reference"] == shipped()["uk_reference"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[clocks.own]\nyears = 1\n", "title"),
        ("[clocks.us_content]\nyears = 0\n", "give years"),
        ('[clocks.us_content]\nstarts = "whenever"\n', "starts"),
        ('[clocks.acted_content]\nstates = ["new"]\n', "no state of closed cases"),
        ("[other]\n", "nothing else"),
        ("clocks = 1\n", "nothing else"),
        ("[clocks\n", "retention.toml"),
    ],
)
def test_a_file_that_is_not_valid_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "retention.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=says):
        load(path)


def test_every_clock_says_where_it_comes_from() -> None:
    """The law is the notes' and marked as they mark it; everything else says it is ours."""
    law = {name for name, each in shipped().items() if each.basis == "law"}
    assert law == {"us_content", "uk_content", "uk_reference"}
    assert all(shipped()[name].mark == "2°" for name in law if name.startswith("uk_"))
    assert all(each.source for each in shipped().values())


@given(
    st.integers(min_value=0, max_value=4 * 10**15),
    st.integers(min_value=0, max_value=30),
    st.integers(min_value=0, max_value=800),
)
def test_a_clock_never_ends_before_its_years_are_over(start: int, years: int, days: int) -> None:
    clock = Clock("x", "content", "case_closed", "x", "judgement", years, days)
    span = clock.ends(start) - start
    assert years * 365 * DAY + days * DAY <= span <= (years * 366 + 1) * DAY + days * DAY
