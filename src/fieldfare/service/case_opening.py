"""Cases are opened for accounts that were asked for, and what comes of them is told to the service.

What enters: `case_requests`, the state. What leaves: cases, frozen as the state shows the account
now, and the table of open cases, by which the policy's rules for them apply at once. Its
messages come from the journal (`kept_talk`), with text where the operator keeps it there, and from
the reports of its children (`user_reports`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from fieldfare.cases import SERVICE, CaseStore, actions
from fieldfare.cases.records import Decision
from fieldfare.cases.states import states
from fieldfare.cases.vault import Vault
from fieldfare.risk.scorecard import Scorecard
from fieldfare.safeguards import Policy, shipped
from fieldfare.safeguards.rules import ReportLimits
from fieldfare.scan.snapshot import SeenChild, SeenNotice, SeenReason, Snapshot
from fieldfare.service import retention
from fieldfare.service.case_requests import CaseRequest, CaseRequests
from fieldfare.service.database import Database
from fieldfare.service.journal import Journal
from fieldfare.service.kept_talk import Talk, conversations
from fieldfare.service.protections import OpenCases
from fieldfare.service.reported_talk import with_indicators
from fieldfare.service.state import PEOPLE, State
from fieldfare.service.user_reports import Judgement, UserReports
from fieldfare.vocabulary import FieldfareError
from fieldfare.vocabulary.times import DAY, MINUTE

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

log = logging.getLogger("fieldfare.service")

PAUSE_SECONDS: Final = 2.0
AT_ONCE: Final = 100
UNTRUE: Final = "untrue_report"
"""The reason of a decision that says a report was made up (``cases/actions.toml``)."""
PATIENCE: Final = 10 * MINUTE
"""How long a reported account may wait for its assessment."""
MOST_PEERS: Final = 5_000
"""Probable children that a snapshot holds; the first so many."""


@dataclass
class CaseOpener:
    """Opens cases. Used by one thread; the store and the databases are its own."""

    store: CaseStore
    state: State
    journal: Journal
    """Its database also holds the table of open cases."""
    card: Scorecard
    unknown_child_probability: float
    vault: Vault = field(default_factory=Vault)
    """Seals and opens the messages of reports."""
    keep_days: int = ReportLimits().keep_days
    """How long those are kept, beside what is in a case."""
    policy: Callable[[], Policy] = shipped
    """Says whose text may be read."""
    _judged_until: int = 0
    """When the last decision came into force that reports were judged by. Microseconds UTC."""
    _looked: float = field(default=-retention.LOOK_SECONDS, init=False)

    @property
    def durable(self) -> Database:
        """The journal's database."""
        return self.journal.database

    @property
    def open_cases(self) -> OpenCases:
        """The accounts with an open case."""
        return OpenCases(self.durable)

    def close(self) -> None:
        """Close the connections."""
        with self.store:
            self.state.close()
            self.journal.close()

    def turn(self) -> int:
        """Answer what waits; how many requests that were. Stopped anywhere it goes on from there:
        what is done again changes nothing."""
        requests = CaseRequests(self.state.database)
        answered, wanted = 0, list[tuple[CaseRequest, Snapshot]]()
        for request in requests.waiting(AT_ONCE):
            found = self._look_at(request)
            if isinstance(found, Snapshot):
                wanted.append((request, found))
            elif found:
                requests.done([request])
                answered += 1
        talk = self._talk([snapshot for _, snapshot in wanted])
        for request, snapshot in wanted:
            self._open(request, self._with_messages(snapshot, talk.get(snapshot.account)))
            requests.done([request])
            answered += 1
        UserReports(self.durable).forget_texts(time.time_ns() // 1000 - self.keep_days * DAY)
        self._let_go()
        self._keep_house()
        self._judge_reports()
        return answered

    def _look_at(self, request: CaseRequest) -> Snapshot | bool:
        """The account, where there is to be a case of it. True: there is not; False: ask again
        later."""
        snapshot = snapshot_of(
            self.state, request.account, self.card, self.unknown_child_probability
        )
        if snapshot is None:
            # Not assessed yet; or there is nothing to say of it any more, or never was.
            return time.time_ns() // 1000 - request.asked_at > PATIENCE
        by_child = any(notice.kind == "report" for notice in snapshot.notices)
        known = self.open_cases.among([request.account])
        if request.because == "report" and not by_child and not known:
            # Reports by adults are about anything; they join a case, and open none.
            return True
        return snapshot

    def _open(self, request: CaseRequest, snapshot: Snapshot) -> None:
        because = "a child reported it" if request.because == "report" else "by the scorecard"
        case = self.store.open_case(SERVICE, snapshot, request.because, because=because)
        self.open_cases.open(request.account, f"C-{case}")

    def _talk(self, snapshots: Sequence[Snapshot]) -> dict[str, Talk]:
        wanted = {each.account: {child.account for child in each.children} for each in snapshots}
        return conversations(self.journal, wanted, _model) if wanted else {}

    def _with_messages(self, snapshot: Snapshot, talk: Talk | None) -> Snapshot:
        """With what the journal holds, and the messages that its children reported."""
        children = {child.account for child in snapshot.children}
        reports = UserReports(self.durable).messages_of(snapshot.account, children, self.vault)
        shown = with_indicators(reports, snapshot, self.policy().scans_content, _model)
        reported = {(each.child, each.id, each.from_account) for each in shown}
        messages, more = talk or ((), 0)
        # A report says more of a message than the journal: whether it is proven.
        others = [
            each for each in messages if (each.child, each.id, each.from_account) not in reported
        ]
        ordered = sorted((*shown, *others), key=lambda each: (each.sent_at, each.child))
        return replace(snapshot, messages=tuple(ordered), messages_left_out=more)

    def _let_go(self) -> None:
        """Accounts whose cases are closed have none open any more."""
        open_cases = self.open_cases
        for account, reference in open_cases.all():
            number = reference.removeprefix("C-")
            if number == reference or not number.isdigit():
                continue
            found = self.store.summaries_of(SERVICE, [int(number)])
            if not found or not states()[found[0].state].open:
                retention.closed(self.store, self.durable, int(number))
                open_cases.close(account, reference)

    def _keep_house(self) -> None:
        if time.monotonic() - self._looked >= retention.LOOK_SECONDS:
            self._looked = time.monotonic()
            _, done = retention.keep_house(self.store, self.durable)
            for each in done:
                log.info("destruction D-%d is done", each.id)

    def _judge_reports(self) -> None:
        """Note what decisions in force say of the users' reports before them; what is judged again
        stays as it is."""
        effects = self.store.effects(SERVICE, max(0, self._judged_until - MINUTE))
        cases = self.store.summaries_of(SERVICE, sorted({each.case for each in effects}))
        accounts = {each.id: each.account for each in cases}
        for decision in effects:
            judgement = _judgement(decision)
            if judgement is not None and decision.case in accounts:
                account = accounts[decision.case]
                UserReports(self.durable).judge(account, judgement, decision.at)
            self._judged_until = decision.effective_at or self._judged_until


def _judgement(decision: Decision) -> Judgement | None:
    if UNTRUE in decision.reasons:
        return "untrue"
    return "upheld" if actions.shipped().actions[decision.action].label == "confirmed" else None


class OpeningThread:
    """Runs an opener until it is closed."""

    def __init__(self, make: Callable[[], CaseOpener]) -> None:
        self._make, self._ended = make, threading.Event()
        self._thread = threading.Thread(target=self._run, name="case-opening", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, after the turn it is at."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        opener: CaseOpener | None = None
        while not self._ended.is_set():
            try:
                opener = opener or self._make()
                idle = opener.turn() == 0
            except (FieldfareError, SQLAlchemyError, OSError) as error:
                # Such as a key that is missing, or a database that went away: assessing goes on.
                log.error("cases are not being opened: %s", type(error).__name__)
                if opener is not None:
                    # Its connections may be broken: the next turn makes new ones.
                    with suppress(FieldfareError, SQLAlchemyError, OSError):
                        opener.close()
                opener, idle = None, True
            if idle:
                self._ended.wait(PAUSE_SECONDS)
        if opener is not None:
            opener.close()


@cache
def _model() -> LanguageModel:
    from fieldfare.language.annotate import LanguageModel

    return LanguageModel.load()


def snapshot_of(
    state: State, account: str, card: Scorecard, unknown_child_probability: float
) -> Snapshot | None:
    """The account as the state shows it; None where there is no assessment of it."""
    assessed = state.assessments([account]).get(account)
    if assessed is None:
        return None
    sent = state.rows("contacts", "account", [account]).to_pylist()
    got = {row["account"]: row for row in state.rows("contacts", "peer", [account]).to_pylist()}
    peers = [row["peer"] for row in sent if row["private_messages"] > 0]
    people = _people(state, [account, *peers])
    accounts = {row["account"]: row for row in state.rows("accounts", "account", peers).to_pylist()}
    acts = {row["account"]: row for row in state.rows("relations", "peer", [account]).to_pylist()}
    asked = _asked(state, account)
    children = [
        _child(row, got.get(row["peer"]), people, accounts, acts.get(row["peer"]), asked)
        for row in sent
        if row["private_messages"] > 0
        and _probability(people, row["peer"], unknown_child_probability) >= 0.5
    ]
    children.sort(key=lambda child: (child.contacted_at, child.account))
    own = people.get(account, {})
    first = assessed["first_flagged_at"]
    return Snapshot(
        account=account,
        as_of=assessed["as_of"],
        band=assessed["band"],
        probability=assessed["probability"],
        flagged=assessed["band"] in [band.name for band in card.bands[card.flag_rank :]],
        age=own.get("age"),
        age_basis=own.get("age_basis") or "unknown",
        country=own.get("country"),
        first_flagged_at=first,
        scorecard=f"{card.version} sha256:{card.sha256}",
        reasons=tuple(
            SeenReason(
                reason["signal"], reason["value"], reason["contribution"], reason["sentence"]
            )
            for reason in msgspec.json.decode(assessed["reasons"])
        ),
        children=tuple(children[:MOST_PEERS]),
        notices=_notices(acts.values(), people, unknown_child_probability),
    )


def _people(state: State, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
    database = state.database
    rows = database.table(
        PEOPLE,
        f"SELECT {', '.join(f'p.{name}' for name in PEOPLE.names)}"
        f" FROM {database.one_of('wanted')} AS w INNER JOIN people AS p ON p.account = w.wanted",
        (database.listed(accounts),),
    )
    return {row["account"]: row for row in rows.to_pylist()}


def _probability(people: dict[str, dict[str, Any]], account: str, unknown: float) -> float:
    found = people.get(account, {}).get("child_probability")
    return unknown if found is None else float(found)


def _asked(state: State, account: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in state.rows("indicators", "account", [account]).to_pylist():
        times = found.setdefault(row["peer"], {})
        known = times.get(row["indicator"], row["first_at"])
        times[row["indicator"]] = min(known, row["first_at"])
    return found


def _child(
    sent: dict[str, Any],
    got: dict[str, Any] | None,
    people: dict[str, dict[str, Any]],
    accounts: dict[str, dict[str, Any]],
    act: dict[str, Any] | None,
    asked: dict[str, dict[str, int]],
) -> SeenChild:
    peer = sent["peer"]
    person, told = people.get(peer, {}), accounts.get(peer, {})
    back = got["first_private_at"] if got is not None else None
    rejected = [
        act[name]
        for name in ("declined_at", "blocked_at", "reported_at")
        if act is not None and act[name] is not None
    ]
    connected = act["connected_at"] if act is not None else None
    return SeenChild(
        account=peer,
        name=told.get("name"),
        child_probability=float(person["child_probability"]),
        age=person.get("age"),
        age_basis=person.get("age_basis") or "unknown",
        country=person.get("country"),
        country_basis=told.get("country_basis"),
        contacted_at=sent["first_private_at"],
        last_at=sent["last_private_at"],
        wrote_first=back is None or sent["first_private_at"] < back,
        answered=back is not None,
        rejected_at=min(rejected, default=None),
        connected_before=connected is not None and connected <= sent["first_private_at"],
        sent=sent["private_messages"],
        received=got["private_messages"] if got is not None else 0,
        asked=asked.get(peer, {}),
    )


def _notices(
    acts: Any, people: dict[str, dict[str, Any]], unknown: float
) -> tuple[SeenNotice, ...]:
    """What probable children said of the account by an act."""
    found = [
        SeenNotice(kind, row["account"], row[column])
        for row in acts
        if _probability(people, row["account"], unknown) >= 0.5
        for kind, column in (
            ("decline", "declined_at"),
            ("block", "blocked_at"),
            ("report", "reported_at"),
        )
        if row[column] is not None
    ]
    return tuple(sorted(found, key=lambda notice: (notice.at, notice.by, notice.kind)))
