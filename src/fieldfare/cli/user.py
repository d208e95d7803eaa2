"""``fieldfare user``: who can sign in to the console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.case import Keys, open_parts
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl

if TYPE_CHECKING:
    from fieldfare.cases.users import NewSecret, Users

user = typer.Typer(help="Who can sign in to the console.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name to sign in with.")]
Roles = Annotated[list[str], typer.Option("--role", help="A role; may be given several times.")]


@user.command("add")
def add(
    name: Name,
    role: Roles,
    external: Annotated[
        bool, typer.Option(help="Signs in through an identity provider only: no password here.")
    ] = False,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Add somebody. The password is asked for, or read from standard input; then the second factor
    to set up is printed, this once."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cases.permissions import check_roles

    check_roles(role)
    password = None if external else _password()
    _show(name, _users(data, database, keys).add(OPERATOR, name, role, password))


@user.command("list")
def list_(data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """List names, roles and whether they can sign in."""
    from fieldfare.cases import OPERATOR

    for each in _users(data, database, None).all_users(OPERATOR):
        state = "disabled" if each.disabled else "active"
        how = "password and code" if each.totp else "identity provider"
        typer.echo(f"{each.name}\t{' '.join(sorted(each.roles))}\t{state}\t{how}")


@user.command("roles")
def roles(name: Name, role: Roles, data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """Give somebody these roles instead of the earlier ones; ends sessions."""
    from fieldfare.cases import OPERATOR

    _users(data, database, None).give_roles(OPERATOR, name, role)
    typer.echo(f"{name}: {' '.join(sorted(role))}")


@user.command("disable")
def disable(name: Name, data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """Let somebody sign in no more; ends sessions at once."""
    from fieldfare.cases import OPERATOR

    _users(data, database, None).disable(OPERATOR, name)
    typer.echo(f"{name} is disabled")


@user.command("reset")
def reset(
    name: Name, data: Data = DEFAULT_DATA, database: DatabaseUrl = None, keys: Keys = None
) -> None:
    """A new password and second factor; lifts a lock, enables again, ends sessions."""
    from fieldfare.cases import OPERATOR

    _show(name, _users(data, database, keys).reset(OPERATOR, name, _password()))


def _users(data: Path, database: str | None, keys: Path | None) -> Users:

    from fieldfare.cases.users import Users

    engine, vault = open_parts(data, database, keys)
    return Users(engine, vault=vault)


def _password() -> str:
    # Never an argument: a command line is read by others on the machine.
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _show(name: str, secret: NewSecret | None) -> None:
    typer.echo(f"{name} can sign in")
    if secret is not None:
        typer.echo(f"secret for one-time codes: {secret.secret}")
        typer.echo(secret.link)
