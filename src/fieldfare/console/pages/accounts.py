"""Of an investigation: which accounts are one person's, what was sent to many, what was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

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
)
from fieldfare.console.pages.people import WordsPage
from fieldfare.console.pages.queue import Option
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.investigation import correspondence, provenance, reading, wording
from fieldfare.investigation.decisions import JOIN_STATES, decide_join
from fieldfare.investigation.records import (
    JOIN_STANDINGS,
    Join,
    Problem,
    Script,
    key_of,
    reference_of,
)
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary import InputError

routes = Routes()

PAGE: Final = 25
MOST_PROBLEMS: Final = 200
MOST_SHOWN: Final = 40
"""People listed with one script."""

SHOWN: Final = {
    "waiting": "Waiting for somebody",
    "applied": "Counted as one person",
    "confirmed": "One person, confirmed",
    "rejected": "Two people",
    "all": "All pairs",
}
"""What the filter offers: a standing of joins, or all."""


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
    """One of `JOIN_STANDINGS`."""
    by: str


@dataclass(frozen=True)
class JoinsPage:
    """Joins of one standing, or all: those that wait for somebody first."""

    bar: Bar
    rows: list[JoinRow]
    shown: list[Option]
    here: dict[str, str | int]
    """What the address asks for, so that whoever says something comes back to it."""
    caption: str
    any: bool
    """Whether there is a pair of any standing."""
    next: str


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
    part: str
    """Which of how many stand on this page."""
    next: str
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
    shown = _shown(visit.asked("show"))
    with opened(visit, "accounts") as case:
        counts = reading.join_counts(case)
        counts["all"] = sum(counts.values())
        # Whoever judged the last of a page comes back to the one before it.
        last = max(0, counts[shown] - 1) // PAGE * PAGE
        after = min(visit.asked_number("after") or 0, last)
        standings = JOIN_STANDINGS if shown == "all" else (shown,)
        found = reading.joins(case, standings, after=after, most=PAGE)
    beyond = after + PAGE
    page = JoinsPage(
        bar(visit, "/accounts"),
        [_join(each) for each in found],
        [Option(key, f"{title} ({counts[key]:,})", key == shown) for key, title in SHOWN.items()],
        {"show": shown, "after": after},
        f"{SHOWN[shown]}: {_part(after, len(found), counts[shown], 'pair')}",
        counts["all"] > 0,
        "?" + urlencode({"show": shown, "after": beyond}) if counts[shown] > beyond else "",
    )
    return visit.page("accounts.html.j2", "Same person?", page)


def _shown(asked: str) -> str:
    return asked if asked in SHOWN else "waiting"


def _part(after: int, listed: int, total: int, one: str) -> str:
    """Which of how many a page lists."""
    whole = words.plural(total, one)
    return whole if listed == total else f"{after + 1:,} to {after + listed:,} of {whole}"


@routes.post("/investigations/{investigation}/joins/{join}", Permission.INVESTIGATION_JUDGE)
def judge_join(visit: Visit) -> Response:
    """Say that a join holds or does not, or take back what was said. Everything that follows from
    it is made anew."""
    name, join = name_of(visit), str(visit.request.path_params["join"])
    state, seen = visit.text("state", 20), visit.text("seen", 20)
    if state not in JOIN_STATES:
        raise InputError("say whether they are one person's")
    here = urlencode({"show": _shown(visit.text("show", 20)), "after": visit.text("after", 20)})
    back = f"{path_of(name)}/accounts?{here}"
    with cabinet(visit).open(name) as case:
        found = next((each for each in reading.joins(case) if each.id == join), None)
        if found is None:
            raise NotFound("there is no such pair of accounts in this investigation (any more)")
        if found.state != seen:
            return visit.to(back, "judged-meanwhile")
        visit.store.investigation_judged(visit.actor, name, "join", join, state)
        decide_join(case, join, state, visit.actor.user)
    notice = {"confirmed": "joined", "rejected": "parted"}.get(state, "join-undone")
    return visit.to(back, notice)


@routes.get("/investigations/{investigation}/scripts", Permission.INVESTIGATION_READ)
def scripts(visit: Visit) -> Response:
    """What was sent to many, masked."""
    with opened(visit, "scripts") as case:
        after, total = visit.asked_number("after") or 0, correspondence.number_of_scripts(case)
        found = correspondence.scripts(case, after=after, most=PAGE)
        got = correspondence.got_scripts(case, [each.script for each in found], MOST_SHOWN)
        firsts = {
            each.message: each
            for each in correspondence.messages(case, [each.message for each in found])
        }
    zone, beyond = visit.zone(), after + PAGE
    page = ScriptsPage(
        bar(visit, "/scripts"),
        [
            ScriptRow(
                each.script,
                each.people,
                zone.minute(each.first_at),
                zone.minute(each.last_at),
                _alike(each),
                message_rows([firsts[each.message]], zone)[0],
                [
                    (key_of(peer), words.clip(name, 40) or reference_of(peer))
                    for peer, name in got[each.script]
                ],
                f"and {each.people - MOST_SHOWN:,} more" if each.people > MOST_SHOWN else "",
            )
            for each in found
        ],
        _part(after, len(found), total, "script"),
        "?" + urlencode({"after": beyond}) if total > beyond else "",
        zone.name,
    )
    return visit.page("scripts.html.j2", "Scripts", page)


@routes.post("/investigations/{investigation}/scripts/words", Permission.INVESTIGATION_REVEAL)
def reveal_script(visit: Visit) -> Response:
    """The text of a script: recorded, and counted as exposure."""
    name = name_of(visit)
    with cabinet(visit).open(name) as case:
        wanted = correspondence.of_scripts(case, visit.integers("message"))
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
            for each in problems[:MOST_PROBLEMS]
        ],
        f"The {MOST_PROBLEMS} most frequent of {len(problems):,} are listed."
        if len(problems) > MOST_PROBLEMS
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
        join.standing,
        join.by,
    )  # fmt: skip


def _alike(script: Script) -> str:
    least = script.similarity
    return "word for word" if least > 0.999 else f"at least {100 * least:.0f} % alike"
