"""From the queue to a decision: one person's, two people's, refused, undone, changed meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fieldfare.cases import OPERATOR, SERVICE, CaseStore
from fieldfare.cases.errors import ChangedMeanwhile, NotAllowed, Taken, WrongState
from fieldfare.cases.records import Filters
from fieldfare.vocabulary.times import HOUR, MINUTE
from tests.cases.conftest import Clock, actor
from tests.cases.snapshots import snapshot

ANA, BEN = actor("ana"), actor("ben", "senior_reviewer")
EVE = actor("eve", "investigator")


def test_one_person_decides_what_takes_one(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None and claimed.id == case and claimed.state == "in_review"
    seen = store.get(ANA, case)
    decision = store.decide(ANA, case, seen.summary.version, "no_action", ["age_is_wrong"])
    assert decision.status == "stands"
    after = store.summary(OPERATOR, case)
    assert (after.state, after.claimed_by) == ("closed_no_action", None)
    assert store.queue(ANA).cases == ()


def test_the_proposer_never_is_the_second_person(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    both = actor("both", "senior_reviewer", "investigator", "supervisor")
    claimed = store.claim(both)
    assert claimed is not None
    store.decide(both, case, claimed.version, "ban", ["mass_grooming"])
    [proposal] = store.proposals(both)
    with pytest.raises(NotAllowed, match="second person"):
        store.approve(both, proposal.id)
    with pytest.raises(NotAllowed, match=r"decision\.second"):
        store.approve(ANA, proposal.id)
    assert store.summary(OPERATOR, case).state == "awaiting_second"
    store.approve(BEN, proposal.id, "seen the same")
    assert store.summary(OPERATOR, case).state == "actioned"
    [decision] = store.get(BEN, case).decisions
    assert (decision.by, decision.second) == ("both", "ben")


def test_a_refusal_goes_back_to_the_proposer_with_the_reason(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, case, claimed.version, "ban", ["mass_grooming"])
    [proposal] = store.proposals(BEN)
    store.refuse(BEN, proposal.id, "these are team-mates")
    again = store.get(ANA, case)
    assert (again.summary.state, again.summary.claimed_by) == ("in_review", "ana")
    assert again.decisions[0].second_rationale == "these are team-mates"


def test_a_report_ends_submitted_failed_or_declined(store: CaseStore, clock: Clock) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, case, claimed.version, "report", ["imminent_danger"])
    [proposal] = store.proposals(EVE)
    store.approve(EVE, proposal.id)
    with pytest.raises(WrongState, match="undone"):
        store.report_outcome(EVE, case, "submitted", "receipt by e-mail")
    clock.at += 16 * MINUTE
    store.report_outcome(EVE, case, "failed", "their server did not answer")
    assert case in {each.id for each in store.queue(EVE).cases}, "a failure stays in sight"
    store.report_outcome(EVE, case, "retry", "their server is back")
    store.report_outcome(EVE, case, "submitted", "accepted", receipt="R-1")
    assert store.summary(OPERATOR, case).state == "report_submitted"
    with pytest.raises(WrongState):
        store.report_outcome(EVE, case, "declined", "too late")


def test_a_decision_on_a_case_that_changed_is_refused_with_what_changed(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.open_case(OPERATOR, snapshot(more=3), "scan")
    with pytest.raises(ChangedMeanwhile, match="new evidence") as refused:
        store.decide(ANA, case, claimed.version, "no_action", ["nothing_worrying"])
    assert [change.by for change in refused.value.changes] == ["command line"]
    assert store.summary(OPERATOR, case).state == "in_review"
    version = store.get(ANA, case).summary.version
    store.decide(ANA, case, version, "no_action", ["nothing_worrying"])


def test_undone_within_the_window_and_not_after(store: CaseStore, clock: Clock) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    for minutes in (14, 15):
        claimed = store.claim(ANA, case)
        assert claimed is not None
        decision = store.decide(ANA, case, claimed.version, "limit", ["mass_contact"])
        clock.at += minutes * MINUTE
        if minutes == 14:
            with pytest.raises(NotAllowed):
                store.undo(BEN, decision.id)
            store.undo(ANA, decision.id)
            assert store.summary(OPERATOR, case).state == "in_review"
    with pytest.raises(WrongState, match="undone"):
        store.undo(ANA, decision.id)


def test_what_is_in_force_is_asked_for_by_when_it_came_into_force(
    store: CaseStore, clock: Clock
) -> None:
    for account, action, reason in (("a", "ban", "mass_grooming"), ("b", "limit", "mass_contact")):
        case = store.open_case(OPERATOR, snapshot(account), "scan")
        claimed = store.claim(ANA, case)
        assert claimed is not None
        store.decide(ANA, case, claimed.version, action, [reason], "Read all of it.")
    clock.at += 16 * MINUTE
    [limit] = store.effects(SERVICE)
    assert limit.action == "limit"
    [proposal] = store.proposals(BEN)
    store.approve(BEN, proposal.id)
    assert store.effects(SERVICE, clock.at) == (), "it can still be undone"
    clock.at += 16 * MINUTE
    assert [each.action for each in store.effects(SERVICE)] == ["limit", "ban"]
    # Decided first, and in force last: who saw the other misses it not.
    assert limit.effective_at is not None
    [ban] = store.effects(SERVICE, limit.effective_at + 1)
    assert ban.action == "ban" and ban.id < limit.id


def test_the_queue_is_by_imminence_then_by_deadline(store: CaseStore, clock: Clock) -> None:
    names = {}
    for name, asked in (("a", ()), ("b", ("meeting_travel",)), ("c", ()), ("d", ("pressure",))):
        names[store.open_case(OPERATOR, snapshot(name, asked=asked), "scan")] = name
        clock.at += HOUR
    ordered = [names[each.id] for each in store.queue(ANA).cases]
    assert ordered == ["b", "d", "a", "c"]
    first = store.queue(ANA, most=2)
    rest = store.queue(ANA, cursor=first.next, most=2)
    assert [names[each.id] for each in (*first.cases, *rest.cases)] == ordered
    assert rest.next is None
    for levels, wanted in (
        (("immediate",), ["b"]),
        (("immediate", "high"), ["b", "d"]),
        (("no",), []),
    ):
        found = store.queue(ANA, Filters(levels=levels)).cases
        assert [names[each.id] for each in found] == wanted


def test_twenty_reviewers_at_once_never_share_a_lease(store: CaseStore) -> None:
    opened = store.open_cases(OPERATOR, [snapshot(f"account {n}") for n in range(15)], "scan")
    people = [actor(f"reviewer {n}") for n in range(20)]
    with ThreadPoolExecutor(max_workers=20) as pool:
        claimed = list(pool.map(store.claim, people))
    got = [each.id for each in claimed if each is not None]
    assert sorted(got) == sorted(opened), "each case once, and nobody a second one"
    holder = next(each for each in claimed if each is not None)
    other = next(each for each in people if each.user != holder.claimed_by)
    with pytest.raises(Taken, match=str(holder.claimed_by)):
        store.claim(other, holder.id)


def test_a_lease_that_ended_is_anybodys(store: CaseStore, clock: Clock) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    store.claim(ANA, case)
    assert store.claim(BEN) is None
    clock.at += 31 * MINUTE
    taken = store.claim(BEN)
    assert taken is not None and taken.claimed_by == "ben"
    with pytest.raises(Taken):
        store.renew(ANA, case)


def test_who_passed_a_case_on_is_not_offered_it_again(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    store.claim(ANA)
    store.skip(ANA, case, "wellbeing")
    assert store.claim(ANA) is None
    taken = store.claim(BEN)
    assert taken is not None and taken.id == case


def test_text_is_masked_until_it_is_revealed_and_that_is_in_the_audit(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    shown = store.conversation(ANA, case, "mara")
    assert [each.text for each in shown] == [None, None, None]
    assert store.reveal(ANA, case, [shown[2].id]) == {shown[2].id: "are your parents home"}
    auditor = actor("theo", "auditor")
    [entry] = [e for e in store.audit_entries(auditor, case=case) if e.action == "text.reveal"]
    assert (entry.user, entry.detail) == ("ana", {"messages": [shown[2].id]})
    with pytest.raises(NotAllowed):
        store.reveal(auditor, case, [shown[2].id])
    assert store.audit_entries(auditor, user="theo")[-1].action == "refused"
    assert store.verify_audit(auditor).problems == ()


def test_new_evidence_joins_the_open_case_once(store: CaseStore) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    assert store.open_case(OPERATOR, snapshot(), "scan") == case
    assert store.get(ANA, case).summary.version == 1
    assert store.open_case(OPERATOR, snapshot(more=2, asked=("pressure",)), "scan") == case
    seen = store.get(ANA, case)
    assert (seen.messages, len(seen.assessments)) == (5, 2)
    assert "threatens" in seen.summary.signs
