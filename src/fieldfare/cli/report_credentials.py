"""``fieldfare report credentials``: names and passwords at the authorities."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.case import Keys, open_parts
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl

if TYPE_CHECKING:
    from fieldfare.reports.credentials import CredentialStore

credentials = typer.Typer(
    help="Names and passwords at the authorities, sealed at rest.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="DESTINATION", help="Such as ncmec.")]
Environment = Annotated[str, typer.Option(help="test or production: each has its own.")]


@credentials.command("set")
def set_(
    destination: Name,
    environment: Environment = "test",
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Keep a name and a password. They are asked for, or read from two lines of standard input."""
    from fieldfare.cases import OPERATOR
    from fieldfare.reports.credentials import Credentials
    from fieldfare.reports.destinations import destinations
    from fieldfare.reports.settings import ReportSettings
    from fieldfare.vocabulary import InputError

    known = [each.name for each in destinations(ReportSettings()).values() if each.credentials]
    if destination not in known or environment not in ("test", "production"):
        raise InputError(
            f"credentials are for {', '.join(known)}, with --environment test or production"
        )
    # Never arguments: a command line is read by others on the machine.
    if sys.stdin.isatty():
        given = Credentials(
            str(typer.prompt("Name")), str(typer.prompt("Password", hide_input=True))
        )
    else:
        given = Credentials(_line(), _line())
    _store(data, database, keys).put(OPERATOR, destination, environment, given)
    typer.echo(f"credentials for {destination} ({environment}) are kept")


@credentials.command("list")
def list_(data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """List for what there are credentials, since when, and who set them; never what they are."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cli.terminal import cells
    from fieldfare.vocabulary.times import isoformat

    for each in _store(data, database, None).stored(OPERATOR):
        typer.echo(cells(each.destination, each.environment, isoformat(each.set_at), each.by))


@credentials.command("remove")
def remove(
    destination: Name,
    environment: Environment = "test",
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Forget credentials."""
    from fieldfare.cases import OPERATOR

    _store(data, database, None).remove(OPERATOR, destination, environment)
    typer.echo(f"credentials for {destination} ({environment}) are forgotten")


def _store(data: Path, database: str | None, keys: Path | None) -> CredentialStore:
    from fieldfare.reports.credentials import CredentialStore

    engine, vault = open_parts(data, database, keys)
    return CredentialStore(engine, vault=vault)


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
