"""Decisions: one person's, two people's, undone, and what comes of them outside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlalchemy import Row, insert, select, update

from fieldfare.cases import actions
from fieldfare.cases.desk import Work
from fieldfare.cases.errors import ChangedMeanwhile, NotAllowed, NotFound, WrongState
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.proposing import Proposing
from fieldfare.cases.queue import mine
from fieldfare.cases.reading import Reading, changes_of
from fieldfare.cases.records import Decision
from fieldfare.cases.states import states
from fieldfare.cases.tables import cases, decisions, samples
from fieldfare.vocabulary import InputError

Outcome = Literal["submitted", "failed", "declined", "retry"]
_OUTCOMES: Final[dict[Outcome, str]] = {
    "submitted": "report_submitted",
    "failed": "report_failed",
    "declined": "declined",
    "retry": "escalated",
}


class Deciding(Reading, Proposing):
    """What is done about an account."""

    @allows(Permission.CASE_DECIDE)
    def decide(
        self,
        actor: Actor,
        case: int,
        version: int,
        action: str,
        reasons: Sequence[str],
        rationale: str = "",
    ) -> Decision:
        """Decide on a case that one has claimed, as it was at `version`. What needs two people
        then waits for the second. Nothing has effect outside before the undo window is over.

        Raises ChangedMeanwhile, with what changed, where somebody else has changed the case since;
        InputError for an action or a reason that does not exist."""
        chosen = actions.check(action, reasons, rationale)
        with self._writing(actor) as work:
            row = work.case(case)
            _unchanged(work, row, version)
            mine(work, case)
            if row.state != "in_review":
                raise WrongState(f"case {case} is '{states()[row.state].title}'")
            two = chosen.second is not None
            decision = self._insert(
                work,
                case,
                action,
                reasons,
                rationale,
                status="proposed" if two else "stands",
                effective_at=None if two else work.at + self._settings.undo_window,
            )
            state = "awaiting_second" if two else chosen.to
            what = "proposed" if two else "decided"
            work.change(
                row, f"{what}: {chosen.title}", state=state, claimed_by=None, lease_until=None
            )
            work.note(
                "case.decide",
                case,
                decision=decision,
                decided=action,
                reasons=list(reasons),
                version=version,
            )
            if two:
                self._propose(work, "decision", {"action": action}, case, decision)
            else:
                self._draw(work, decision)
            return self._decision(self._decision_row(work, decision))

    @allows(Permission.CASE_DECIDE)
    def undo(self, actor: Actor, decision: int) -> None:
        """Take a decision back that has no effect yet: the first person or the second may. The
        case is in review again, the first person's. Raises WrongState once the window is over."""
        with self._writing(actor) as work:
            found = self._decision_row(work, decision)
            if actor.user not in (found.by_user, found.second_user):
                raise NotAllowed("only those who decided can undo it; reopen the case instead")
            row = work.case(found.case_id)
            over = found.effective_at is not None and found.effective_at <= work.at
            if found.status != "stands" or over:
                raise WrongState(f"decision {decision} cannot be undone any more")
            self._set_status(work, decision, "undone", effective_at=None)
            other = work.connection.execute(
                select(cases.c.id).where(cases.c.open_account == row.account, cases.c.id != row.id)
            ).first()
            if other is not None:
                raise WrongState(f"case {other.id} of the same account was opened since; use that")
            work.change(
                row,
                f"undid: {actions.shipped().actions[found.action].title}",
                state="in_review",
                claimed_by=found.by_user,
                lease_until=work.at + self._settings.lease,
            )
            work.note("case.undo", row.id, decision=decision)

    @allows(Permission.REPORT_OUTCOME)
    def report_outcome(
        self, actor: Actor, case: int, outcome: Outcome, reason: str, *, receipt: str = ""
    ) -> None:
        """How the external report of an escalated case ended: ``submitted`` (with the authority's
        receipt), ``failed`` (visibly: the case stays open), ``declined`` with a reason, or
        ``retry`` after a failure. Raises WrongState where the case has no report to be made, or
        the decision can still be undone."""
        if not reason.strip():
            raise InputError("say why, or what the authority answered")
        with self._writing(actor) as work:
            row = work.case(case)
            effective = work.connection.execute(
                select(decisions.c.id).where(
                    decisions.c.case_id == case,
                    decisions.c.status == "stands",
                    decisions.c.effective_at <= work.at,
                )
            ).first()
            if row.state == "escalated" and effective is None:
                raise WrongState(f"the decision on case {case} can still be undone")
            end_report(work, row, outcome, reason, receipt)

    @allows(Permission.DECISION_EFFECTS)
    def effects(self, actor: Actor, since: int = 0) -> tuple[Decision, ...]:
        """Decisions in force whose undo window ended at `since` or later: what the service now has
        to do. In the order in which they came into force, which is not that of their numbers: one
        by two people waits for the second. Whoever asks again asks from a little before the last it
        saw, for what was being written then."""
        with self._reading() as connection:
            rows = connection.execute(
                select(decisions)
                .where(
                    decisions.c.status == "stands",
                    decisions.c.blind.is_(False),
                    decisions.c.effective_at >= since,
                    decisions.c.effective_at <= self._clock(),
                )
                .order_by(decisions.c.effective_at, decisions.c.id)
            ).all()
            return tuple(self._decision(row) for row in rows)

    @allows(Permission.CASE_READ)
    def decision_changes(self, actor: Actor, case: int, version: int) -> tuple[str, ...]:
        """What others changed since a version, as sentences: empty where a decision on it would
        be taken."""
        with self._reading() as connection:
            found = changes_of(connection, case, version)
        return tuple(f"{each.by}: {each.what}" for each in found if each.by != actor.user)

    def _insert(
        self,
        work: Work,
        case: int,
        action: str,
        reasons: Sequence[str],
        rationale: str,
        *,
        status: str,
        effective_at: int | None,
        blind: bool = False,
    ) -> int:
        inserted: int = work.connection.execute(
            insert(decisions)
            .values(
                case_id=case,
                action=action,
                reasons=json.dumps(list(reasons)),
                rationale=self._seal(rationale, "decisions", case),
                at=work.at,
                by_user=work.actor.user,
                status=status,
                effective_at=effective_at,
                blind=blind,
            )
            .returning(decisions.c.id)
        ).scalar_one()
        return inserted

    def _decision_row(self, work: Work, decision: int) -> Row[Any]:
        row = work.connection.execute(
            select(decisions).where(decisions.c.id == decision)
        ).one_or_none()
        if row is None:
            raise NotFound(f"there is no decision {decision}")
        return row

    def _set_status(self, work: Work, decision: int, status: str, **values: Any) -> None:
        work.connection.execute(
            update(decisions).where(decisions.c.id == decision).values(status=status, **values)
        )

    def _draw(self, work: Work, decision: int) -> None:
        """Draw the decision for a blind second review, or not."""
        row = self._decision_row(work, decision)
        if self._settings.draw() < self._settings.second_review_share:
            work.connection.execute(
                insert(samples).values(
                    case_id=row.case_id,
                    decision_id=decision,
                    first_user=row.by_user,
                    drawn_at=work.at,
                )
            )

    def _agreed(self, work: Work, proposal: Row[Any], rationale: str) -> None:
        """The second person agreed to a decision."""
        decision = self._decision_row(work, proposal.decision_id)
        row = work.case(decision.case_id)
        chosen = actions.shipped().actions[decision.action]
        self._set_status(
            work,
            decision.id,
            "stands",
            second_user=work.actor.user,
            second_at=work.at,
            second_rationale=self._seal(rationale, "decisions", row.id),
            effective_at=work.at + self._settings.undo_window,
        )
        work.change(row, f"agreed: {chosen.title}", state=chosen.to)
        self._draw(work, decision.id)

    def _not_agreed(self, work: Work, proposal: Row[Any], status: str, rationale: str) -> None:
        """The second person refused, or the first withdrew."""
        decision = self._decision_row(work, proposal.decision_id)
        row = work.case(decision.case_id)
        title = actions.shipped().actions[decision.action].title
        refused = status == "refused"
        second = (
            {
                "second_user": work.actor.user,
                "second_at": work.at,
                "second_rationale": self._seal(rationale, "decisions", row.id),
            }
            if refused
            else {}
        )
        self._set_status(work, decision.id, status, **second)
        work.change(
            row,
            f"{'refused' if refused else 'withdrew'}: {title}",
            state="in_review",
            claimed_by=decision.by_user,
            lease_until=work.at + self._settings.lease,
        )


def end_report(work: Work, row: Row[Any], outcome: Outcome, reason: str, receipt: str = "") -> None:
    """Bring a case into the state that its external report ended in."""
    sentence = {
        "submitted": "the report was submitted",
        "failed": "the report failed",
        "declined": "the report was declined",
        "retry": "the report is tried again",
    }[outcome]
    held = {} if states()[_OUTCOMES[outcome]].open else _FREE
    work.change(row, f"{sentence}: {reason}", state=_OUTCOMES[outcome], **held)
    work.note(f"report.{outcome}", row.id, receipt=receipt)


_FREE: Final[dict[str, Any]] = {"claimed_by": None, "lease_until": None}


def _unchanged(work: Work, row: Row[Any], version: int) -> None:
    """Raises ChangedMeanwhile for changes by others since the version."""
    if not 0 < version <= row.version:
        raise InputError(f"case {row.id} never had a version {version}")
    news = changes_of(work.connection, row.id, version)
    theirs = tuple(change for change in news if change.by != work.actor.user)
    if theirs:
        raise ChangedMeanwhile(row.id, theirs)
