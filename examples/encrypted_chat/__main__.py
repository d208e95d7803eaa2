"""The demonstration, from nothing to two pages and a console."""

from __future__ import annotations

import secrets
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from examples.encrypted_chat.pages import HOSTS, create_app
from examples.encrypted_chat.relay import Fieldfare, Person, Relay
from examples.encrypted_chat.started import running, set_up
from fieldfare.cli.browser import open_in_browser
from fieldfare.vocabulary import FieldfareError


def main(
    out: Annotated[Path, typer.Option(help="Folder of its data; emptied first.")] = Path(
        "demo-e2ee"
    ),
    port: Annotated[int, typer.Option(help="Port of the relay and its pages.")] = 8090,
    service_port: Annotated[int, typer.Option(help="Port of Fieldfare; 0: any.")] = 0,
    console_port: Annotated[int, typer.Option(help="Port of the console; 0: any.")] = 0,
    service_url: Annotated[
        str | None, typer.Option(help="Where the relay reaches Fieldfare, if by another way.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open")] = True,
) -> None:
    """Two people chat, end-to-end encrypted; the child's own device watches over it."""
    # As Ctrl-C does: the processes that were started are ended first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        typer.echo(
            f"port {port} cannot be used ({error.strerror}); choose another --port", err=True
        )
        raise typer.Exit(1) from error
    with listening:
        try:
            _run(out, listening, (service_port, console_port), service_url, open_browser)
        except FieldfareError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            pass
    typer.echo("Ended.")


def _run(
    out: Path,
    listening: socket.socket,
    ports: tuple[int, int],
    service_url: str | None,
    open_browser: bool,
) -> None:
    typer.echo("Making keys and signed tables …")
    operator = set_up(out)
    robin = Person("robin", "Robin", 38, secrets.token_urlsafe())
    mira = Person("mira", "Mira", 14, secrets.token_urlsafe())
    watching = secrets.token_urlsafe()
    with running(operator, *ports) as (service, console):
        fieldfare = Fieldfare(service_url or service, operator.token)
        relay = Relay((robin, mira), operator.ring, fieldfare, watching)
        app = create_app(relay, operator.release, operator.public_key, console)
        at = listening.getsockname()[1]
        stage = f"http://127.0.0.1:{at}/#{watching}"
        typer.echo(f"Fieldfare          {service} (metadata only)")
        typer.echo(f"Console            {console}/ (a button for each of two guests)")
        for one in (robin, mira):
            page = f"http://{HOSTS[one.id]}:{at}/chat#{one.token}"
            typer.echo(f"{f'{one.name}, {one.age}':<18} {page}")
        typer.echo(f"All side by side   {stage}\nCtrl-C ends it.")
        if open_browser:
            open_in_browser(stage)
        config = uvicorn.Config(
            app, access_log=False, log_level="warning", timeout_graceful_shutdown=5
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    typer.run(main)
