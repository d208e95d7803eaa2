"""What `fieldfare evidence` states of users' reports that are verified."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from fieldfare.reports.case_file import CaseFile
    from fieldfare.reports.evidence.proofs import Proofs
    from fieldfare.service.report_statements import Notary

NO_NAME = "the operator of this service"


def statement_settings(
    data: Path, database: str | None, keys: Path | None, franking_keys: Path | None
) -> ServiceSettings:
    """Where reports and the keys they are verified with are."""
    from fieldfare.cli.serve import url_of

    return ServiceSettings(data, url_of(database), keys=keys, franking_keys=franking_keys)


def proofs_of(
    settings: ServiceSettings, case_file: CaseFile, key: Path | None, organisation: str
) -> Proofs:
    """Statements about the children's reports of a case; none where the bag is not signed, or
    where this is no live service's data."""
    from fieldfare.reports.evidence.proofs import Proof, Proofs

    if key is None or not _has_reports(settings):
        return Proofs(())
    children = {each.account for each in case_file.children}
    with _notary(settings, key, organisation) as notary:
        found = notary.about(case_file.suspect.account, children)
    return Proofs([Proof(each.envelope, each.messages) for each in found])


def statement_of(
    settings: ServiceSettings, id_: str, key: Path, organisation: str
) -> tuple[str, int]:
    """The statement about a report, and how many messages it vouches for. Raises InputError where
    there is no such report, or nothing of it can be verified."""
    with _notary(settings, key, organisation) as notary:
        report = notary.reports.get(id_) if _has_reports(settings) else None
        if report is None:
            raise InputError(f"there is no report {id_}")
        stated = notary.state(report)
    if stated is None:
        raise InputError(
            f"report {id_}: no message of it can be verified; they are no longer kept, or "
            "--franking-keys has not their key"
        )
    return stated.envelope, len(stated.messages)


def _has_reports(settings: ServiceSettings) -> bool:
    """Whether a live service keeps its data there: nothing is made by looking."""
    return settings.database is not None or (settings.data / "journal.sqlite").is_file()


@contextmanager
def _notary(settings: ServiceSettings, key: Path, organisation: str) -> Iterator[Notary]:
    from fieldfare.reports.evidence.signing import load_key
    from fieldfare.service.report_statements import Notary
    from fieldfare.service.user_reports import UserReports

    private = load_key(key)
    if not _has_reports(settings):
        raise InputError(f"{settings.data}: no live service keeps its data there")
    journal = settings.open_journal()
    try:
        yield Notary(
            UserReports(journal.database),
            settings.vault(),
            settings.franking_ring(),
            organisation or NO_NAME,
            private,
            time.time_ns() // 1000,
        )
    finally:
        journal.close()
