"""A conversation with one child: the stage ribbon, the messages, masked until they are revealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.errors import NotFound
from fieldfare.cases.records import Case, Child, Message
from fieldfare.console import said
from fieldfare.console.drawing.ribbon import Ribbon, ribbon
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page.account import child_row
from fieldfare.scan.page.context import ChildRow
from fieldfare.vocabulary import InputError

routes = Routes()

PAGE: Final = 100
"""Messages of one page."""

CONTEXTS: Final = (3, 5, 10, 25)


@dataclass(frozen=True)
class ConversationPage:
    """A conversation, or a message with what stands around it."""

    case: int
    reference: str
    child: ChildRow
    order: int
    before: int
    """The number of the child before; 0 where there is none."""
    after: int
    zone: str
    ribbon: Ribbon | None
    rows: list[said.MessageRow]
    masked: list[int]
    """Messages of this page that could be revealed."""
    next: str
    heading: str
    contexts: list[tuple[int, bool]]
    """Of a message: how many before and after can be shown, and which is chosen."""
    focus: int
    may_reveal: bool
    may_redact: bool
    """Black out the message that the page is about;"""
    may_unredact: bool
    """or propose to undo that."""


@dataclass(frozen=True)
class RevealedPage:
    """Messages alone: a part of a page."""

    case: int
    rows: list[said.MessageRow]
    may_reveal: bool


@routes.get("/cases/{case}/children/{child}", Permission.CASE_READ)
def conversation(visit: Visit) -> Response:
    """The conversation with one child, a page at a time."""
    case = visit.store.get(visit.actor, visit.number("case"))
    order = visit.number("child")
    found = visit.store.conversation(
        visit.actor,
        case.summary.id,
        _child(case, order).account,
        after=_place(visit.asked("after")),
        most=PAGE + 1,
    )
    shown, more = found[:PAGE], len(found) > PAGE
    next_ = (
        f"/cases/{case.summary.id}/children/{order}?after={shown[-1].sent_at}.{shown[-1].id}"
        if more
        else ""
    )
    return _page(visit, case, order, shown, next_=next_)


@routes.get("/cases/{case}/messages/{message}", Permission.CASE_READ)
def in_context(visit: Visit) -> Response:
    """One message with those before and after it."""
    case = visit.store.get(visit.actor, visit.number("case"))
    message, around = visit.number("message"), _around(visit)
    shown = visit.store.around(visit.actor, case.summary.id, message, around, around)
    return _page(visit, case, _order(case, shown), shown, focus=message, around=around)


@routes.post("/cases/{case}/reveal", Permission.TEXT_REVEAL)
def reveal(visit: Visit) -> Response:
    """Show the text of some messages: it goes into the audit, and counts as exposure."""
    ids = visit.integers("message")
    if not ids:
        raise InputError("say which messages")
    number = visit.number("case")
    # The zone of the child's country is known from the case only.
    alone = visit.partial and visit.preferences.zone != "child"
    case = None if alone else visit.store.get(visit.actor, number)
    shown = visit.store.messages_of(visit.actor, number, ids)
    texts = visit.store.reveal(visit.actor, number, ids)
    whole = visit.text("whole", 5) == "1"
    if case is None:
        part = RevealedPage(number, said.rows(shown, visit.zone(), texts, whole=whole), True)
        return visit.page("revealed.html.j2", "Messages", part)
    order = _order(case, shown)
    if visit.partial:
        zone = visit.zone(_child(case, order).country)
        part = RevealedPage(number, said.rows(shown, zone, texts, whole=whole), True)
        return visit.page("revealed.html.j2", "Messages", part)
    return _page(visit, case, order, shown, texts=texts, whole=whole)


def _page(
    visit: Visit,
    case: Case,
    order: int,
    shown: Sequence[Message],
    *,
    texts: Mapping[int, str] | None = None,
    next_: str = "",
    focus: int = 0,
    around: int = 0,
    whole: bool = False,
) -> Response:
    child = _child(case, order)
    zone = visit.zone(child.country)
    moments = [
        each
        for each in visit.store.moments(visit.actor, case.summary.id)
        if each.child == child.account
    ]
    rows = said.rows(shown, zone, texts, whole=whole, focus=focus)
    redacted = next((each.redacted for each in shown if each.id == focus), None)
    page = ConversationPage(
        case=case.summary.id,
        reference=case.summary.reference,
        child=child_row(order, child),
        order=order,
        before=order - 1,
        after=order + 1 if order < len(case.children) else 0,
        zone=zone.name,
        ribbon=ribbon(
            moments,
            min([child.contacted_at, *(each.sent_at for each in moments)]),
            max([child.last_at, *(each.sent_at for each in moments)]),
            zone,
        ),
        rows=rows,
        masked=[
            each.id for each in rows if each.has_text and not each.redacted and not each.segments
        ],
        next=next_,
        heading="One message and what stands around it" if focus else "Messages",
        contexts=[(each, each == around) for each in CONTEXTS] if focus else [],
        focus=focus,
        may_reveal=visit.actor.may(Permission.TEXT_REVEAL),
        may_redact=redacted is False and visit.actor.may(Permission.CASE_NOTE) and not case.blind,
        may_unredact=redacted is True
        and visit.actor.may(Permission.REDACTION_PROPOSE)
        and not case.blind,
    )
    return visit.page("conversation.html.j2", f"Conversation {order}, {page.reference}", page)


def _child(case: Case, order: int) -> Child:
    if not 1 <= order <= len(case.children):
        raise NotFound(f"case {case.summary.id} has no child {order}")
    return case.children[order - 1]


def _order(case: Case, shown: Sequence[Message]) -> int:
    account = shown[0].child
    for order, child in enumerate(case.children, 1):
        if child.account == account:
            return order
    raise NotFound(f"the child of this message is not in case {case.summary.id} any more")


def _around(visit: Visit) -> int:
    asked = visit.asked("around", str(visit.preferences.context))
    return next((each for each in CONTEXTS if str(each) == asked), visit.preferences.context)


def _place(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    sent_at, _, message = cursor.partition(".")
    if not (sent_at.lstrip("-").isdigit() and message.isdigit()):
        raise InputError("this is not the place of a page")
    return int(sent_at), int(message)
