"""The rows of a case's page: what a decision, a proposal, a reason is in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldfare.cases import Permission
from fieldfare.cases.actions import shipped as actions
from fieldfare.cases.proposing import second_of
from fieldfare.cases.records import Decision, Proposal, Reason, Task
from fieldfare.console import times
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.contacts.catalogue import catalogue
from fieldfare.scan.page import words
from fieldfare.scan.page.context import ChildRow, ReasonRow, Time


@dataclass(frozen=True)
class CaseChild:
    """A child in the table, with the moment that the brush compares."""

    row: ChildRow
    at: int
    first: dict[str, int]
    """By what was asked: the message in which it first was, where that is kept."""


@dataclass(frozen=True)
class NoticeRow:
    """An act of somebody's about the account."""

    when: Time
    what: str
    by: str


@dataclass(frozen=True)
class HistoryRow:
    """What detection said at a moment."""

    as_of: Time
    taken: Time
    band: str
    probability: str
    scorecard: str


@dataclass(frozen=True)
class NoteRow:
    """A note."""

    when: Time
    by: str
    text: str


@dataclass(frozen=True)
class TaskRow:
    """A task."""

    id: int
    text: str
    by: str
    whose: str
    due: str
    done: str


@dataclass(frozen=True)
class DecisionRow:
    """A decision, and whether it can still be undone."""

    id: int
    title: str
    reasons: list[str]
    rationale: str
    when: Time
    by: str
    status: str
    second: str
    second_rationale: str
    effect: str
    undo: bool


@dataclass(frozen=True)
class Waiting:
    """A proposal that waits for a second person."""

    id: int
    title: str
    consequence: str
    why: str
    by: str
    when: Time
    mine: bool
    may_agree: bool


@dataclass(frozen=True)
class ActionRow:
    """What can be decided."""

    name: str
    title: str
    consequence: str
    two: bool


@dataclass(frozen=True)
class ChangeRow:
    """A change of the case."""

    when: Time
    by: str
    what: str


def reason_rows(reasons: Sequence[Reason]) -> tuple[list[ReasonRow], list[ReasonRow]]:
    longest = max((abs(each.contribution) for each in reasons), default=1.0) or 1.0
    entries = catalogue()
    found = [
        ReasonRow(
            signal=words.clip(each.signal),
            sentence=words.clip(each.sentence, 400),
            value=words.signal_value(
                each.value, entries[each.signal].unit if each.signal in entries else ""
            ),
            weight=words.signed(each.contribution),
            bar=round(100 * abs(each.contribution) / longest, 1),
            speaks_for=each.contribution > 0,
            messages=[words.clip(message) for message in each.messages],
            more="",
        )
        for each in sorted(reasons, key=lambda each: -each.contribution)
    ]
    return [each for each in found if each.speaks_for], [
        each for each in reversed(found) if not each.speaks_for
    ]


_STATUS: Final = {
    "proposed": "waits for a second person",
    "stands": "stands",
    "refused": "the second person did not agree",
    "withdrawn": "withdrawn",
    "undone": "undone",
}


def decision_row(visit: Visit, decision: Decision, zone: Zone) -> DecisionRow:
    action = actions().actions.get(decision.action)
    effect, undo = "", False
    if decision.status == "stands" and decision.effective_at is not None:
        left = decision.effective_at - visit.now
        undo = left > 0 and visit.actor.user in (decision.by, decision.second)
        undo = undo and visit.actor.may(Permission.CASE_DECIDE)
        effect = (
            f"has no effect yet; can be undone for {times.span(left)}"
            if left > 0
            else f"in force since {zone.minute(decision.effective_at).shown}"
        )
    reasons = actions().reasons
    return DecisionRow(
        id=decision.id,
        title=action.title if action else decision.action,
        reasons=[reasons.get(each, each) for each in decision.reasons],
        rationale=words.clean(decision.rationale),
        when=zone.minute(decision.at),
        by=decision.by,
        status=_STATUS[decision.status],
        second=decision.second or "",
        second_rationale=words.clean(decision.second_rationale),
        effect=effect,
        undo=undo,
    )


def task_row(task: Task, zone: Zone) -> TaskRow:
    return TaskRow(
        id=task.id,
        text=words.clean(task.text),
        by=task.by,
        whose=task.assigned_to or "",
        due="" if task.due_at is None else zone.minute(task.due_at).shown,
        done="" if task.done_at is None else f"{task.done_by}, {zone.minute(task.done_at).shown}",
    )


_IN_FORCE: Final = "After a second person agrees, whoever runs the service may put it in force."
KINDS: Final = {
    "export": ("Export the case", "After a second person agrees, the case can be exported."),
    "unredact": ("Undo a redaction", "The text of the named messages can be revealed again."),
    "policy": ("Another policy", _IN_FORCE),
    "scorecard": ("Another scorecard", _IN_FORCE),
    "hold_release": (
        "Release a hold",
        "After a second person agrees, the hold stands no more; clocks go on.",
    ),
    "destruction": (
        "Destroy what is due",
        "After a second person agrees and 15 minutes have passed, it is destroyed for good, with a "
        "certificate. A hold placed before then stops it.",
    ),
}


def waiting(visit: Visit, proposal: Proposal, zone: Zone) -> Waiting:
    """A proposal, and whether the visitor may agree to it."""
    if proposal.kind == "decision":
        action = actions().actions[proposal.payload["action"]]
        title, consequence = action.title, action.consequence
    else:
        title, consequence = KINDS[proposal.kind]
    mine = proposal.by == visit.actor.user
    return Waiting(
        id=proposal.id,
        title=title,
        consequence=consequence,
        why=words.clean(str(proposal.payload.get("why") or proposal.payload.get("reason", ""))),
        by=proposal.by,
        when=zone.minute(proposal.at),
        mine=mine,
        may_agree=not mine and visit.actor.may(second_of(proposal)),
    )
