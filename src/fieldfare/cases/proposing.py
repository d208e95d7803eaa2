"""What takes two people: external reports, bans, exports, undoing a redaction, another policy or
scorecard, the release of a hold, a destruction. Whoever proposes can never agree."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, insert, select, update

from fieldfare.cases import actions
from fieldfare.cases.desk import Desk, Work
from fieldfare.cases.errors import NotAllowed, NotFound, WrongState
from fieldfare.cases.permissions import Actor, Permission, allows, require
from fieldfare.cases.records import Proposal, ProposalKind
from fieldfare.cases.tables import messages, proposals
from fieldfare.vocabulary import InputError

RULES: Final[dict[ProposalKind, tuple[Permission, Permission]]] = {
    "export": (Permission.EXPORT_PROPOSE, Permission.EXPORT_SECOND),
    "unredact": (Permission.REDACTION_PROPOSE, Permission.REDACTION_SECOND),
    "policy": (Permission.POLICY_PROPOSE, Permission.POLICY_SECOND),
    "scorecard": (Permission.POLICY_PROPOSE, Permission.POLICY_SECOND),
    "hold_release": (Permission.HOLD_PLACE, Permission.HOLD_SECOND),
    "destruction": (Permission.RETENTION, Permission.RETENTION_SECOND),
}
"""By kind, what the first and the second person need. A decision's are in ``actions.toml``."""


PROPOSED: Final = ("export", "unredact", "policy", "scorecard")
"""Kinds that `propose` takes; the others have methods of their own."""


class Proposing(Desk):
    """Proposals and the second person."""

    @allows(Permission.PROPOSAL_READ)
    def propose(
        self,
        actor: Actor,
        kind: ProposalKind,
        payload: dict[str, Any],
        case: int | None = None,
    ) -> Proposal:
        """Propose an export, undoing a redaction (``payload``: ``messages``), or another policy or
        scorecard (``payload``: ``text``, ``sha256``). Decisions are proposed by
        `decide`, the release of a hold by `propose_release`, destructions when a clock ends."""
        if kind not in PROPOSED:
            raise InputError(f"propose one of {', '.join(PROPOSED)}")
        require(actor, RULES[kind][0])
        if case is None and kind in ("export", "unredact"):
            raise InputError("say which case it is about")
        with self._writing(actor) as work:
            if case is not None:
                work.case(case)
            return self._one(work.connection, self._propose(work, kind, payload, case, None))

    @allows(Permission.PROPOSAL_READ)
    def proposals(self, actor: Actor, case: int | None = None) -> tuple[Proposal, ...]:
        """What waits for a second person and what one may agree to or has proposed; with a case,
        all there ever was about it."""
        wanted = select(proposals).order_by(proposals.c.id)
        if case is None:
            wanted = wanted.where(proposals.c.status == "open")
        else:
            wanted = wanted.where(proposals.c.case_id == case)
        with self._reading() as connection:
            found = [self._proposal(row) for row in connection.execute(wanted).all()]
        return tuple(each for each in found if each.by == actor.user or actor.may(second_of(each)))

    @allows(Permission.PROPOSAL_READ)
    def proposal(self, actor: Actor, proposal: int) -> Proposal:
        """One proposal, for the one who made it and those who may agree to it. Raises NotFound."""
        with self._reading() as connection:
            found = self._one(connection, proposal)
        if found.by != actor.user and not actor.may(second_of(found)):
            raise NotFound(f"there is no proposal {proposal}")
        return found

    @allows(Permission.PROPOSAL_READ)
    def agreed(self, actor: Actor, kind: Literal["policy", "scorecard"]) -> Proposal | None:
        """The policy or scorecard that two people agreed to last."""
        wanted = select(proposals).where(proposals.c.kind == kind, proposals.c.status == "approved")
        with self._reading() as connection:
            row = connection.execute(wanted.order_by(proposals.c.second_at.desc()).limit(1)).first()
        return None if row is None else self._proposal(row)

    @allows(Permission.PROPOSAL_READ)
    def approve(self, actor: Actor, proposal: int, rationale: str = "") -> Proposal:
        """Agree, as the second person. Raises NotAllowed for whoever proposed it, and for somebody
        without the permission that its kind needs."""
        with self._writing(actor) as work:
            row = self._open_proposal(work, proposal)
            self._require_second(work, row)
            self._close(work, row, "approved", rationale)
            if row.kind == "decision":
                self._agreed(work, row, rationale)
            elif row.kind == "unredact":
                self._unredact(work, row)
            elif row.kind == "hold_release":
                self._release_agreed(work, row)
            elif row.kind == "destruction":
                self._destruction_agreed(work, row)
            return self._one(work.connection, proposal)

    @allows(Permission.PROPOSAL_READ)
    def refuse(self, actor: Actor, proposal: int, reason: str) -> Proposal:
        """Do not agree, and say why. A decision goes back to the one who proposed it."""
        if not reason.strip():
            raise InputError("say why you do not agree")
        with self._writing(actor) as work:
            row = self._open_proposal(work, proposal)
            self._require_second(work, row)
            self._close(work, row, "refused", reason)
            if row.kind == "decision":
                self._not_agreed(work, row, "refused", reason)
            return self._one(work.connection, proposal)

    @allows(Permission.PROPOSAL_READ)
    def withdraw(self, actor: Actor, proposal: int) -> Proposal:
        """Take back what one has proposed oneself."""
        with self._writing(actor) as work:
            row = self._open_proposal(work, proposal)
            if row.by_user != actor.user:
                raise NotAllowed("only the one who proposed it can withdraw it")
            self._close(work, row, "withdrawn", "")
            if row.kind == "decision":
                self._not_agreed(work, row, "withdrawn", "")
            return self._one(work.connection, proposal)

    @abstractmethod
    def _agreed(self, work: Work, proposal: Row[Any], rationale: str) -> None: ...

    @abstractmethod
    def _not_agreed(self, work: Work, proposal: Row[Any], status: str, rationale: str) -> None: ...

    @abstractmethod
    def _release_agreed(self, work: Work, proposal: Row[Any]) -> None: ...

    @abstractmethod
    def _destruction_agreed(self, work: Work, proposal: Row[Any]) -> None: ...

    def _propose(
        self,
        work: Work,
        kind: ProposalKind,
        payload: dict[str, Any],
        case: int | None,
        decision: int | None,
    ) -> int:
        body = json.dumps(payload, ensure_ascii=False, sort_keys=True)
        inserted: int = work.connection.execute(
            insert(proposals)
            .values(
                kind=kind,
                case_id=case,
                decision_id=decision,
                payload=self._seal(body, "proposals", case),
                at=work.at,
                by_user=work.actor.user,
                status="open",
            )
            .returning(proposals.c.id)
        ).scalar_one()
        work.note("proposal.make", case, proposal=inserted, kind=kind)
        return inserted

    def _open_proposal(self, work: Work, proposal: int) -> Row[Any]:
        row = self._proposal_row(work.connection, proposal)
        if row.status != "open":
            raise WrongState(f"proposal {proposal} was {row.status} already")
        return row

    def _require_second(self, work: Work, row: Row[Any]) -> None:
        require(work.actor, second_of(self._proposal(row)))
        if row.by_user == work.actor.user:
            raise NotAllowed("it takes a second person: you proposed this yourself")

    def _close(self, work: Work, row: Row[Any], status: str, reason: str) -> None:
        work.connection.execute(
            update(proposals)
            .where(proposals.c.id == row.id)
            .values(
                status=status,
                second_user=None if status == "withdrawn" else work.actor.user,
                second_at=work.at,
                reason=self._seal(reason, "proposals", row.case_id),
            )
        )
        work.note(f"proposal.{status}", row.case_id, proposal=row.id, kind=row.kind)

    def _unredact(self, work: Work, row: Row[Any]) -> None:
        ids = self._proposal(row).payload.get("messages", [])
        work.connection.execute(
            update(messages)
            .where(messages.c.case_id == row.case_id, messages.c.id.in_(ids))
            .values(redacted=False)
        )
        work.change(work.case(row.case_id), f"undid the redaction of {len(ids)} messages")

    def _proposal_row(self, connection: Connection, proposal: int) -> Row[Any]:
        row = connection.execute(select(proposals).where(proposals.c.id == proposal)).one_or_none()
        if row is None:
            raise NotFound(f"there is no proposal {proposal}")
        return row

    def _one(self, connection: Connection, proposal: int) -> Proposal:
        return self._proposal(self._proposal_row(connection, proposal))

    def _proposal(self, row: Row[Any]) -> Proposal:
        return Proposal(
            id=row.id,
            kind=row.kind,
            case=row.case_id,
            decision=row.decision_id,
            payload=json.loads(self._open(row.payload, "proposals", row.case_id)),
            at=row.at,
            by=row.by_user,
            status=row.status,
            second=row.second_user,
            second_at=row.second_at,
            reason="" if row.reason is None else self._open(row.reason, "proposals", row.case_id),
        )


def second_of(proposal: Proposal) -> Permission:
    """What the second person needs for this."""
    if proposal.kind == "decision":
        second = actions.shipped().actions[proposal.payload["action"]].second
        if second is None:
            raise WrongState("this action takes one person only")
        return second
    return RULES[proposal.kind][1]
