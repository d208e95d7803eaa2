"""The case file: what it holds, who may take it, and what the audit says of it."""

from __future__ import annotations

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.errors import NotAllowed, WrongState
from fieldfare.cases.exporting import TRAIL_START, link
from fieldfare.reports.case_file import CaseFile, open_case_file
from fieldfare.reports.completeness import completeness, of_case
from fieldfare.reports.details import Details
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary.times import HOUR
from tests.cases.conftest import Clock, actor
from tests.reports.conftest import ANA, EVE, decided
from tests.reports.material import NAMES, SCRIPTS, snapshot


def test_it_holds_every_message_with_its_text_and_where_it_was_read(case_file: CaseFile) -> None:
    wanted = {each.id: each for each in snapshot().messages}
    found = list(case_file.messages())
    assert {each.id for each in found} == set(wanted)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    for message in found:
        seen = wanted[message.id]
        assert (message.text, message.media, message.source) == (seen.text, seen.media, seen.source)
        assert message.sender == ("otto" if seen.from_account else seen.child)
        assert message.recipients == ((seen.child,) if seen.from_account else ("otto",))
        assert message.zone in ("utc", "assumed")


def test_conversations_come_by_child_in_the_order_of_first_contact(case_file: CaseFile) -> None:
    seen = [
        (each.child.account, [one.sent_at for one in each.messages])
        for each in case_file.conversations()
    ]
    assert [name for name, _ in seen] == list(SCRIPTS)
    assert all(times == sorted(times) for _, times in seen)
    assert [each.pseudonym for each in case_file.children][:2] == ["Child 1", "Child 2"]
    assert case_file.children[0].name == NAMES["mara"]


def test_two_people_are_named_and_so_is_who_saw_what(case_file: CaseFile) -> None:
    authority = case_file.authority
    assert authority is not None and not case_file.is_draft
    assert (authority.what, authority.by, authority.second) == ("report", "ana", "eve")
    [viewer] = case_file.viewers
    assert (viewer.user, viewer.views, viewer.revealed) == ("ana", 1, 2)


def test_the_trail_ends_with_the_export_and_its_running_hash_can_be_made_again(
    case_file: CaseFile,
) -> None:
    entries = list(case_file.trail())
    assert entries[-1] == case_file.trail_entry
    assert entries[-1].action == "case.export" and entries[-1].detail["purpose"] == "test"
    end = TRAIL_START
    for entry in entries:
        before, end = end, link(end, entry.hash)
    assert end == case_file.trail_end and entries[-1].detail["trail"] == before


def test_nothing_leaves_before_two_people_have_agreed(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    with pytest.raises(WrongState, match="two people"):
        open_case_file(store, OPERATOR, case, "test")
    with pytest.raises(NotAllowed):
        open_case_file(store, EVE, case, "test", draft=True)
    with pytest.raises(NotAllowed):
        open_case_file(store, ANA, case, "test")
    assert open_case_file(store, OPERATOR, case, "test", draft=True).is_draft
    sue, sam = actor("sue", "supervisor"), actor("sam", "supervisor")
    proposal = store.propose(sue, "export", {"to": "court"}, case)
    store.approve(sam, proposal.id)
    authority = open_case_file(store, EVE, case, "test").authority
    assert authority is not None and (authority.kind, authority.second) == ("export", "sam")


def test_a_decision_that_can_be_undone_lets_nothing_out(store: CaseStore, clock: Clock) -> None:
    case = decided(store, clock)
    clock.at -= HOUR
    with pytest.raises(WrongState, match="two people"):
        open_case_file(store, OPERATOR, case, "test")


def test_redacted_text_stays_in(store: CaseStore, case: int) -> None:
    [first, *_] = store.conversation(ANA, case)
    store.redact(ANA, case, [first.id], "names a third person")
    file = open_case_file(store, OPERATOR, case, "test")
    [held] = [each for each in file.messages() if each.case_id == first.id]
    assert (held.text, held.redacted, file.messages_redacted) == (None, True, 1)


def test_completeness_is_the_same_without_opening_a_text(
    store: CaseStore, case: int, case_file: CaseFile
) -> None:
    """What the console says before a decision, and what the command says of the case file."""
    settings, details = ReportSettings(), Details()
    taken = completeness(case_file, settings, details)
    looked = of_case(store, ANA, store.get(ANA, case), settings, details)
    assert looked == taken and 0 < looked.score < 1
