"""``fieldfare investigate``: one suspect's archives become one case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldfare.cli.scan import DATE_ORDERS, EXIT_WITH_PROBLEMS, _moment, _zone
from fieldfare.cli.serve import DEFAULT_DATA, Data

if TYPE_CHECKING:
    from fieldfare.investigation.importing import Imported
    from fieldfare.investigation.store import Investigation


def investigate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Archives of one suspect: files, folders or ZIPs."),
    ] = None,
    *,
    case: Annotated[str, typer.Option(help="Name of the case; begun if new, added to if not.")],
    suspect: Annotated[
        list[str] | None,
        typer.Option(help="An account, name or number of the suspect's; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the tables. Default: `results` in the case.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Zone of times that carry none, such as Europe/London.")
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="Where days and months are numbers: dmy, mdy or ymd.")
    ] = None,
    format_in: Annotated[
        str | None, typer.Option(help="Read the input as this format; see `fieldfare formats`.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="What risk now counts back from, ISO 8601. Default: last message."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Find every child a suspect was in contact with, from all archives of the suspect.

    Exit codes: 0 done; 1 input or setting not usable; 2 wrong command line; 3 done, but some of
    the input could not be read.
    """
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation import output
    from fieldfare.investigation.handover import write_reports
    from fieldfare.investigation.identities import name_suspect
    from fieldfare.investigation.importing import import_paths
    from fieldfare.investigation.run import AS_OF, analyse
    from fieldfare.investigation.store import Investigation
    from fieldfare.sources.reader import ReadOptions
    from fieldfare.vocabulary import SettingsError

    if date_order is not None and date_order not in DATE_ORDERS:
        raise SettingsError(f"--date-order {date_order}: choose dmy, mdy or ymd")
    options = ReadOptions(
        date_order=DATE_ORDERS[date_order] if date_order else None, time_zone=_zone(zone)
    )
    moment = _moment(as_of)
    folder = Investigation.folder_of(data, case)
    with Investigation.open(folder, create=bool(paths)) as opened:
        imported = import_paths(opened, paths or [], options, format_in, _step)
        if moment is not None:
            opened.set(AS_OF, str(moment))
        if suspect:
            name_suspect(opened, suspect)
        analyse(opened, _step, imported=True)
        results = out or folder / "results"
        output.write(opened, results)
        _step("Reports of the countries")
        made = write_reports(opened, case, "operator", out)
        _print(opened, imported, results)
        if made:
            typer.echo(printable(f"Reports     {len(made)}, in {(out or folder) / 'reports'}"))
    if imported.problems.total:
        raise typer.Exit(EXIT_WITH_PROBLEMS)


def _step(name: str) -> None:
    from fieldfare.cli.terminal import printable

    if sys.stderr.isatty():
        typer.echo(printable(name), err=True)


def _print(case: Investigation, imported: Imported, results: Path) -> None:
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation import output

    found = output.summary(case)
    names = ", ".join(found["suspect"])
    typer.echo(printable(f"Suspect     {names}"))
    typer.echo(f"Messages    {found['messages']:,} of {found['records']:,} records")
    typer.echo(f"People      {found['peers']:,}, probably children {found['children']:,}")
    for row in found["countries"]:
        typer.echo(_country(row))
    if found["proposed"]:
        typer.echo(f"To confirm  {found['proposed']:,} pairs of accounts may be one person")
    if imported.problems.total:
        typer.echo(f"Not read    {imported.problems.total:,} things; see problems.csv")
    typer.echo(printable(f"Written to  {results}"))
    typer.echo("Look next   fieldfare console, Investigations; or fieldfare investigation peers")


def _country(row: dict[str, Any]) -> str:
    urgent = f", {row['urgent']:,} at risk now" if row["urgent"] else ""
    return f"  {row['country'] or 'unknown':<9} {row['children']:>5,} children{urgent}"
