"""A destruction carried out: files first, then the database, then what its files may still hold."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fieldfare.cases import Actor, CaseStore
from fieldfare.cases.errors import KeyMissing
from fieldfare.cases.retention_records import Destruction
from fieldfare.reports.destruction.made_files import becomes, remove

log = logging.getLogger("fieldfare.retention")


def carry_out(
    store: CaseStore, actor: Actor, also: Callable[[str], object] | None = None
) -> tuple[Destruction, ...]:
    """Carry out every destruction that was agreed to and can no longer be stopped by a hold, or go
    on with it; those that are done now. One that cannot go on leaves the others alone: it is logged
    by its number, and tried again next time. `also`: takes what others keep of the content of an
    account's case, before it is called gone; may be asked twice."""
    for each in store.to_destroy(actor):
        try:
            _go_on(store, actor, each, also)
        except (OSError, KeyMissing) as error:
            # The number and the kind of error: a path may name somebody.
            log.error("destruction D-%d waits: %s", each.id, type(error).__name__)
    return store.finish_destructions(actor)


def _go_on(
    store: CaseStore, actor: Actor, given: Destruction, also: Callable[[str], object] | None
) -> None:
    begun = store.begin_destruction(actor, given.id)
    if begun.state != "begun":
        return
    if begun.stage == "content":
        files = store.files_of(actor, begun.case)
        # What becomes of them is written down before the first of them goes.
        store.note_files(actor, begun.id, [becomes(each) for each in files])
        for each in files:
            remove(each)
        if also is not None:
            also(store.summary(actor, begun.case).account)
    store.erase(actor, begun.id)
