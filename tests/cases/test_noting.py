"""Notes, tags, tasks, search, blind review, exposure, retention."""

from __future__ import annotations

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.errors import NotAllowed, NotFound, WrongState
from fieldfare.cases.records import Filters
from fieldfare.cases.reviewing import agreement_of
from fieldfare.cases.users import Users
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import HOUR, MINUTE
from tests.cases.conftest import Clock, actor
from tests.cases.snapshots import snapshot

ANA, BEN = actor("ana"), actor("ben", "senior_reviewer")
SUE = actor("sue", "supervisor")


@pytest.fixture
def case(store: CaseStore) -> int:
    """A case."""
    return store.open_case(OPERATOR, snapshot(), "scan")


def test_a_note_reaches_those_it_names(store: CaseStore, case: int) -> None:
    Users(store._engine).add(OPERATOR, "ben", ["senior_reviewer"], None)
    note = store.add_note(ANA, case, "@ben please look; ana@example.org and @nobody do not count")
    assert note.mentions == ("ben",)
    assert store.my_mentions(BEN) == ((case, note.id),)
    store.seen_mention(BEN, note.id)
    assert store.my_mentions(BEN) == ()
    task = store.add_task(ANA, case, "ask the school", "ben")
    assert [each.text for each in store.my_tasks(BEN)] == ["ask the school"]
    store.finish_task(BEN, task.id)
    assert store.my_tasks(BEN) == ()
    with pytest.raises(NotFound):
        store.finish_task(BEN, task.id)
    with pytest.raises(NotFound, match="nobody"):
        store.add_task(ANA, case, "ask", "nobody")


def test_a_redaction_takes_two_people_to_undo(store: CaseStore, case: int) -> None:
    ids = [each.id for each in store.conversation(ANA, case)]
    assert store.redact(ANA, case, ids[:1], "names a bystander") == 1
    assert ids[0] not in store.reveal(ANA, case, ids)
    with pytest.raises(NotAllowed):
        store.propose(ANA, "unredact", {"messages": ids[:1]}, case)
    proposal = store.propose(SUE, "unredact", {"messages": ids[:1]}, case)
    with pytest.raises(NotAllowed):
        store.approve(SUE, proposal.id)
    store.approve(actor("tom", "supervisor"), proposal.id)
    assert ids[0] in store.reveal(ANA, case, ids)


def test_search_finds_by_every_key_and_says_how(store: CaseStore, case: int) -> None:
    other = store.open_case(OPERATOR, snapshot("nils", text=None), "scan")
    store.tag(ANA, other, "school")
    store.link_account(ANA, other, "otto-2", "the same photo")
    for query, wanted in (
        ("otto", {case: ("account",)}),
        ("mara", {case: ("child",), other: ("child",)}),
        ("otto-2", {other: ("linked",)}),
        ("school", {other: ("tag",)}),
        ("parents_absent", {case: ("indicator",), other: ("indicator",)}),
        (f"C-{case}", {case: ("case",)}),
        ("parents home", {}),
    ):
        assert store.search(ANA, query).matched == wanted, query
    assert store.search(ANA, "PARENTS home", text=True).matched == {case: ("text",)}
    assert store.search(ANA, "same photo", text=True).matched == {other: ("note",)}
    with pytest.raises(NotAllowed):
        store.search(actor("x", "auditor"), "otto", text=True)
    saved = store.save_search(ANA, "mine", "mara", Filters(tags=("school",)))
    assert store.saved_searches(ANA) == (saved,)
    assert set(store.search(ANA, saved.query, saved.filters).matched) == {other}
    assert store.saved_searches(BEN) == ()
    with pytest.raises(NotFound):
        store.forget_search(BEN, saved.id)


def test_a_bulk_action_says_first_what_it_would_do(store: CaseStore, case: int) -> None:
    store.claim(ANA, case)
    dry = store.bulk(SUE, [case, 999], "take_away", "ill")
    assert (dry.done, set(dry.refused)) == ((case,), {999})
    assert store.summary(OPERATOR, case).claimed_by == "ana"
    store.bulk(SUE, [case, 999], "take_away", "ill", dry_run=False)
    after = store.summary(OPERATOR, case)
    assert (after.claimed_by, after.state) == (None, "new")
    store.bulk(BEN, [case], "tag", "week-9", dry_run=False)
    assert [each.id for each in store.queue(ANA, Filters(tags=("week-9",))).cases] == [case]
    with pytest.raises(NotAllowed):
        store.bulk(BEN, [case], "take_away", "x")
    with pytest.raises(InputError):
        store.bulk(BEN, [case], "tag", "Not a tag")


class TestSecondReview:
    """A blind second review of every decision."""

    @pytest.fixture
    def settings(self) -> StoreSettings:
        return StoreSettings(second_review_share=1.0)

    def test_it_is_blind_and_never_one_s_own(
        self, store: CaseStore, case: int, clock: Clock
    ) -> None:
        claimed = store.claim(ANA)
        assert claimed is not None
        store.add_note(ANA, case, "a coach, I think")
        store.decide(ANA, case, claimed.version + 1, "no_action", ["teacher_coach_or_carer"])
        assert store.second_review(ANA) is None
        seen = store.second_review(BEN)
        assert seen is not None and seen.summary.id == case and seen.blind
        for each in (seen, store.get(BEN, case)):
            assert (each.notes, each.decisions, each.changes) == ((), (), ())
            assert each.summary.state == "in_review"
        assert store.second_review(actor("cy")) is None, "one at a time"
        store.review(BEN, case, "ban", ["poses_as_child"])
        assert store.summary(OPERATOR, case).state == "closed_no_action"
        found = store.agreement(SUE)
        assert (found.pairs, found.agreed) == (1, 0)
        assert found.table == {("dismissed", "confirmed"): 1}
        assert "look again" in store.get(ANA, case).tasks[0].text
        clock.at += 16 * MINUTE
        assert [each.decision for each in store.labels(SUE)] == ["dismissed"], "blind: no effect"


def test_kappa_is_cohens() -> None:
    """The worked example of two raters and fifty subjects: 20, 5, 10, 15 give 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement_of(pairs)
    assert (found.pairs, found.agreed) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert agreement_of([("y", "y")] * 3).kappa is None


def test_labels_are_decisions_that_stand_and_say_either_way(store: CaseStore, clock: Clock) -> None:
    for name, action, reason in (
        ("a", "no_action", "peer_of_like_age"),
        ("b", "keep_watch", "needs_time"),
        ("c", "ban", "mass_grooming"),
        ("d", "ban", "mass_grooming"),
    ):
        case = store.open_case(OPERATOR, snapshot(name), "scan")
        claimed = store.claim(ANA, case)
        assert claimed is not None
        store.decide(ANA, case, claimed.version, action, [reason])
    first, _ = store.proposals(BEN)
    store.approve(BEN, first.id)
    assert store.labels(SUE) == (), "the undo window is open"
    clock.at += 16 * MINUTE
    found = {each.account: each.decision for each in store.labels(SUE)}
    assert found == {"a": "dismissed", "c": "confirmed"}


def test_exposure_is_counted_once_a_message_in_the_shift(
    store: CaseStore, case: int, clock: Clock
) -> None:
    ids = [each.id for each in store.conversation(ANA, case)]
    store.get(ANA, case)
    store.reveal(ANA, case, ids[:2])
    store.reveal(ANA, case, ids)
    mine = store.exposure(ANA)
    assert (mine.cases, mine.revealed, mine.break_due) == (1, 3, False)
    Users(store._engine, clock).add(OPERATOR, "ana", ["reviewer"], None)
    store.claim(ANA, case)
    [member] = store.team(SUE)
    assert (member.user, member.claimed, member.exposure) == ("ana", 1, mine)
    clock.at += 9 * HOUR
    assert store.exposure(ANA).revealed == 0


def test_a_reopened_case_is_in_the_queue_again(store: CaseStore, case: int) -> None:
    claimed = store.claim(ANA)
    assert claimed is not None
    store.decide(ANA, case, claimed.version, "keep_watch", ["needs_time"])
    store.reopen(BEN, case, "a parent wrote")
    assert [each.id for each in store.queue(ANA).cases] == [case]
    with pytest.raises(WrongState, match="is open"):
        store.reopen(BEN, case, "again")
