"""``fieldfare retention``: what is kept until when, holds, and destruction with a certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.case import Keys, number_of, open_store
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, settings_of

if TYPE_CHECKING:
    from fieldfare.cases.retention_records import Destruction, HoldKind, Retention

Number = Annotated[str, typer.Argument(metavar="CASE", help="Number of the case: C-12.")]
EvidenceKey = Annotated[
    Path | None,
    typer.Option("--key", help="Evidence key that signs certificates.", exists=True),
]

retention = typer.Typer(
    help="What is kept until when, holds, and destruction with a certificate.",
    no_args_is_help=True,
)


@retention.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also what is not due yet.")] = False,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """List cases of which something is due: case, state, what is destroyed next, when its last
    clock ended, what holds it or how far it is."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cases.desk import now
    from fieldfare.cli.terminal import cells

    at = now()
    for each in open_store(data, database, None).retentions(OPERATOR):
        if all_ or each.is_due(at) or each.destruction is not None:
            until = _day(each.until(each.stage))
            typer.echo(cells(each.reference, each.state, each.stage, until, _stands(each, at)))


@retention.command("show")
def show(
    number: Number, data: Data = DEFAULT_DATA, database: DatabaseUrl = None, keys: Keys = None
) -> None:
    """Show the clocks of a case with their sources, its holds and what was destroyed of it."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cli.terminal import cells

    case = number_of(number)
    store = open_store(data, database, keys)
    # What is left of a case that was destroyed wholly is that it was.
    for found in store.retentions(OPERATOR, [case]):
        for each in found.clocks:
            clock = each.clock
            mark = f" ({clock.mark})" if clock.mark else ""
            said = f"{clock.basis}: {clock.source}{mark}"
            days = (_day(each.started_at), _day(each.ends_at))
            typer.echo(cells(each.name, clock.keeps, *days, said))
        for hold in found.holds:
            stands = "stands" if hold.released_at is None else f"released {_day(hold.released_at)}"
            when = f"{_day(hold.placed_at)} by {hold.placed_by}"
            typer.echo(cells(f"hold {hold.id}", hold.kind, hold.jurisdiction, when, stands))
    for done in store.destructions(OPERATOR, case):
        typer.echo(cells(f"destruction D-{done.id}", done.stage, done.state, done.stopped))


@retention.command("hold")
def hold_(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it must be kept.")],
    jurisdiction: Annotated[str, typer.Option(help="By whose law or court.")],
    preservation: Annotated[
        bool,
        typer.Option(
            "--preservation", help="A request to preserve: its clocks run, and hold no longer."
        ),
    ] = False,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Place a hold on a case: nothing of it is destroyed while it stands."""
    from fieldfare.cases import OPERATOR

    store = open_store(data, database, keys)
    kind: HoldKind = "preservation" if preservation else "legal"
    placed = store.place_hold(OPERATOR, number_of(number), reason, jurisdiction, kind)
    typer.echo(f"hold {placed} stands")


@retention.command("release")
def release(
    hold: Annotated[int, typer.Argument(help="Number of the hold.")],
    reason: Annotated[str, typer.Option(help="Why it need not be kept any more.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Propose that a hold is released; a second person agrees in the console."""
    from fieldfare.cases import OPERATOR

    proposal = open_store(data, database, keys).propose_release(OPERATOR, hold, reason)
    typer.echo(f"proposal {proposal.id} waits for a second person")


@retention.command("run")
def run(
    certificates: Annotated[
        Path | None, typer.Option(help="Folder to write the certificates to.")
    ] = None,
    key: EvidenceKey = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Propose the destruction of what is due, and carry out or go on with what a second person
    agreed to more than 15 minutes ago. A running service does the same by itself."""
    from fieldfare.cases import OPERATOR
    from fieldfare.reports.evidence.signing import load_key
    from fieldfare.service.retention import keep_house

    if key is not None:
        load_key(key)
    settings = settings_of(data, database)
    there = settings.database is not None or (data / "journal.sqlite").exists()
    journal = settings.open_journal() if there else None
    try:
        store = open_store(data, database, keys)
        proposed, done = keep_house(store, journal.database if journal else None, OPERATOR)
        waiting = store.to_destroy(OPERATOR)
    finally:
        if journal is not None:
            journal.close()
    typer.echo(f"{proposed:,} proposed, {len(done):,} destroyed")
    for each in waiting:
        typer.echo(f"D-{each.id} of {each.reference} waits: {each.state}; run this again", err=True)
    if certificates is not None:
        for each in done:
            _write(each, certificates, key)


@retention.command("certificate")
def certificate(
    number: Number,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    key: EvidenceKey = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Write the certificates of what was destroyed of a case, as JSON and PDF."""
    from fieldfare.cases import OPERATOR
    from fieldfare.vocabulary import InputError

    found = open_store(data, database, None).destructions(OPERATOR, number_of(number))
    done = [each for each in found if each.state == "done"]
    if not done:
        raise InputError(f"nothing of case {number} was destroyed")
    for each in done:
        _write(each, out, key)


@retention.command("clocks")
def clocks(data: Data = DEFAULT_DATA) -> None:
    """List the clocks in force: name, what they keep, what starts them, how long, what says so."""
    from fieldfare.cases.clocks import of_data
    from fieldfare.cli.terminal import cells

    for name, each in of_data(data).items():
        long = " ".join(
            f"{n} {unit}{'' if n == 1 else 's'}"
            for n, unit in ((each.years, "year"), (each.days, "day"))
            if n
        )
        mark = f" ({each.mark})" if each.mark else ""
        said = f"{each.basis}: {each.source}{mark}"
        typer.echo(cells(name, each.keeps, each.starts, long, each.jurisdiction, said))


def _write(destruction: Destruction, folder: Path, key: Path | None) -> None:
    from fieldfare.reports.destruction import write_certificate

    for path in write_certificate(destruction, folder, key):
        typer.echo(str(path))


def _stands(found: Retention, at: int) -> str:
    if found.destruction is not None:
        return f"{found.destruction.state}: D-{found.destruction.id}"
    if found.is_proposed:
        return "proposed: a second person has to agree"
    return "; ".join(found.held(found.stage, at)) or "due"


def _day(at: int | None) -> str:
    from fieldfare.cases.retention_records import day

    return "-" if at is None else day(at)
