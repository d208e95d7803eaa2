"""``fieldfare evaluate obfuscation``: what survives disguise, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def obfuscation(
    benign: Annotated[
        Path | None,
        typer.Option(help="Folder of ordinary conversation (*.txt) as well.", exists=True),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the perturbations.")] = 1,
    phrases_each: Annotated[
        int, typer.Option(min=1, help="Spellings an indicator and language.")
    ] = 12,
) -> None:
    """Measure words recovered, indicators lost and ordinary words changed, and print JSON."""
    import json

    from fieldfare.lab.obfuscation_report import measure

    figures = measure(benign, seed=seed, phrases_each=phrases_each)
    typer.echo(json.dumps(figures, indent=2, ensure_ascii=False))
