"""The case: one sentence first, then what it rests on, then what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.actions import shipped as actions
from fieldfare.cases.errors import Destroyed
from fieldfare.cases.queue import SKIP_REASONS
from fieldfare.cases.records import Case, Child, Message
from fieldfare.cases.states import states
from fieldfare.console import said, wording
from fieldfare.console.drawing.graph import Graph, graph
from fieldfare.console.drawing.world import World, world
from fieldfare.console.pages.case_rows import (
    ActionRow,
    CaseChild,
    ChangeRow,
    DecisionRow,
    HistoryRow,
    NoteRow,
    NoticeRow,
    TaskRow,
    Waiting,
    decision_row,
    reason_rows,
    task_row,
    waiting,
)
from fieldfare.console.pages.keeping import Kept, kept, reference_page
from fieldfare.console.pages.queue import QueueRow, row
from fieldfare.console.pages.reporting import Reports, reports
from fieldfare.console.routes import Routes
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.scan.history import FirstFlag
from fieldfare.scan.page import words
from fieldfare.scan.page.account import (
    MAX_CHILDREN,
    child_row,
    country_rows,
    summary,
    what_was_asked,
    who,
    who_was_inferred,
    youngest,
)
from fieldfare.scan.page.context import CountryRow, Fact, ReasonRow, Timeline, Who
from fieldfare.scan.page.timeline import timeline

routes = Routes()

MOST_MOMENTS: Final = 25
"""Messages with an indicator that are listed on the page; conversations hold all."""


@dataclass(frozen=True)
class CasePage:
    """A case."""

    case: int
    number: int
    version: int
    head: QueueRow
    who: Who
    summary: str
    details: list[str]
    facts: list[Fact]
    zone: str
    lease: str
    concern: list[ReasonRow]
    against: list[ReasonRow]
    links: dict[str, str]
    """Where a message that a reason rests on is read in its context, by the service's id."""
    scorecard: str
    children: list[CaseChild]
    children_more: str
    countries: list[CountryRow]
    world: World | None
    graph: Graph | None
    timeline: Timeline | None
    moments: list[said.MessageRow]
    moments_child: dict[int, int]
    """By message: the number of its child."""
    moments_note: str
    messages: str
    notices: list[NoticeRow]
    linked: list[str]
    history: list[HistoryRow]
    notes: list[NoteRow]
    tasks: list[TaskRow]
    decisions: list[DecisionRow]
    changes: list[ChangeRow]
    waiting: list[Waiting]
    actions: list[ActionRow]
    skips: list[tuple[str, str]]
    sha256: str
    blind: bool
    may_claim: bool
    may_decide: bool
    may_note: bool
    may_reveal: bool
    may_reopen: bool
    may_report: bool
    kept: Kept
    reports: Reports | None
    """None for those who make no reports."""
    may_export: bool
    """Propose that the case leaves the house."""


@routes.get("/cases/{case}", Permission.CASE_READ)
def case_page(visit: Visit) -> Response:
    """A case. That it was looked at goes into the audit."""
    number = visit.number("case")
    try:
        case = visit.store.get(visit.actor, number)
    except Destroyed:
        return reference_page(visit, number)
    page = build(visit, case)
    if not case.blind and visit.actor.may(Permission.EXPOSURE_OWN):
        for where, note in visit.store.my_mentions(visit.actor):
            if where == case.summary.id:
                visit.store.seen_mention(visit.actor, note)
    return visit.page("case.html.j2", f"Case {case.summary.reference}", page)


def build(visit: Visit, case: Case) -> CasePage:
    """Everything that the page shows."""
    zone, actor, head = visit.zone(), visit.actor, case.summary
    children = case.children
    moments = visit.store.moments(actor, head.id)
    shown, firsts = _telling(moments), _firsts(moments)
    orders = {child.account: order for order, child in enumerate(case.children, 1)}
    top = row(visit, head)
    flag = None
    if case.first_flagged_at is not None:
        before = sum(child.contacted_at <= case.first_flagged_at for child in children)
        flag = FirstFlag(case.first_flagged_at, before)
    concern, against = reason_rows(case.reasons)
    is_open = states()[head.state].open
    return CasePage(
        case=head.id,
        number=head.id,
        version=head.version,
        head=top,
        who=who(head.account, case.name),
        summary=summary(children),
        details=_details(case, children),
        facts=_facts(case, children, zone),
        zone=zone.name,
        lease=zone.minute(head.lease_until).shown if top.mine and head.lease_until else "",
        concern=concern,
        against=against,
        links={
            words.clip(each.message): f"{visit.root}/cases/{head.id}/messages/{each.id}"
            for each in moments
            if each.message is not None
        },
        scorecard=words.clip(case.scorecard),
        children=[
            CaseChild(child_row(order, child), child.contacted_at, firsts.get(child.account, {}))
            for order, child in enumerate(children[:MAX_CHILDREN], 1)
        ],
        children_more=""
        if len(children) <= MAX_CHILDREN
        else f"The first {MAX_CHILDREN:,} of {len(children):,} are listed.",
        countries=country_rows(children),
        world=world(case.children),
        graph=graph(case.children, case.ties),
        timeline=timeline(children, flag),
        moments=said.rows(shown, zone),
        moments_child={each.id: orders.get(each.child, 0) for each in shown},
        moments_note=f"{len(shown):,} of {len(moments):,} are listed, those with the most "
        "indicators; the conversations hold all."
        if len(shown) < len(moments)
        else "",
        messages=f"{case.messages:,}",
        notices=[
            NoticeRow(zone.minute(each.at), words.clip(each.kind, 20), words.clip(each.by))
            for each in case.notices[:200]
        ],
        linked=[words.clip(each) for each in case.linked],
        history=[
            HistoryRow(
                zone.minute(each.as_of),
                zone.minute(each.taken_at),
                wording.band(each.band).title,
                words.probability(each.probability),
                words.clip(each.scorecard, 60),
            )
            for each in reversed(case.assessments)
        ],
        notes=[NoteRow(zone.minute(n.at), n.by, words.clean(n.text)) for n in case.notes],
        tasks=[task_row(each, zone) for each in case.tasks],
        decisions=[decision_row(visit, each, zone) for each in reversed(case.decisions)],
        changes=[
            ChangeRow(zone.minute(c.at), c.by, words.clip(c.what, 400))
            for c in reversed(case.changes)
        ],
        waiting=_waiting(visit, case, zone),
        actions=[
            ActionRow(name, each.title, each.consequence, each.second is not None)
            for name, each in actions().actions.items()
        ],
        skips=[(reason, wording.SKIPS[reason]) for reason in SKIP_REASONS],
        sha256=case.snapshot_sha256,
        blind=case.blind,
        may_claim=actor.may(Permission.CASE_CLAIM) and head.state in ("new", "in_review"),
        may_decide=actor.may(Permission.CASE_DECIDE) and top.mine and head.state == "in_review",
        may_note=actor.may(Permission.CASE_NOTE) and not case.blind,
        may_reveal=actor.may(Permission.TEXT_REVEAL),
        may_reopen=actor.may(Permission.CASE_REOPEN) and not is_open,
        may_report=actor.may(Permission.REPORT_OUTCOME)
        and head.state in ("escalated", "report_failed"),
        kept=kept(visit, head.id),
        reports=reports(visit, case),
        may_export=actor.may(Permission.EXPORT_PROPOSE) and not case.blind,
    )


def _telling(moments: Sequence[Message]) -> list[Message]:
    own = [each for each in moments if each.from_account]
    chosen = sorted(own, key=lambda each: (-len(each.indicators), each.sent_at, each.id))
    return sorted(chosen[:MOST_MOMENTS], key=lambda each: (each.sent_at, each.id))


def _firsts(moments: Sequence[Message]) -> dict[str, dict[str, int]]:
    """By child and what it was asked: the first message of the account that did."""
    found: dict[str, dict[str, int]] = {}
    for each in moments:
        if each.from_account:
            for indicator in each.indicators:
                found.setdefault(each.child, {}).setdefault(words.ask(indicator), each.id)
    return found


def _details(case: Case, children: Sequence[Child]) -> list[str]:
    found = []
    if asked := what_was_asked(children):
        found.append(asked)
    if inferred := who_was_inferred(children):
        found.append(inferred)
    if case.ties:
        knowing = len({account for pair in case.ties for account in pair})
        found.append(f"{knowing:,} of these children know another of them.")
    age = (
        "age not known"
        if case.age is None
        else f"age {case.age:.0f} ({words.clip(case.age_basis, 40)})"
    )
    country = words.country(case.country) if case.country else "country not known"
    found.append(f"The account itself: {age}, {country}.")
    return found


def _facts(case: Case, children: Sequence[Child], zone: Zone) -> list[Fact]:
    head = case.summary
    facts = [
        Fact(
            "Probability",
            words.probability(head.probability),
            f"of grooming, by scorecard {words.clip(case.scorecard, 60).partition(' sha256:')[0]}",
        ),
        Fact("Probable children", f"{len(case.children):,}", f"{case.messages:,} messages kept"),
        youngest(children),
        Fact("End of the material", zone.minute(case.as_of).shown, "what came later is not in it"),
    ]
    if case.first_flagged_at is not None:
        after = sum(child.contacted_at > case.first_flagged_at for child in case.children)
        facts.append(
            Fact(
                "First flagged",
                zone.minute(case.first_flagged_at).shown,
                f"{words.plural(after, 'child', 'children')} first contacted after that",
            )
        )
    return facts


def _waiting(visit: Visit, case: Case, zone: Zone) -> list[Waiting]:
    if case.blind or not visit.actor.may(Permission.PROPOSAL_READ):
        return []
    return [
        waiting(visit, each, zone)
        for each in visit.store.proposals(visit.actor, case.summary.id)
        if each.status == "open"
    ]
