"""What every destination is given and gives back, and packs that a person hands in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from fieldfare.cases import Actor, CaseStore
from fieldfare.reports.case_file import CaseFile, open_case_file
from fieldfare.reports.completeness import completeness, lines
from fieldfare.reports.credentials import CredentialStore
from fieldfare.reports.details import Details
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.filings import Filings
from fieldfare.reports.router import route
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary import InputError

Files: TypeAlias = Mapping[str, bytes]
"""Contents by path in the folder of a pack."""

PORTAL = "portal"
"""The environment of what a person hands in."""


@dataclass(frozen=True)
class Job:
    """A case to be made into a report."""

    store: CaseStore
    filings: Filings
    credentials: CredentialStore
    actor: Actor
    case: int
    destination: str
    out: Path
    """Folder to write to; made if missing."""
    settings: ReportSettings = field(default_factory=ReportSettings)
    settings_file: Path | None = None
    details: Details = field(default_factory=Details)
    dry_run: bool = False
    """Send nothing, record nothing as on its way; a case that is not decided makes a draft."""
    supplement: bool = False
    annotations: tuple[str, ...] = ()

    def open(self) -> CaseFile:
        """The case; a draft may be looked at in a dry run only."""
        return open_case_file(
            self.store, self.actor, self.case, self.destination, draft=self.dry_run
        )

    def advice(self, case: CaseFile) -> tuple[str, ...]:
        """What to say before anything is sent: danger, where it belongs, what is missing."""
        found = route(case, self.settings, self.details, self.earlier())
        said = [f"NOW: {each}" for each in found.urgent]
        if case.is_draft:
            said.append("DRAFT: two people have not decided to report this case")
        names = [each.destination for each in found.proposed]
        if names and self.destination not in names and self.destination != "evidence":
            first = found.proposed[0]
            said.append(
                f"The router proposes {first.destination} instead: {first.because} "
                f"({first.source}{f', {first.mark}' if first.mark else ''})"
            )
        said += [f"Already: {each}" for each in found.already]
        return (*said, *lines(completeness(case, self.settings, self.details)))

    def earlier(self) -> tuple[Filing, ...]:
        """Filings of the case."""
        return self.filings.of_case(self.actor, self.case)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it."""

    lines: tuple[str, ...]
    """To be shown; no text of messages."""
    problem: str | None = None
    """Why it is not done, if it is not."""


def packed_by_hand(job: Job, pack: Callable[[CaseFile, Filing | None], Files]) -> Made:
    """Write a pack for a person to hand in, and put it on its way until its receipt is recorded
    (`Filings.finished`). `pack` gets the case, and the report that a supplement adds to."""
    case = job.open()
    before = _supplemented(job) if job.supplement else None
    found = pack(case, before)
    said = list(job.advice(case))
    if not job.dry_run:
        listed = "".join(f"{name} {_sha256(found[name])}\n" for name in sorted(found))
        filing = job.filings.prepare(
            job.actor,
            job.case,
            job.destination,
            PORTAL,
            listed.encode(),
            [(name, content) for name, content in sorted(found.items())],
            case.as_of,
            supplement=job.supplement,
        )
        said.append(
            f"Filing {filing.id}: hand it in, then record its receipt with `fieldfare report "
            f"receipt {case.reference} --to {job.destination} --reference …`"
        )
    write_noted(job, found)
    return Made((*said, f"{len(found)} files written to {job.out}"))


def write_noted(job: Job, found: Files) -> None:
    """Write the files of a report, and let the audit and retention know of them. Raises
    InputError where the folder holds something already."""
    write(job.out, found)
    job.store.note_export(job.actor, job.case, job.destination, _of_all(found), job.out)


def write(folder: Path, found: Files) -> None:
    """Write files that nobody else on the machine can read. Raises InputError where the folder
    holds something already."""
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: is not empty; give another folder with --out")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(content)


def _supplemented(job: Job) -> Filing:
    done = [
        each
        for each in job.earlier()
        if each.destination == job.destination and each.state == "finished"
    ]
    if not done:
        raise InputError(
            f"there is no report to {job.destination} of this case to add to; leave --supplement "
            "out, or record its receipt first"
        )
    return done[-1]


def _of_all(found: Files) -> str:
    return _sha256("".join(f"{name} {_sha256(found[name])}\n" for name in sorted(found)).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
