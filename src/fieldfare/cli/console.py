"""``fieldfare console``: the pages on which people decide, alone on this machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.browser import open_in_browser
from fieldfare.cli.case import Keys, open_parts
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, Oidc, settings_of

if TYPE_CHECKING:
    from fieldfare.console.app import Console

HOST = "127.0.0.1"


def console(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8081,
    policy: Annotated[
        Path | None, typer.Option(help="The policy in force (TOML), to read. Default: as shipped.")
    ] = None,
    scorecard: Annotated[
        Path | None, typer.Option(help="The scorecard in force (TOML), to read.")
    ] = None,
    past: Annotated[
        list[Path] | None,
        typer.Option(help="Past events that another policy can be tried on; several times."),
    ] = None,
    oidc: Oidc = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = False,
) -> None:
    """Serve the console on 127.0.0.1. `fieldfare serve` has it too, under /console."""
    found = open_console(
        data, database, keys, policy=policy, scorecard=scorecard, past=tuple(past or ()), oidc=oidc
    )
    if database is None:
        found = as_demonstration(found, data)
    if oidc is None and not found.sign_in.anybody():
        given = "" if data == DEFAULT_DATA else f" --data {shlex.quote(str(data))}"
        typer.echo(
            "Nobody can sign in yet. Add somebody: "
            f"fieldfare user add NAME --role reviewer{given if database is None else ''}"
            " (or investigator, supervisor …)",
            err=True,
        )
    run_console(found, port, open_browser=open_browser)


def as_demonstration(found: Console, data: Path) -> Console:
    """With the guests of the demonstration whose folder this is; as it was for any other."""
    from dataclasses import replace

    from fieldfare.console.guests import kept

    made = kept(data)
    if made is None:
        return found
    past = found.past or tuple(map(Path, made.past))
    return replace(found, banner=made.banner, past=past, guests=made.guests)


def open_console(
    data: Path,
    database: str | None = None,
    keys: Path | None = None,
    *,
    policy: Path | None = None,
    scorecard: Path | None = None,
    past: tuple[Path, ...] = (),
    banner: str = "",
    oidc: Path | None = None,
) -> Console:
    """The console of the cases in a folder or database, which is made or brought up to date."""
    from fieldfare.cases import CaseStore
    from fieldfare.cases.clocks import of_data
    from fieldfare.cases.desk import StoreSettings, now
    from fieldfare.cases.users import SignIn, Users
    from fieldfare.console.app import Console
    from fieldfare.console.cabinet import Cabinet
    from fieldfare.console.openid import OpenId
    from fieldfare.console.openid_settings import load
    from fieldfare.reports.filings import Filings
    from fieldfare.reports.settings import load as load_reports

    provider = None if oidc is None else OpenId(load(oidc), now)
    engine, vault = open_parts(data, database, keys)
    users = Users(engine, vault=vault)
    store = CaseStore(engine, vault=vault, settings=StoreSettings(clocks=of_data(data)))
    return Console(
        store,
        SignIn(users),
        now,
        banner,
        policy,
        scorecard,
        past,
        filings=Filings(engine, vault=vault),
        reports=load_reports(usual if (usual := data / "reports.toml").exists() else None),
        cabinet=Cabinet(data),
        openid=provider,
        service=settings_of(data, database),
    )


def run_console(found: Console, port: int, *, open_browser: bool) -> None:
    """Serve it until stopped. Raises FieldfareError where the port is taken."""
    import socket

    import uvicorn

    from fieldfare.console.app import create_console
    from fieldfare.vocabulary import FieldfareError

    config = uvicorn.Config(
        create_console(found), access_log=False, log_level="warning", server_header=False
    )
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise FieldfareError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from error
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    for guest in found.guests:
        typer.echo(f"Guest    {guest.name}, {guest.title.lower()}; password {guest.password}")
    typer.echo(f"Console  {address} (Ctrl-C ends it)")
    if found.guests:
        typer.echo("         To sign in, press a guest's button there: no code is needed.")
    if open_browser:
        open_in_browser(address)
    uvicorn.Server(config).run(sockets=[listening])
