"""``fieldfare report``: from a decided case to an authority.

``fieldfare report C-12 --to ncmec`` is short for ``fieldfare report make C-12 --to ncmec``.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fieldfare.cli.case import Keys, number_of, open_parts
from fieldfare.cli.report_credentials import credentials
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldfare.reports.filing_records import Filing
    from fieldfare.reports.packing import Job

_NUMBER = re.compile(r"(?i)(c-)?\d+")

Number = Annotated[str, typer.Argument(metavar="CASE", help="Number of the case: C-12.")]
To = Annotated[str, typer.Option(help="Destination; `fieldfare report destinations` lists them.")]
Settings = Annotated[
    Path | None,
    typer.Option(help="Who reports, and where to (TOML); default: reports.toml in --data."),
]
DetailsFile = Annotated[
    Path | None,
    typer.Option(help="What the service knows of the accounts (TOML or JSON)."),
]


class _Short(TyperGroup):
    """A group whose first word may be the number of a case."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command, or `make` for a number."""
        if args and _NUMBER.fullmatch(args[0]):
            args = ["make", *args]
        return super().resolve_command(ctx, args)


report = typer.Typer(
    cls=_Short,
    help="Reports to authorities. `fieldfare report C-12 --to ncmec` makes one.",
    no_args_is_help=True,
)
report.add_typer(credentials, name="credentials")


@report.command("make")
def make(
    number: Number,
    to: To,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; default: report-CASE-DESTINATION.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Write what would be sent, and send nothing; drafts are possible."
        ),
    ] = False,
    supplement: Annotated[
        bool, typer.Option("--supplement", help="Add to a report that was made already.")
    ] = False,
    annotate: Annotated[
        list[str] | None,
        typer.Option(help="What people say of the incident, such as sextortion. Repeatable."),
    ] = None,
    settings: Settings = None,
    details: DetailsFile = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """File a decided case, or write what a person hands in."""
    from fieldfare.reports.cybertip.compose import ANNOTATIONS
    from fieldfare.reports.destinations import make as made_at
    from fieldfare.vocabulary import FieldfareError, InputError

    said = tuple(annotate or ())
    for each in said:
        if each not in ANNOTATIONS:
            raise InputError(f"--annotate {each}: choose from {', '.join(ANNOTATIONS)}")
    with _job(number, to, settings, details, data, database, keys) as job:
        where = out or Path(f"report-C-{job.case}-{to}")
        made = made_at(
            replace(job, out=where, dry_run=dry_run, supplement=supplement, annotations=said)
        )
    _say(made.lines)
    if made.problem is not None:
        raise FieldfareError(made.problem)


@report.command("propose")
def propose(
    number: Number,
    settings: Settings = None,
    details: DetailsFile = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Say where a case belongs and why, and what would make its report more actionable; before or
    after it is decided. Prints no text of messages."""
    from fieldfare.reports.completeness import completeness, lines
    from fieldfare.reports.router import route

    with _job(number, "proposal", settings, details, data, database, keys) as job:
        case = replace(job, dry_run=True).open()
        found = route(case, job.settings, job.details, job.earlier())
        _say(f"NOW: {each}" for each in found.urgent)
        for each in found.proposed:
            basis = f"{each.source}{f', {each.mark}' if each.mark else ''}"
            _say([f"{each.destination}: {each.because} ({basis})"])
        if not found.proposed:
            _say(["No rule proposes a destination; a person has to decide"])
        _say(f"Already: {each}" for each in found.already)
        _say(f"To know: {each}" for each in found.open_questions)
        _say(lines(completeness(case, job.settings, job.details)))


@report.command("status")
def status(
    number: Number,
    answer: Annotated[
        bool,
        typer.Option(
            "--answer", help="Also the authority's own words about a problem; may quote the report."
        ),
    ] = False,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Show what is on its way or filed for a case, and until when an open report is kept."""
    from fieldfare.cases import OPERATOR

    with _job(number, "status", None, None, data, database, keys) as job:
        for each in job.earlier():
            _say(_about(each))
            if answer and (words := job.filings.answer(OPERATOR, each.id)):
                _say([f"  answered: {words}"])


@report.command("receipt")
def receipt(
    number: Number,
    to: To,
    reference: Annotated[str, typer.Option(help="Number that the authority gave.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Record that a person handed a pack in."""
    from fieldfare.reports.packing import PORTAL
    from fieldfare.vocabulary import InputError

    with _job(number, to, None, None, data, database, keys) as job:
        waiting = [
            each
            for each in job.earlier()
            if (each.destination, each.environment, each.state) == (to, PORTAL, "prepared")
        ]
        if not waiting:
            raise InputError(f"no pack of C-{job.case} for {to} waits for a receipt")
        job.filings.finished(job.actor, waiting[-1].id, reference)
    typer.echo(f"C-{job.case} was reported to {to}")


@report.command("destinations")
def destinations_(settings: Settings = None, data: Data = DEFAULT_DATA) -> None:
    """List destinations: name, title, what is made, where, whether credentials are needed."""
    from fieldfare.cli.terminal import cells
    from fieldfare.reports.destinations import destinations
    from fieldfare.reports.settings import load

    for each in destinations(load(settings_file(settings, data))).values():
        needs = "credentials" if each.credentials else ""
        typer.echo(cells(each.name, each.title, each.makes, each.jurisdiction, needs))


@report.command("schema")
def schema(
    settings: Settings = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Fetch the CyberTipline's schema with your credentials, for dry runs; filing fetches it by
    itself."""
    from fieldfare.reports.cybertip.make import connect, fetch_schema
    from fieldfare.reports.settings import schema_path

    with _job("0", "ncmec", settings, None, data, database, keys) as job, connect(job) as client:
        fetch_schema(job, client)
    typer.echo(f"written to {schema_path(job.settings, job.settings_file)}")


@contextmanager
def _job(
    number: str,
    to: str,
    settings: Path | None,
    details: Path | None,
    data: Path,
    database: str | None,
    keys: Path | None,
) -> Iterator[Job]:
    from fieldfare.cases import OPERATOR, CaseStore
    from fieldfare.reports.credentials import CredentialStore
    from fieldfare.reports.details import load as load_details
    from fieldfare.reports.filings import Filings
    from fieldfare.reports.packing import Job
    from fieldfare.reports.settings import FILE, load

    case, path = number_of(number), settings_file(settings, data)
    loaded, known = load(path), load_details(details)
    engine, vault = open_parts(data, database, keys)
    with CaseStore(engine, vault=vault) as store:
        yield Job(
            store=store,
            filings=Filings(engine, vault=vault),
            credentials=CredentialStore(engine, vault=vault),
            actor=OPERATOR,
            case=case,
            destination=to,
            out=Path(),
            settings=loaded,
            settings_file=path if path is not None else data / FILE,
            details=known,
        )


def settings_file(given: Path | None, data: Path) -> Path | None:
    """The file given, or the usual one where it is there."""
    from fieldfare.reports.settings import usual

    return usual(data) if given is None else given


def _about(filing: Filing) -> list[str]:
    from fieldfare.vocabulary.times import isoformat

    head = (
        f"{filing.id}\t{filing.destination}\t{filing.environment}\t{filing.state}\t"
        f"{filing.report_id or '-'}\t{isoformat(filing.made_at)}"
    )
    more = []
    if filing.expires_at is not None:
        more.append(f"  open at the authority; forgotten there {isoformat(filing.expires_at)}")
    if (filing.environment, filing.state) == ("portal", "prepared"):
        more.append("  to be handed in by a person; then `fieldfare report receipt`")
    if filing.problem:
        more.append(f"  {filing.problem}")
    for each in filing.calls:
        code = "no answer" if each.code is None else str(each.code)
        more.append(f"  {isoformat(each.at)} {each.call} {code} {each.request_id or ''}".rstrip())
    return [head, *more]


def _say(lines: Any) -> None:
    from fieldfare.cli.terminal import printable

    for line in lines:
        typer.echo("\t".join(printable(part) for part in line.split("\t")))
