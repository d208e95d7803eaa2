"""``fieldfare demo``: a small simulated world, scanned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fieldfare.console.app import Console

NOTE = (
    "Demonstration: every account, message and number here is simulated. The world was made "
    "to show the report, not to measure detection."
)


PEOPLE = {"rosa": "reviewer", "sol": "supervisor"}


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the world and its report.")] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=2400, help="Size of the world.")] = 3000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 7,
    open_report: Annotated[
        bool,
        typer.Option(
            "--open/--no-open",
            help="Open report and console in the browser; without it, only say how.",
        ),
    ] = True,
    port: Annotated[int, typer.Option(help="Port of the console, on 127.0.0.1.")] = 8081,
) -> None:
    """Make a small simulated world, scan it, and end in the console with what was found."""
    from fieldfare.cli.console import run_console
    from fieldfare.cli.scan import run_scan
    from fieldfare.lab.demo_world import write_demo_world
    from fieldfare.scan.settings import ScanSettings

    world = out / "world"
    world.mkdir(parents=True, exist_ok=True)
    made = write_demo_world(world, seed=seed, accounts=accounts)
    typer.echo(
        f"Made a simulated world of {accounts:,} accounts in {world}; "
        f"the account that behaves as in the case is {made.roles['offender']}."
    )
    run_scan([world], ScanSettings(), out, note=NOTE)
    report = (out / "report.html").resolve()
    if open_report and typer.launch(report.as_uri()) != 0:
        typer.echo("No browser could be opened here; open the report yourself.")
    found = _console(out)
    for guest in found.guests:
        typer.echo(f"Sign in as {guest.name} ({guest.title}); password {guest.password}")
    if open_report:
        run_console(found, port, open_browser=True)
    else:
        typer.echo(
            f"To sign in: fieldfare console --data {out / 'console'}\n"
            "Its first page has a button for each of the two, and the code that is good now."
        )


def _console(out: Path) -> Console:
    """A console with a case for each flagged account, a few invented ones beside them, and two
    guests; anew each time."""
    from dataclasses import replace

    from fieldfare.cases import OPERATOR
    from fieldfare.cases.database import FILE
    from fieldfare.cases.users import Users
    from fieldfare.cli.case import open_parts
    from fieldfare.cli.console import open_console
    from fieldfare.console.guests import Demonstration, invite, keep
    from fieldfare.lab.console_cases import neighbours
    from fieldfare.scan.evidence_folder import read

    data = out / "console"
    for old in data.glob(f"{FILE}*"):
        old.unlink()
    engine, vault = open_parts(data, None, None)
    found = open_console(data, banner=NOTE, past=(out / "world",))
    found.store.open_cases(OPERATOR, [snapshot for _, snapshot in read(out)], "scan")
    for snapshot, origin in neighbours():
        found.store.open_case(OPERATOR, snapshot, origin)
    guests = invite(Users(engine, vault=vault), PEOPLE)
    keep(data, Demonstration(NOTE, (str((out / "world").resolve()),), guests))
    return replace(found, guests=guests)
