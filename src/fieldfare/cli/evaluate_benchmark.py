"""``fieldfare evaluate benchmark``: every published figure of detection, from seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def benchmark(
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for worlds, card, figures and page. What an earlier run left there is "
            "used where nothing has changed."
        ),
    ],
    page: Annotated[Path | None, typer.Option(help="Markdown page to write as well.")] = None,
    graph: Annotated[
        list[Path] | None,
        typer.Option(
            help="A real graph (source target time): one more world to measure. May be repeated.",
            exists=True,
        ),
    ] = None,
    fit_only: Annotated[
        bool, typer.Option("--fit-only", help="Stop once the card is fitted.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if the card is not the one that ships.")
    ] = False,
    small: Annotated[
        bool, typer.Option("--small", help="Tiny worlds: to try it, not to measure.")
    ] = False,
    memory: Annotated[str | None, typer.Option(help="Memory limit of the engine.")] = None,
) -> None:
    """Make the recorded worlds, fit the scorecard, measure it, and print what was written."""
    import time

    from fieldfare.lab.contact_benchmark import check_shipped, run
    from fieldfare.lab.contact_report import markdown
    from fieldfare.risk.scorecard import shipped

    started = time.perf_counter()

    def say(step: str) -> None:
        typer.echo(f"{time.perf_counter() - started:7.0f} s  {step}", err=True)

    measured = run(out, small=small, fit_only=fit_only, graphs=graph or (), memory=memory, say=say)
    typer.echo(f"Card: {out / 'card.toml'}")
    if not fit_only:
        if page is not None:
            page.write_text(markdown(measured), "utf-8")
        typer.echo(f"Figures: {out / 'figures.json'}\nPage: {out / 'page.html'}")
    if check:
        check_shipped(measured, shipped())
        typer.echo("The card that ships is the one fitted here.")
