"""A case is opened from a snapshot, or joined by a newer one."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select

from fieldfare.cases.desk import Desk, Work
from fieldfare.cases.errors import Destroyed, WrongState
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import Origin, Particulars
from fieldfare.cases.retention_tables import destructions
from fieldfare.cases.tables import cases, changes, indicators, messages, people, snapshots
from fieldfare.cases.urgency import Urgency, assess
from fieldfare.scan.snapshot import SeenMessage, Snapshot, encode
from fieldfare.vocabulary.times import HOUR


class Opening(Desk):
    """Cases come into being."""

    @allows(Permission.CASE_OPEN)
    def open_case(
        self, actor: Actor, snapshot: Snapshot, origin: Origin, *, because: str = ""
    ) -> int:
        """Open a case, frozen as the snapshot shows it, or let the snapshot join the account's
        open case: evidence is added, none is taken away, and a shorter deadline replaces a longer
        one. The same snapshot twice changes nothing. The number of the case.

        `because` goes into the history and the audit: it must hold no text of messages."""
        with self._writing(actor) as work:
            return self._open_or_join(work, snapshot, origin, because)

    @allows(Permission.CASE_OPEN)
    def open_cases(
        self, actor: Actor, found: list[Snapshot], origin: Origin, *, because: str = ""
    ) -> list[int]:
        """The same for many, in one transaction: all of them, or none."""
        with self._writing(actor) as work:
            return [self._open_or_join(work, each, origin, because) for each in found]

    @allows(Permission.CASE_REOPEN)
    def reopen(self, actor: Actor, case: int, reason: str) -> None:
        """Put a closed case back into the queue, with its reason. Raises WrongState where it is
        not closed, or the account has another case that is open."""
        with self._writing(actor) as work:
            row = work.case(case)
            if row.is_open:
                raise WrongState(f"case {case} is open")
            if row.content_destroyed_at is not None:
                raise Destroyed(f"the content of case {case} was destroyed; open a new case")
            other = self._open_case_of(work, row.account)
            if other is not None:
                raise WrongState(f"case {other.id} of the same account is open; use that")
            due_at = work.at + _hours(row.level) * HOUR
            work.change(
                row,
                f"opened it again: {reason}",
                state="new",
                due_at=due_at,
                claimed_by=None,
                lease_until=None,
            )
            work.note("case.reopen", case)

    def _open_or_join(self, work: Work, snapshot: Snapshot, origin: Origin, because: str) -> int:
        urgency = assess(
            snapshot,
            gravest_band=self._settings.gravest_band,
            reported=origin == "report",
        )
        body = encode(snapshot)
        sha256 = hashlib.sha256(body).hexdigest()
        row = self._open_case_of(work, snapshot.account)
        if row is None:
            case = self._insert_case(work, snapshot, origin, urgency, because)
        else:
            case = int(row.id)
            known = work.connection.execute(
                select(snapshots.c.id).where(
                    snapshots.c.case_id == case, snapshots.c.sha256 == sha256
                )
            ).first()
            if known is not None:
                return case
            rank = min(row.rank, urgency.rank)
            graver = urgency.rank < row.rank
            work.change(
                row,
                f"new evidence joined it{f': {because}' if because else ''}",
                **_facts(snapshot),
                rank=rank,
                level=urgency.level if graver else row.level,
                signs=json.dumps(_merged(json.loads(row.signs), urgency.signs)),
                due_at=min(row.due_at, work.at + urgency.hours * HOUR),
            )
        self._keep(work, case, snapshot, sha256, new=row is None)
        action = "case.open" if row is None else "case.join"
        work.note(action, case, origin=origin, snapshot=sha256, because=because)
        return case

    def _open_case_of(self, work: Work, account: str) -> Row[Any] | None:
        return work.connection.execute(
            select(cases).where(cases.c.open_account == account)
        ).one_or_none()

    def _insert_case(
        self, work: Work, snapshot: Snapshot, origin: Origin, urgency: Urgency, because: str
    ) -> int:
        case: int = work.connection.execute(
            insert(cases)
            .values(
                version=1,
                account=snapshot.account,
                state="new",
                is_open=True,
                open_account=snapshot.account,
                origin=origin,
                rank=urgency.rank,
                level=urgency.level,
                signs=json.dumps(urgency.signs),
                opened_at=work.at,
                due_at=work.at + urgency.hours * HOUR,
                updated_at=work.at,
                **_facts(snapshot),
                **_number(work),
            )
            .returning(cases.c.id)
        ).scalar_one()
        why = because or {"scan": "from a scan", "policy": "by the policy"}.get(origin, "")
        work.connection.execute(
            insert(changes).values(
                case_id=case,
                version=1,
                at=work.at,
                by_user=work.actor.user,
                what=f"opened it{f': {why}' if why else ''}",
            )
        )
        return case

    def _keep(self, work: Work, case: int, snapshot: Snapshot, sha256: str, *, new: bool) -> None:
        """Store the snapshot and those of its messages that the case does not have yet."""
        without = msgspec.json.encode(
            {**msgspec.to_builtins(snapshot), "messages": []}, order="deterministic"
        )
        snapshot_id: int = work.connection.execute(
            insert(snapshots)
            .values(
                case_id=case,
                taken_at=work.at,
                as_of=snapshot.as_of,
                band=snapshot.band,
                probability=snapshot.probability,
                scorecard=snapshot.scorecard,
                sha256=sha256,
                body=self._vault.seal(without, f"snapshots/{case}"),
            )
            .returning(snapshots.c.id)
        ).scalar_one()
        known = (
            set()
            if new
            else {
                tuple(row)
                for row in work.connection.execute(
                    select(
                        messages.c.child,
                        messages.c.message,
                        messages.c.from_account,
                        messages.c.sent_at,
                    ).where(messages.c.case_id == case)
                )
            }
        )
        rows = [
            self._message(case, snapshot_id, each)
            for each in snapshot.messages
            if (each.child, each.id, each.from_account, each.sent_at) not in known
        ]
        if rows:
            work.connection.execute(insert(messages), rows)
        self._index(work, case, snapshot, new=new)

    def _message(self, case: int, snapshot_id: int, seen: SeenMessage) -> dict[str, Any]:
        return {
            "case_id": case,
            "snapshot_id": snapshot_id,
            "message": seen.id,
            "child": seen.child,
            "from_account": seen.from_account,
            "sent_at": seen.sent_at,
            "indicators": json.dumps(seen.indicators),
            "spans": json.dumps([[s.indicator, s.start, s.end] for s in seen.spans]),
            "length": None if seen.text is None else len(seen.text),
            "origin": seen.origin,
            "redacted": False,
            "body": None if seen.text is None else self._seal(seen.text, "messages", case),
            "particulars": _particulars(seen),
        }

    def _index(self, work: Work, case: int, snapshot: Snapshot, *, new: bool) -> None:
        """What a case can be searched by."""
        wanted = {(child.account, "child") for child in snapshot.children}
        wanted |= {(account, "linked") for account in snapshot.linked}
        shown = {name for child in snapshot.children for name in child.asked}
        shown |= {name for message in snapshot.messages for name in message.indicators}
        if not new:
            people_of = select(people.c.account, people.c.part).where(people.c.case_id == case)
            wanted -= {(row[0], row[1]) for row in work.connection.execute(people_of)}
            shown_of = select(indicators.c.indicator).where(indicators.c.case_id == case)
            shown -= set(work.connection.execute(shown_of).scalars())
        if wanted:
            work.connection.execute(
                insert(people),
                [
                    {"case_id": case, "account": account, "part": part, "added_by": None}
                    for account, part in sorted(wanted)
                ],
            )
        if shown:
            work.connection.execute(
                insert(indicators),
                [{"case_id": case, "indicator": name} for name in sorted(shown)],
            )


def _number(work: Work) -> dict[str, int]:
    """The number of a new case, where the database would give one again that a destroyed case
    had (SQLite counts up from the highest that is there)."""
    if work.connection.dialect.name != "sqlite":
        return {}
    there = work.connection.execute(select(func.max(cases.c.id))).scalar_one() or 0
    gone = work.connection.execute(select(func.max(destructions.c.case_id))).scalar_one() or 0
    return {"id": gone + 1} if gone > there else {}


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    """Columns of a case that its newest snapshot gives."""
    ages = [child.age for child in snapshot.children if child.age is not None]
    countries = Counter(child.country for child in snapshot.children if child.country)
    ordered = sorted(countries, key=lambda country: (-countries[country], country))
    return {
        "band": snapshot.band,
        "probability": snapshot.probability,
        "children": len(snapshot.children),
        "youngest": min(ages, default=None),
        "countries": json.dumps(ordered),
    }


def _particulars(seen: SeenMessage) -> str | None:
    if seen.source is None and not seen.media and not seen.standing:
        return None
    found = Particulars(seen.source, seen.media, seen.standing)
    return msgspec.json.encode(found, order="deterministic").decode()


def _merged(old: list[str], new: tuple[str, ...]) -> list[str]:
    return old + [sign for sign in new if sign not in old]


def _hours(level: str) -> int:
    from fieldfare.cases.urgency import shipped

    return next(each.hours for each in shipped().levels if each.id == level)
