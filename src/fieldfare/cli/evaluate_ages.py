"""``fieldfare evaluate ages``: how well ages are inferred from peers, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def ages(
    world: Annotated[
        Path, typer.Argument(help="World of `fieldfare simulate`.", exists=True, metavar="WORLD")
    ],
) -> None:
    """Measure how well children are inferred from their peers, and print JSON."""
    import json

    from fieldfare.lab.age_inference import measure
    from fieldfare.lab.labelled_world import read_world

    typer.echo(json.dumps(measure(read_world(world)), indent=2, ensure_ascii=False))
