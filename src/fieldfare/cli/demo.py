"""``fieldfare demo``: a small simulated world, scanned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NOTE = (
    "Demonstration: every account, message and number here is simulated. The world was made "
    "to show the report, not to measure detection."
)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the world and its report.")] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=2400, help="Size of the world.")] = 3000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 7,
    open_report: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the report in the browser.")
    ] = True,
) -> None:
    """Make a small simulated world, scan it, and open the report."""
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
