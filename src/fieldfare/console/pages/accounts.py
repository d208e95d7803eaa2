"""Of an investigation: which accounts are one person's, what was sent to many, what was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.errors import NotFound
from fieldfare.console import said
from fieldfare.console.investigated import (
    Bar,
    bar,
    cabinet,
    message_rows,
    name_of,
    opened,
    path_of,
    people_of,
)
from fieldfare.console.pages.people import WordsPage
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.investigation import correspondence, provenance, reading, wording
from fieldfare.investigation.decisions import JOIN_STATES, decide_join
from fieldfare.investigation.records import Join, Problem, Script
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary import InputError

routes = Routes()

MOST_JOINS: Final = 200
MOST_SCRIPTS: Final = 60
MOST_SHOWN: Final = 40
"""People listed with one script."""


@dataclass(frozen=True)
class JoinRow:
    """Two accounts that are, or may be, one person's."""

    id: str
    names: tuple[str, str]
    accounts: tuple[str, str]
    why: str
    value: str
    confidence: str
    evidence: list[tuple[str, str, str]]
    """Account, what it says, where."""
    state: str
    """waiting, applied, confirmed, rejected."""
    by: str


@dataclass(frozen=True)
class JoinsPage:
    """Joins, those that wait for somebody first."""

    bar: Bar
    rows: list[JoinRow]
    waiting: int
    more: str


@dataclass(frozen=True)
class ScriptRow:
    """Nearly the same message, sent to many."""

    number: int
    people: int
    first: Time
    last: Time
    similarity: str
    message: said.MessageRow
    recipients: list[tuple[str, str]]
    more: str


@dataclass(frozen=True)
class ScriptsPage:
    """What was sent to many."""

    bar: Bar
    rows: list[ScriptRow]
    more: str
    zone: str


@dataclass(frozen=True)
class SourceRow:
    """An archive."""

    source: str
    title: str
    records: str
    complete: str
    times: str
    problems: str
    sha256: str


@dataclass(frozen=True)
class SourcesPage:
    """What was read, and what could not be."""

    bar: Bar
    rows: list[SourceRow]
    problems: list[tuple[str, str, str, int]]
    more: str
    remarks: list[tuple[str, str]]
    """What loses nothing: what, how often."""


@routes.get("/investigations/{investigation}/accounts", Permission.INVESTIGATION_READ)
def joins(visit: Visit) -> Response:
    """Which accounts are one person's."""
    with opened(visit, "accounts") as case:
        found = reading.joins(case)
    rows = [_join(each) for each in found[:MOST_JOINS]]
    page = JoinsPage(
        bar(visit, "/accounts"),
        rows,
        sum(each.state == "proposed" and not each.applied for each in found),
        f"The first {MOST_JOINS} of {len(found):,} are listed." if len(found) > MOST_JOINS else "",
    )
    return visit.page("accounts.html.j2", "Same person?", page)


@routes.post("/investigations/{investigation}/joins/{join}", Permission.INVESTIGATION_JUDGE)
def judge_join(visit: Visit) -> Response:
    """Say that a join holds or does not, or take back what was said. Everything that follows from
    it is made anew."""
    name, join = name_of(visit), str(visit.request.path_params["join"])
    state, seen = visit.text("state", 20), visit.text("seen", 20)
    if state not in JOIN_STATES:
        raise InputError("say whether they are one person's")
    with cabinet(visit).open(name) as case:
        found = next((each for each in reading.joins(case) if each.id == join), None)
        if found is None:
            raise NotFound("there is no such pair of accounts in this investigation (any more)")
        if found.state != seen:
            return visit.to(f"{path_of(name)}/accounts", "judged-meanwhile")
        visit.store.investigation_judged(visit.actor, name, "join", join, state)
        decide_join(case, join, state, visit.actor.user)
    notice = {"confirmed": "joined", "rejected": "parted"}.get(state, "join-undone")
    return visit.to(f"{path_of(name)}/accounts", notice)


@routes.get("/investigations/{investigation}/scripts", Permission.INVESTIGATION_READ)
def scripts(visit: Visit) -> Response:
    """What was sent to many, masked."""
    with opened(visit, "scripts") as case:
        found = correspondence.scripts(case)
        people = {each.peer: each for each in people_of(case)}
        shown = found[:MOST_SCRIPTS]
        firsts = {
            each.message: each
            for each in correspondence.messages(case, [each.sendings[0].message for each in shown])
        }
    zone, rows = visit.zone(), []
    for each in shown:
        first = firsts.get(each.sendings[0].message)
        if first is None:
            continue
        peers = [p for p in dict.fromkeys(s.peer for s in each.sendings) if p in people]
        rows.append(
            ScriptRow(
                each.script,
                len(peers),
                zone.minute(each.sendings[0].at),
                zone.minute(each.sendings[-1].at),
                _alike(each),
                message_rows([first], zone)[0],
                [
                    (people[p].key, words.clip(people[p].name, 40) or people[p].reference)
                    for p in peers[:MOST_SHOWN]
                ],
                f"and {len(peers) - MOST_SHOWN:,} more" if len(peers) > MOST_SHOWN else "",
            )
        )
    page = ScriptsPage(
        bar(visit, "/scripts"),
        rows,
        f"The {MOST_SCRIPTS} sent to most of {len(found):,} are listed."
        if len(found) > MOST_SCRIPTS
        else "",
        zone.name,
    )
    return visit.page("scripts.html.j2", "Scripts", page)


@routes.post("/investigations/{investigation}/scripts/words", Permission.INVESTIGATION_REVEAL)
def reveal_script(visit: Visit) -> Response:
    """The text of a script: recorded, and counted as exposure."""
    name = name_of(visit)
    with cabinet(visit).open(name) as case:
        known = {s.message for each in correspondence.scripts(case) for s in each.sendings}
        wanted = [each for each in visit.integers("message") if each in known]
        if not wanted:
            raise InputError("say which messages")
        visit.store.investigation_revealed(visit.actor, name, wanted)
        rows = message_rows(
            correspondence.messages(case, wanted), visit.zone(), correspondence.texts(case, wanted)
        )
    if not visit.partial:
        return visit.to(f"{path_of(name)}/scripts")
    page = WordsPage(f"{visit.root}{path_of(name)}/scripts", rows, may_reveal=True)
    return visit.page("words.html.j2", "Messages", page)


def _where(problem: Problem) -> str:
    """The place of it, which mostly begins with the source it is in."""
    if problem.where.startswith(problem.source):
        return problem.where
    return ", ".join(part for part in (problem.source, problem.where) if part)


@routes.get("/investigations/{investigation}/sources", Permission.INVESTIGATION_READ)
def sources(visit: Visit) -> Response:
    """What was read, and what could not be."""
    with opened(visit, "sources") as case:
        found, noted = provenance.sources(case), provenance.problems(case)
    problems = [each for each in noted if each.lost]
    remarks: Counter[str] = Counter()
    for each in noted:
        if not each.lost:
            remarks[each.what] += each.times
    page = SourcesPage(
        bar(visit, "/sources"),
        [
            SourceRow(
                words.clip(each.shown, words.PLACE_LENGTH),
                each.title,
                f"{each.records:,}",
                _COMPLETE.get(each.completeness, "not known"),
                _TIMES.get(each.tz_basis, each.tz_basis),
                f"{each.problems:,}",
                each.sha256,
            )
            for each in found
        ],
        [
            (
                words.clip(each.what, 200),
                words.clip(each.detail, 200),
                words.clip(_where(each), 240),
                each.times,
            )
            for each in problems[:MOST_JOINS]
        ],
        f"The {MOST_JOINS} most frequent of {len(problems):,} are listed."
        if len(problems) > MOST_JOINS
        else "",
        [
            (words.clip(what, 200), words.plural(times, "time"))
            for what, times in remarks.most_common()
        ],
    )
    return visit.page("sources.html.j2", "Sources", page)


_COMPLETE: Final = {"everything": "both sides", "one side": "one side only"}
_TIMES: Final = {
    "utc": "UTC",
    "offset": "with their offset",
    "assumed": "local, zone named by the officer",
    "unknown": "no zone: may be wrong by hours",
}


def _join(join: Join) -> JoinRow:
    state = join.state if join.state != "proposed" else "applied" if join.applied else "waiting"
    return JoinRow(
        join.id,
        (words.clip(join.name_a, 40) or "no name", words.clip(join.name_b, 40) or "no name"),
        (words.clip(join.account_a, 60), words.clip(join.account_b, 60)),
        wording.JOINS.get(join.kind, join.kind.replace("_", " ")),
        words.clip(join.value, 80),
        words.probability(join.confidence),
        [
            (words.clip(each.account, 60), words.clip(each.says, 120),
             words.clip(str(each.origin), words.PLACE_LENGTH))
            for each in join.evidence[:8]
        ],
        state,
        join.by,
    )  # fmt: skip


def _alike(script: Script) -> str:
    least = min(each.similarity for each in script.sendings)
    return "word for word" if least > 0.999 else f"at least {100 * least:.0f} % alike"
