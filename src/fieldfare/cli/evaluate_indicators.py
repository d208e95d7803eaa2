"""``fieldfare evaluate indicators``: false indicators and recall of paraphrases, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def indicators(
    benign: Annotated[
        Path,
        typer.Argument(help="Folder of ordinary conversation (*.txt).", exists=True, metavar="DIR"),
    ],
    part: Annotated[
        str, typer.Option(help="test, tune (the half phrases were reviewed on), or all.")
    ] = "test",
) -> None:
    """Measure indicators on ordinary conversation and on held-out paraphrases, and print JSON."""
    import json

    from fieldfare.lab.indicator_evaluation import measure

    typer.echo(json.dumps(measure(benign, part), indent=2, ensure_ascii=False))
