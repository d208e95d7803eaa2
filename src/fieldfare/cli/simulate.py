"""``fieldfare simulate``: a world to measure detection in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the world; made if missing.")],
    accounts: Annotated[int, typer.Option(help="Size of the world.")] = 100_000,
    days: Annotated[int, typer.Option(help="Its length.")] = 120,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same world.")] = 1,
    text: Annotated[
        str, typer.Option(help="none, templates (stock phrases) or evidence (of text, without it).")
    ] = "none",
    corpus: Annotated[
        Path | None,
        typer.Option(help="Token hashes (.parquet) that evidence is drawn from.", exists=True),
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="Parameters (TOML) laid over those that ship.")
    ] = None,
    offenders: Annotated[
        list[str] | None,
        typer.Option(help="KIND=N or all=N: offenders per 10,000 accounts. May be repeated."),
    ] = None,
    fit: Annotated[
        list[Path] | None,
        typer.Option(help="A real graph (source target time) to print beside. May be repeated."),
    ] = None,
) -> None:
    """Make a simulated world: accounts, messages, connections, notices, and the truth."""
    from fieldfare.lab.simulation import fit as fits
    from fieldfare.lab.simulation import parameters as settings
    from fieldfare.lab.simulation.world import simulate as make

    chosen = settings.with_offenders(
        settings.load(parameters), settings.rates(offenders or (), settings.load(parameters))
    )
    real = {path.stem: fits.measure_file(path) for path in fit or ()}
    made = make(out, chosen, accounts, days, seed, text, corpus)
    typer.echo(
        f"Simulated {made.accounts:,} accounts over {days} days in {out}: "
        f"{made.messages:,} messages, {made.connections:,} connections, {made.notices:,} notices."
    )
    offending = {name: made.kinds.get(name, 0) for name in chosen.offenders}
    typer.echo("Offending accounts: " + ", ".join(f"{k} {n}" for k, n in offending.items()) + ".")
    typer.echo("\nFit of the private messages, without those with a role:\n")
    typer.echo(fits.side_by_side({"simulated": made.fit, **real}))
