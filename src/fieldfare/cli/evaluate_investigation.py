"""``fieldfare evaluate investigation``: who is found in a suspect's archives."""

from __future__ import annotations

from typing import Annotated

import typer


def investigation(
    seeds: Annotated[
        list[int] | None,
        typer.Option("--seed", help="An archive; may be given several times. Default: 1, 2, 3."),
    ] = None,
    looks: Annotated[
        int, typer.Option(min=0, help="Peers that an officer looks at, in the order shown.")
    ] = 60,
) -> None:
    """Measure investigations on simulated archives of a suspect, and what must hold, as JSON."""
    import json

    from fieldfare.lab.suspect.evaluation import evaluate

    found = evaluate(seeds or (1, 2, 3), looks, lambda step: typer.echo(step, err=True))
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
