"""The audit, read and verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from fieldfare.cases import audit
from fieldfare.cases.audit import Head, Verdict
from fieldfare.cases.desk import Desk
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import AuditEntry
from fieldfare.cases.tables import audit as table


class Auditing(Desk):
    """What was done, by whom, and whether the record of it is whole."""

    @allows(Permission.AUDIT_READ)
    def audit_entries(
        self,
        actor: Actor,
        *,
        after: int = 0,
        most: int = 100,
        case: int | None = None,
        user: str | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Entries numbered above `after`, in order; of a case or a user only, where given."""
        wanted = select(table).where(table.c.number > after)
        if case is not None:
            wanted = wanted.where(table.c.case_id == case)
        if user is not None:
            wanted = wanted.where(table.c.user_name == user)
        with self._reading() as connection:
            rows = connection.execute(wanted.order_by(table.c.number).limit(most)).all()
        return tuple(audit.entry_of(row) for row in rows)

    @allows(Permission.AUDIT_READ)
    def verify_audit(self, actor: Actor, anchors: Iterable[Head] = ()) -> Verdict:
        """Check the whole chain, against its head and against heads noted earlier elsewhere."""
        with self._reading() as connection:
            return audit.verify(audit.entries(connection), audit.head_of(connection), anchors)

    @allows(Permission.AUDIT_READ)
    def export_audit(self, actor: Actor) -> Iterator[AuditEntry]:
        """Every entry, in order. That it was exported is an entry, the last one."""
        with self._writing(actor) as work:
            work.note("audit.export")
        return self._all_entries()

    def _all_entries(self) -> Iterator[AuditEntry]:
        with self._reading() as connection:
            yield from audit.entries(connection)
