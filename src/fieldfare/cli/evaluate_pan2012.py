"""``fieldfare evaluate pan2012``: the official measures on a researcher's copy of PAN-2012."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.research import Folder, Sums, Table, Train, Unverified, check, read_parts


def pan2012(
    folder: Folder,
    sha256: Sums = None,
    unverified: Unverified = False,
    conversations: Annotated[
        Path | None,
        typer.Option(help="Conversation ids, one a line: a filter of one's own, measured too."),
    ] = None,
    table: Table = None,
    train: Train = False,
) -> None:
    """Measure on PAN-2012: authors (F0.5), lines (F3), conversations; print JSON."""
    import json

    from fieldfare.lab.research import pan2012 as corpus
    from fieldfare.lab.research import pan2012_report as report

    files = corpus.find(folder)
    checked = check(list(files.all()), sha256, unverified)
    filters: dict[str, report.Keep] = {
        "unfiltered": report.everything,
        "as the winner filtered": report.as_the_winner,
    }
    if conversations is not None:
        filters[f"conversations in {conversations.name}"] = report.listed(
            corpus.read_conversations(conversations)
        )
    lines = corpus.read_lines(files.test_lines) if files.test_lines else None
    training, test, about = read_parts(*corpus.parts(files), table, train)
    figures = report.evaluate(training, test, lines, filters)
    typer.echo(json.dumps({"files": checked, **about, **figures}, indent=2))
