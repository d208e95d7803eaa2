"""``fieldfare evaluate benchmark``: every published figure of detection, from seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def benchmark(
    out: Annotated[Path, typer.Option(help="Folder for worlds, card, figures and page.")],
    page: Annotated[Path | None, typer.Option(help="Markdown page to write as well.")] = None,
    small: Annotated[
        bool, typer.Option("--small", help="Tiny worlds: to try it, not to measure.")
    ] = False,
    memory: Annotated[str | None, typer.Option(help="Memory limit of the engine.")] = None,
) -> None:
    """Make the recorded worlds, fit the scorecard, measure it, and print what was written."""
    from fieldfare.lab.contact_benchmark import run
    from fieldfare.lab.contact_report import markdown

    measured = run(out, small=small, memory=memory, say=lambda step: typer.echo(step, err=True))
    if page is not None:
        page.write_text(markdown(measured), "utf-8")
    typer.echo(f"Card: {out / 'card.toml'}\nFigures: {out / 'figures.json'}")
    typer.echo(f"Page: {out / 'page.html'}")
