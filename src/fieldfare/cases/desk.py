"""What every part of the store shares: the database, the clock, the vault, the audit."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Row, insert, select, update

from fieldfare.cases import audit
from fieldfare.cases.clocks import Clocks, shipped
from fieldfare.cases.database import WRITES
from fieldfare.cases.errors import NotFound
from fieldfare.cases.permissions import Actor, Guarded, Permission
from fieldfare.cases.records import AuditEntry, CaseSummary
from fieldfare.cases.states import move, states
from fieldfare.cases.tables import cases, changes, tags
from fieldfare.cases.vault import Vault
from fieldfare.risk.scorecard import shipped as shipped_card
from fieldfare.vocabulary.times import HOUR, MINUTE


def now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class StoreSettings:
    """What the operator decides about the work on cases. Spans are in microseconds."""

    lease: int = 30 * MINUTE
    """How long a claim stands unless it is renewed."""
    undo_window: int = 15 * MINUTE
    """How long a decision has no effect outside, and can be undone."""
    second_review_share: float = 0.05
    """Share of decisions, 0-1, drawn for a blind second review."""
    gravest_band: str = field(default_factory=lambda: shipped_card().gravest)
    """Of the scorecard that ships."""
    break_after_revealed: int = 150
    """Messages revealed in a shift after which a pause is suggested."""
    shift: int = 8 * HOUR
    clocks: Clocks = field(default_factory=shipped)
    """How long what is kept for which reason."""
    draw: Callable[[], float] = field(default=secrets.SystemRandom().random, compare=False)
    """A number in [0, 1) for each decision; not to be foreseen by reviewers."""


class Work:
    """A transaction that writes, alone, and what it puts into the audit."""

    def __init__(self, connection: Connection, actor: Actor, at: int) -> None:
        self.connection, self.actor, self.at = connection, actor, at
        self.entries: list[AuditEntry] = []

    def note(self, action: str, case: int | None = None, /, **detail: Any) -> None:
        """Put into the audit that this was done; never with text of messages or notes."""
        self.entries.append(
            AuditEntry(
                0, self.at, self.actor.user, self.actor.session, action, case, detail, "", ""
            )
        )

    def case(self, id_: int) -> Row[Any]:
        """The row of a case. Raises NotFound."""
        return case_row(self.connection, id_)

    def change(self, row: Row[Any], what: str, /, **values: Any) -> int:
        """Change a case: its version counts up, and `what` says what was done. The version."""
        version: int = row.version + 1
        if "state" in values and values["state"] != row.state:
            move(row.id, row.state, values["state"])
            is_open = states()[values["state"]].open
            values |= {
                "is_open": is_open,
                "open_account": row.account if is_open else None,
                "closed_at": None if is_open else self.at,
            }
        self.connection.execute(
            update(cases)
            .where(cases.c.id == row.id)
            .values(version=version, updated_at=self.at, **values)
        )
        self.connection.execute(
            insert(changes).values(
                case_id=row.id, version=version, at=self.at, by_user=self.actor.user, what=what
            )
        )
        return version


class Desk(Guarded):
    """The base of the parts of `store.CaseStore`."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], int] = now,
        vault: Vault | None = None,
        settings: StoreSettings | None = None,
    ) -> None:
        """`engine` is of `database.connect`; `clock` gives microseconds UTC."""
        self._engine, self._clock = engine, clock
        self._vault = vault or Vault()
        self._settings = settings or StoreSettings()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self, actor: Actor) -> Iterator[Work]:
        """All or nothing, and one at a time; durable when the block has ended."""
        options = {WRITES: True}
        with (
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            head = audit.lock(connection)
            work = Work(connection, actor, self._clock())
            yield work
            audit.append(connection, head, work.entries)

    def _refused(self, actor: Actor, permission: Permission, what: str) -> None:
        with self._writing(actor) as work:
            work.note("refused", None, method=what, permission=str(permission))

    def _seal(self, text: str, table: str, case: int | None) -> bytes:
        return self._vault.seal(text.encode("utf-8", "surrogatepass"), place(table, case))

    def _open(self, stored: bytes, table: str, case: int | None) -> str:
        return self._vault.open(stored, place(table, case)).decode("utf-8", "surrogatepass")


def place(table: str, case: int | None) -> str:
    """The place that a sealed value is bound to."""
    return f"{table}/{case if case is not None else '-'}"


def case_row(connection: Connection, id_: int) -> Row[Any]:
    """The row of a case. Raises NotFound."""
    row = connection.execute(select(cases).where(cases.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"there is no case {id_}")
    return row


MANY: Final = 500
"""Values named in one statement; SQLite's default is more, and this is enough for a page."""


def summaries(connection: Connection, rows: list[Row[Any]]) -> tuple[CaseSummary, ...]:
    """Rows of cases as records, with their tags."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(rows), MANY):
        ids = [row.id for row in rows[start : start + MANY]]
        for case, tag in connection.execute(
            select(tags.c.case_id, tags.c.tag).where(tags.c.case_id.in_(ids)).order_by(tags.c.tag)
        ):
            found.setdefault(case, []).append(tag)
    return tuple(_summary(row, tuple(found.get(row.id, ()))) for row in rows)


def _summary(row: Row[Any], case_tags: tuple[str, ...]) -> CaseSummary:
    return CaseSummary(
        id=row.id,
        version=row.version,
        account=row.account,
        state=row.state,
        origin=row.origin,
        band=row.band,
        probability=row.probability,
        level=row.level,
        rank=row.rank,
        signs=tuple(json.loads(row.signs)),
        children=row.children,
        youngest=row.youngest,
        countries=tuple(json.loads(row.countries)),
        opened_at=row.opened_at,
        due_at=row.due_at,
        updated_at=row.updated_at,
        claimed_by=row.claimed_by,
        lease_until=row.lease_until,
        tags=case_tags,
    )
