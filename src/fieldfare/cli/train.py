"""``fieldfare train``: make the tables and models from data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

train = typer.Typer(
    help="Train tables from a corpus.", no_args_is_help=True, pretty_exceptions_enable=False
)


@train.callback()
def _group() -> None:
    """Keep `language` a sub-command while it is the only one."""


@train.command()
def language(
    corpus: Annotated[
        Path, typer.Argument(help="Token hashes (.parquet) or text (.jsonl).", exists=True)
    ],
    out: Annotated[Path, typer.Option(help="The table to write, an .npz file.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same file.")] = 0,
    recipe: Annotated[str, typer.Option(help="shipped or reference.")] = "shipped",
    without: Annotated[
        list[str] | None,
        typer.Option(help="A source not to train on. May be given several times."),
    ] = None,
) -> None:
    """Train a table of token weights and print what it was made from, as JSON."""
    import json

    from fieldfare.lab import language_training as training
    from fieldfare.lab.language_corpus import read_corpus
    from fieldfare.lab.language_evaluation import describe

    chosen = training.named(recipe)
    read = read_corpus(corpus)
    made = training.write_table(read, chosen, seed, out, without or ())
    typer.echo(json.dumps({"table": made, "corpus": describe(read)}, indent=2))
