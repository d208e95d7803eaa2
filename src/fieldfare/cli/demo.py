"""``fieldfare demo``: a small simulated world, scanned; or one suspect's archives, investigated."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fieldfare.cli.browser import open_in_browser

if TYPE_CHECKING:
    from fieldfare.console.app import Console

NOTE: Final = (
    "Demonstration: every account, message and number here is simulated. The world was made "
    "to show the report, not to measure detection."
)
INVESTIGATION_NOTE: Final = (
    "Demonstration: every person, message and number here is simulated. No such case exists."
)

PEOPLE: Final = {"rosa": "reviewer", "sol": "supervisor"}
OFFICERS: Final = {"ines": "investigator"}
CASE: Final = "demonstration"
ZONE: Final = "Europe/London"
DATE_ORDER: Final = "dmy"


def demo(
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for what is made.  [default: demo, or demo-investigation]"),
    ] = None,
    investigation: Annotated[
        bool,
        typer.Option("--investigation", help="One suspect's archives, and where they lead."),
    ] = False,
    accounts: Annotated[int, typer.Option(min=2400, help="Size of the world.")] = 3000,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed makes the same world.  [default: 7, of archives 1]"),
    ] = None,
    open_report: Annotated[
        bool,
        typer.Option(
            "--open/--no-open",
            help="Serve the console and open it in the browser; without it, only say how.",
        ),
    ] = True,
    port: Annotated[int, typer.Option(help="Port of the console, on 127.0.0.1.")] = 8081,
) -> None:
    """Make a small simulated world, scan it, and end in the console with what was found."""
    from fieldfare.cli.console import run_console

    if investigation:
        out = out or Path("demo-investigation")
        data = out
        found = investigated(out, 1 if seed is None else seed)
    else:
        out = out or Path("demo")
        data = out / "console"
        found = _scanned(out, accounts, 7 if seed is None else seed)
        if open_report:
            open_in_browser((out / "report.html").resolve().as_uri())
    typer.echo()
    if open_report:
        run_console(found, port, open_browser=True)
    else:
        typer.echo(f"Console  fieldfare console --data {shlex.quote(str(data))}")
        typer.echo("         To sign in, press a guest's button there: no code is needed.")


def _scanned(out: Path, accounts: int, seed: int) -> Console:
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
    _command("scan", str(world), "--out", str(out))
    run_scan([world], ScanSettings(), out, note=NOTE)
    return _console(out)


def investigated(out: Path, seed: int, *size: int) -> Console:
    """The archives (of this size, as `write_archive` takes it), made into a case anew by the
    command an officer gives; the console of it, with a guest."""
    from fieldfare.cli.investigate import investigate
    from fieldfare.cli.simulate import archives

    made = archives(out, seed, *size)
    shutil.rmtree(out / "investigations" / CASE, ignore_errors=True)
    options = ("--case", CASE, "--zone", ZONE, "--date-order", DATE_ORDER, "--data", str(out))
    _command("investigate", str(made), *options)
    investigate(
        [made], case=CASE, zone=ZONE, date_order=DATE_ORDER, note=INVESTIGATION_NOTE, data=out
    )
    return _with_guests(out, INVESTIGATION_NOTE, (), OFFICERS)


def _command(*words: str) -> None:
    typer.echo(f"\n$ fieldfare {shlex.join(words)}")


def _console(out: Path) -> Console:
    """A console with a case for each flagged account, a few invented ones beside them, and two
    guests; anew each time."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cases.database import FILE
    from fieldfare.lab.console_cases import neighbours
    from fieldfare.scan.evidence_folder import read

    data = out / "console"
    for old in data.glob(f"{FILE}*"):
        old.unlink()
    found = _with_guests(data, NOTE, (out / "world",), PEOPLE)
    found.store.open_cases(OPERATOR, [snapshot for _, snapshot in read(out)], "scan")
    for snapshot, origin in neighbours():
        found.store.open_case(OPERATOR, snapshot, origin)
    return found


def _with_guests(
    data: Path, banner: str, past: tuple[Path, ...], people: dict[str, str]
) -> Console:
    from fieldfare.cases.users import Users
    from fieldfare.cli.case import open_parts
    from fieldfare.cli.console import as_demonstration, open_console
    from fieldfare.console.guests import Demonstration, invite, keep

    engine, vault = open_parts(data, None, None)
    guests = invite(Users(engine, vault=vault), people)
    keep(data, Demonstration(banner, tuple(str(each.resolve()) for each in past), guests))
    return as_demonstration(open_console(data), data)
