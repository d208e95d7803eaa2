"""``fieldfare simulate``: a world to measure detection in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.vocabulary.errors import SettingsError


def simulate(
    what: Annotated[
        str,
        typer.Argument(help="world; or archive: one suspect's archives, for investigate."),
    ] = "world",
    *,
    out: Annotated[Path, typer.Option(help="Folder for what is made; made if missing.")],
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
        Path | None,
        typer.Option(help="Parameters (TOML), or a name: strangers, families, unknown-ages."),
    ] = None,
    offenders: Annotated[
        list[str] | None,
        typer.Option(help="KIND=N or all=N: offenders per 10,000 accounts. May be repeated."),
    ] = None,
    graph: Annotated[
        Path | None,
        typer.Option(help="A real graph (source target time) to simulate ages and offenders on."),
    ] = None,
    fit: Annotated[
        list[Path] | None,
        typer.Option(help="A real graph (source target time) to print beside. May be repeated."),
    ] = None,
) -> None:
    """Make a simulated world or a suspect's archives, with the truth beside."""
    if what == "archive":
        archives(out, seed)
        return
    if what != "world":
        raise SettingsError(f"{what!r} cannot be simulated; say world or archive")
    from fieldfare.lab.simulation import fit as fits
    from fieldfare.lab.simulation import parameters as settings
    from fieldfare.lab.simulation.graph import simulate_on_graph as on_graph
    from fieldfare.lab.simulation.world import simulate as make

    chosen = settings.with_offenders(
        settings.load(parameters), settings.rates(offenders or (), settings.load(parameters))
    )
    real = {path.stem: fits.measure_file(path) for path in fit or ()}
    if graph is None:
        made = make(out, chosen, accounts, days, seed, text, corpus)
    else:
        made = on_graph(out, chosen, graph, days, seed, text, corpus)
    typer.echo(
        f"Simulated {made.accounts:,} accounts over {days} days in {out}: "
        f"{made.messages:,} messages, {made.connections:,} connections, {made.notices:,} notices."
    )
    offending = {name: made.kinds.get(name, 0) for name in chosen.offenders if name in made.kinds}
    typer.echo("Offending accounts: " + ", ".join(f"{k} {n}" for k, n in offending.items()) + ".")
    typer.echo("\nFit of the private messages, without those with a role:\n")
    title = "simulated" if graph is None else f"{graph.stem}, as used"
    typer.echo(fits.side_by_side({title: made.fit, **real}))


def archives(out: Path, seed: int, *size: int) -> Path:
    """Make the archives of one suspect below a folder, and say so; the folder they are in."""
    from fieldfare.lab.suspect.archive import write_archive

    made = write_archive(out, seed, *size)
    typer.echo(
        f"Simulated the archives of one suspect in {made.archives}: {made.messages:,} messages "
        f"with {len(made.peers)} people, {made.children} of them children; the truth is beside "
        "them. Everybody in it is invented."
    )
    return made.archives
