"""What the work does to those who do it, how the team stands, and the keys."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection, Table, and_, distinct, func, select, update

from fieldfare.cases.desk import Desk, place
from fieldfare.cases.investigating import REVEALED
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import Exposure, Member
from fieldfare.cases.report_tables import credentials, filings
from fieldfare.cases.retention_tables import holds, kept_files
from fieldfare.cases.tables import (
    audit,
    cases,
    decisions,
    messages,
    notes,
    proposals,
    reveals,
    searches,
    snapshots,
    tasks,
    users,
    views,
)

SEALED: Final[tuple[tuple[Table, tuple[str, ...], str], ...]] = (
    (snapshots, ("body",), "snapshots"),
    (messages, ("body",), "messages"),
    (notes, ("body",), "notes"),
    (tasks, ("body",), "tasks"),
    (decisions, ("rationale", "second_rationale"), "decisions"),
    (proposals, ("payload", "reason"), "proposals"),
    (searches, ("body",), "searches"),
    (filings, ("package", "answer"), "filings"),
    (credentials, ("body",), "credentials"),
    (holds, ("reason", "released_because"), "holds"),
    (kept_files, ("body",), "kept_files"),
    (users, ("totp",), "users"),
)
"""Every sealed column, with the name of its place; a test holds that none is left out."""

ROTATE_ROWS: Final = 1_000


class Caring(Desk):
    """Exposure, the team, keys."""

    @allows(Permission.EXPOSURE_OWN)
    def exposure(self, actor: Actor, since: int | None = None) -> Exposure:
        """What the actor has had to see, since a moment or in the last shift."""
        return self._exposure(actor.user, since)

    @allows(Permission.TEAM_READ)
    def team(self, actor: Actor, since: int | None = None) -> tuple[Member, ...]:
        """What each person has at hand and has had to see. Not a ranking: by name."""
        with self._reading() as connection:
            names = connection.execute(
                select(users.c.name).where(users.c.disabled.is_(False)).order_by(users.c.name)
            ).scalars()
            held = dict(
                tuple(row)
                for row in connection.execute(
                    select(cases.c.claimed_by, func.count())
                    .where(cases.c.claimed_by.is_not(None), cases.c.lease_until > self._clock())
                    .group_by(cases.c.claimed_by)
                )
            )
            everybody = list(names)
        return tuple(
            Member(name, held.get(name, 0), self._exposure(name, since)) for name in everybody
        )

    @allows(Permission.KEYS_MANAGE)
    def rotate_keys(self, actor: Actor) -> int:
        """Seal with the current key whatever is sealed with another, or is plain; how many values.
        The old keys must be in the ring; afterwards they are needed for backups only. In portions:
        what is done stays done if it is stopped."""
        total = 0
        for table, columns, name in SEALED:
            for column in columns:
                total += self._rotate(actor, table, column, name)
        with self._writing(actor) as work:
            work.note("keys.rotate", None, values=total, key=self._vault.ring.current)
        return total

    def _exposure(self, user: str, since: int | None) -> Exposure:
        start = self._clock() - self._settings.shift if since is None else since
        with self._reading() as connection:
            looked = connection.execute(
                select(func.count(distinct(views.c.case_id))).where(
                    views.c.user_name == user, views.c.at >= start
                )
            ).scalar_one()
            seen = and_(reveals.c.user_name == user, reveals.c.at >= start)
            revealed = connection.execute(
                select(func.count(distinct(reveals.c.message_id))).where(seen)
            ).scalar_one()
            grave = connection.execute(
                select(func.count(distinct(reveals.c.message_id))).where(
                    seen, reveals.c.grave.is_(True)
                )
            ).scalar_one()
            revealed += _in_investigations(connection, user, start)
        due = revealed >= self._settings.break_after_revealed
        return Exposure(user, start, looked, revealed, grave, due)

    def _rotate(self, actor: Actor, table: Table, column: str, name: str) -> int:
        key = next(iter(table.primary_key.columns))
        sealed, total = table.c[column], 0
        last = None
        while True:
            with self._writing(actor) as work:
                wanted = select(table).where(sealed.is_not(None)).order_by(key)
                if last is not None:
                    wanted = wanted.where(key > last)
                rows = work.connection.execute(wanted.limit(ROTATE_ROWS)).all()
                for row in rows:
                    values = row._mapping
                    stored = values[column]
                    if self._vault.is_current(stored):
                        continue
                    where = place(name, values.get("case_id"))
                    work.connection.execute(
                        update(table)
                        .where(key == values[key.name])
                        .values({column: self._vault.seal(self._vault.open(stored, where), where)})
                    )
                    total += 1
            if len(rows) < ROTATE_ROWS:
                return total
            last = rows[-1]._mapping[key.name]


def _in_investigations(connection: Connection, user: str, start: int) -> int:
    """Different messages of investigations that somebody was shown since."""
    details = connection.execute(
        select(audit.c.detail).where(
            audit.c.user_name == user, audit.c.at >= start, audit.c.action == REVEALED
        )
    ).scalars()
    found = [json.loads(each) for each in details]
    return len({(each["investigation"], number) for each in found for number in each["messages"]})
