"""``fieldfare evaluate``: how well what the language room knows does, as JSON.

One module a sub-command, but for `language`, which is here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.evaluate_ages import ages
from fieldfare.cli.evaluate_benchmark import benchmark
from fieldfare.cli.evaluate_contacts import contacts
from fieldfare.cli.evaluate_early import early
from fieldfare.cli.evaluate_indicators import indicators
from fieldfare.cli.evaluate_investigation import investigation
from fieldfare.cli.evaluate_obfuscation import obfuscation
from fieldfare.cli.evaluate_pan2012 import pan2012

evaluate = typer.Typer(
    help="Measure tables, phrases and detection: on a corpus of one's own, or a simulated world.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


for command in (contacts, benchmark, ages, indicators, obfuscation, pan2012, early, investigation):
    evaluate.command()(command)


@evaluate.command()
def language(
    corpus: Annotated[
        list[Path],
        typer.Argument(help="Files of token hashes (.parquet) or text (.jsonl).", exists=True),
    ],
    recipe: Annotated[str, typer.Option(help="shipped or reference.")] = "shipped",
    against: Annotated[
        str | None, typer.Option(help="Another recipe to compare with, on the same folds.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds; a chat is never split.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of folds, training and intervals.")] = 0,
    draws: Annotated[int, typer.Option(min=1, help="Size of the bootstrap over authors.")] = 200,
    left_out: Annotated[
        bool, typer.Option(help="Also leave out each kind of source in turn.")
    ] = True,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A source to measure only, never to train on. May be given several times."
        ),
    ] = None,
) -> None:
    """Measure a recipe for token tables, cross-validated and on sources left out."""
    import json

    from fieldfare.lab import language_evaluation as evaluation
    from fieldfare.lab.language_corpus import read_corpus
    from fieldfare.lab.language_training import named

    chosen = [named(name) for name in (recipe, against) if name is not None]
    read = read_corpus(*corpus)
    reports = [
        evaluation.evaluate(
            read,
            one,
            folds=folds,
            seed=seed,
            draws=draws,
            left_out=left_out,
            without=without or (),
            say=lambda step: typer.echo(step, err=True),
        )
        for one in chosen
    ]
    found = {
        "corpus": evaluation.describe(read),
        "folds": folds,
        "seed": seed,
        "draws": draws,
        "measured_only": without or [],
        "interval": "95 % of the draws of authors; training is not repeated in them",
        **reports[0].as_json(),
    }
    if against is not None:
        found["against"] = reports[1].as_json()
        found["difference"] = evaluation.compare(*reports)
    typer.echo(json.dumps(found, indent=2))
