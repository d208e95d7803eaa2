"""Retention in the live service: what is held there and what is held in cases are one.

Legal holds on accounts hold their cases; closed cases that are held (their reports' clocks, holds
on them) hold erasures of their accounts back. What is no longer held is proposed for destruction,
and carried out once a second person agreed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fieldfare.cases import SERVICE, Actor, CaseStore
from fieldfare.cases.desk import now
from fieldfare.cases.retention_records import Destruction
from fieldfare.reports.destruction import carry_out
from fieldfare.service.database import Database
from fieldfare.service.protections import KeptCases, LegalHolds, protected
from fieldfare.service.user_reports import UserReports

LOOK_SECONDS: Final = 60.0
"""How often clocks and holds are looked at; what closes a case is looked at at once."""


def follow(store: CaseStore, database: Database, clock: Callable[[], int] = now) -> None:
    """Let holds of the service hold cases, and held cases hold erasures back. `database` is that of
    the journal."""
    standing = LegalHolds(database).standing()
    store.follow_service(
        SERVICE, [(each.id, each.account, each.reason, each.jurisdiction) for each in standing]
    )
    at = clock()
    KeptCases(database).replace(
        (each.account, each.reference)
        for each in store.retentions(SERVICE)
        if not each.is_open and each.holds_erasure(at)
    )


def closed(store: CaseStore, database: Database, case: int, clock: Callable[[], int] = now) -> None:
    """A case was closed: hold erasures back before it is called so, where it is held."""
    at = clock()
    for each in store.retentions(SERVICE, [case]):
        if each.holds_erasure(at):
            KeptCases(database).keep(each.account, each.reference)


def keep_house(
    store: CaseStore,
    database: Database | None,
    actor: Actor = SERVICE,
    clock: Callable[[], int] = now,
) -> tuple[int, tuple[Destruction, ...]]:
    """Do all that is to be done about retention now: how many destructions were proposed, and
    those that are done. `database`: None where there is no live service."""
    if database is not None:
        follow(store, database, clock)
    proposed = store.propose_destructions(actor)

    def forget(account: str) -> None:
        if database is not None and account not in protected(database):
            UserReports(database).forget_texts_about(account)
            database.scrub()

    return proposed, carry_out(store, actor, forget)
