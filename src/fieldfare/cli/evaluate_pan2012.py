"""``fieldfare evaluate pan2012``: the official measures on a researcher's copy of PAN-2012."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.research import Folder, Sums, Table, Unverified, about, check, model_with


def pan2012(
    folder: Folder,
    sha256: Sums = None,
    unverified: Unverified = False,
    conversations: Annotated[
        Path | None,
        typer.Option(help="Conversation ids, one a line: a filter of one's own, measured too."),
    ] = None,
    table: Table = None,
    write_corpus: Annotated[
        Path | None,
        typer.Option(
            help="Write the training part as token hashes (.parquet) for `train language`; stop."
        ),
    ] = None,
) -> None:
    """Measure on PAN-2012: authors (F0.5), lines (F3), conversations; print JSON."""
    import json

    from fieldfare.lab.research import pan2012 as corpus
    from fieldfare.lab.research import pan2012_report as report
    from fieldfare.lab.research.training_corpus import write

    files = corpus.find(folder)
    checked = check(list(files.all()), sha256, unverified)
    if write_corpus is not None:
        typer.echo("writing the training part", err=True)
        made = write(files.training, files.training_offenders, write_corpus)
        typer.echo(json.dumps({"files": checked, "corpus": made}, indent=2))
        return
    filters: dict[str, report.Keep] = {
        "unfiltered": report.everything,
        "as the winner filtered": report.as_the_winner,
    }
    if conversations is not None:
        filters[f"conversations in {conversations.name}"] = report.listed(
            corpus.read_conversations(conversations)
        )
    lines = corpus.read_lines(files.test_lines) if files.test_lines else None
    model = model_with(table)
    typer.echo("reading the training part", err=True)
    training = corpus.read(files.training, files.training_offenders, model)
    typer.echo("reading the test part", err=True)
    test = corpus.read(files.test, files.test_offenders, model)
    found = {
        **about(checked, table, model),
        "problems": {"training": dict(training.problems), "test": dict(test.problems)},
        **report.evaluate(training, test, lines, filters),
    }
    typer.echo(json.dumps(found, indent=2))
