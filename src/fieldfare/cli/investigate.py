"""``fieldfare investigate``: one suspect's archives become one case."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldfare.cli.scan import EXIT_WITH_PROBLEMS, date_order_of, moment_of, zone_of
from fieldfare.cli.serve import DEFAULT_DATA, Data
from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from fieldfare.investigation.importing import Imported
    from fieldfare.investigation.store import Investigation
    from fieldfare.sources.reader import Problems


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
    note: Annotated[
        str | None, typer.Option(help="A line to stand at the head of the reports.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Find every child a suspect was in contact with, from all archives of the suspect.

    Exit codes: 0 done; 1 input or setting not usable; 2 wrong command line; 3 done, but some of
    the input could not be read (lines of a service's own and unsent drafts are none of it).
    """
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation import output
    from fieldfare.investigation.handover import FOLDER, NOTE, write_reports
    from fieldfare.investigation.identities import name_suspect
    from fieldfare.investigation.importing import import_paths
    from fieldfare.investigation.run import AS_OF, analyse
    from fieldfare.investigation.store import Investigation
    from fieldfare.sources.reader import ReadOptions

    options = ReadOptions(date_order=date_order_of(date_order), time_zone=zone_of(zone, "--zone"))
    moment = moment_of(as_of)
    folder = Investigation.folder_of(data, case)
    with Investigation.open(folder, create=bool(paths)) as opened:
        imported = import_paths(opened, paths or [], options, format_in, _step)
        if moment is not None:
            opened.set(AS_OF, str(moment))
        if note is not None:
            opened.set(NOTE, note)
        with _kept(case, data):
            if suspect:
                name_suspect(opened, suspect)
            analyse(opened, _step, imported=True)
        results = out or folder / "results"
        output.write(opened, results)
        _step("Reports of the countries")
        made = write_reports(opened, case, "operator", out)
        _print(opened, imported)
    if made:
        pages = f"{len(made)}, each as HTML, PDF and CSV, in {(out or folder) / FOLDER}"
        typer.echo(printable(f"Reports     {pages}"))
    typer.echo(printable(f"Tables      CSV, in {results}"))
    _print_next(case, data)
    if imported.problems.lost:
        raise typer.Exit(EXIT_WITH_PROBLEMS)


@contextmanager
def _kept(case: str, data: Path) -> Iterator[None]:
    """An error within says that what was read is kept, and how to go on."""
    try:
        yield
    except InputError as error:
        again = f"fieldfare investigate --case {shlex.quote(case)}{_given(data)} --suspect ACCOUNT"
        raise InputError(f"{error}. What was read is kept; go on with: {again}") from error


def _given(data: Path) -> str:
    """The option that says where the case lies, where it has to be said."""
    return "" if data == DEFAULT_DATA else f" --data {shlex.quote(str(data))}"


def _step(name: str) -> None:
    from fieldfare.cli.terminal import printable

    if sys.stderr.isatty():
        typer.echo(printable(name), err=True)


def _print(case: Investigation, imported: Imported) -> None:
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
    _print_lost(imported.problems)


def _print_next(case: str, data: Path) -> None:
    """Where an officer goes on: the commands as they are to be typed."""
    from fieldfare.cli.terminal import printable

    given = _given(data)
    for line in (
        f"Look next   fieldfare console{given}, then Investigations",
        f"            (who may sign in: fieldfare user add NAME --role investigator{given})",
        f"            or fieldfare investigation peers --case {shlex.quote(case)}{given}",
    ):
        typer.echo(printable(line))


def _print_lost(problems: Problems) -> None:
    """A line a kind of what could not be read, with the first of it and what to do."""
    from fieldfare.cli.terminal import printable

    if not problems.lost:
        return
    typer.echo(f"Not read    {problems.lost:,} things; see problems.csv")
    for what, count in problems.counts.most_common():
        if problems.loses(what):
            first = problems.samples[what][0]
            detail = f"; {first.detail}" if first.detail else ""
            typer.echo(printable(f"  {count:,} × {what} (first: {first.where}{detail})"))


def _country(row: dict[str, Any]) -> str:
    from fieldfare.investigation.handover.sentences import country_name
    from fieldfare.investigation.records import UNKNOWN

    urgent = f", {row['urgent']:,} at risk now" if row["urgent"] else ""
    name = country_name(row["country"] or UNKNOWN)
    children = "child" if row["children"] == 1 else "children"
    return f"  {name:<20} {row['children']:>5,} {children}{urgent}"
