"""``fieldfare train``: make the tables and models from data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

train = typer.Typer(
    help="Train tables from a corpus.", no_args_is_help=True, pretty_exceptions_enable=False
)

Ordinary = Annotated[
    Path, typer.Argument(help="Folder of ordinary conversation (*.txt) to set thresholds on.")
]
Chat = Annotated[
    list[Path] | None,
    typer.Option(help="Folder of ordinary English chat (*.txt) that may be trained on."),
]
PartOfBoth = Annotated[str, typer.Option(help="Of both: tune (first half), or all.")]


@train.callback()
def _group() -> None:
    """Language tables and heads."""


@train.command()
def language(
    corpus: Annotated[
        list[Path],
        typer.Argument(help="Files of token hashes (.parquet) or text (.jsonl).", exists=True),
    ],
    out: Annotated[Path, typer.Option(help="The table to write, an .npz file.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same file.")] = 0,
    recipe: Annotated[str, typer.Option(help="shipped or reference.")] = "shipped",
    without: Annotated[
        list[str] | None,
        typer.Option(help="A source not to train on. May be given several times."),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Parts to calibrate by; 0 leaves the table uncalibrated.")
    ] = 5,
) -> None:
    """Train a table of token weights and print what it was made from, as JSON."""
    import json

    from fieldfare.lab import language_training as training
    from fieldfare.lab.language_corpus import read_corpus
    from fieldfare.lab.language_evaluation import calibrate, describe

    chosen = training.named(recipe)
    read = read_corpus(*corpus)
    placed = training.place(read, chosen)
    likelihood = calibrate(placed, chosen, folds, seed, without or ()) if folds else None
    made = training.write_table(placed, chosen, seed, out, without or (), likelihood)
    typer.echo(json.dumps({"table": made, "corpus": describe(read)}, indent=2))


@train.command()
def heads(
    ordinary: Ordinary,
    out: Annotated[Path, typer.Option(help="Folder for the tables.", file_okay=False)],
    chat: Chat = None,
    part: PartOfBoth = "tune",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same tables.")] = 0,
) -> None:
    """Train the heads that find indicators in other words, and print how they were made.

    Nothing is learnt from ORDINARY: thresholds are set so that few of its messages pass.
    """
    import json

    from fieldfare.lab import frame_texts, head_texts, head_training
    from fieldfare.lab.head_vectors import Encoder

    calm, talk = _calm(ordinary, part), _talk(chat or [], part)
    recipe = head_training.Recipe()
    learnt = head_texts.examples(
        talk, seed=seed, phrases_each=recipe.phrases_each, taught_each=recipe.taught_each
    )
    learnt += frame_texts.frame_examples(seed=seed, each=recipe.frames_each)
    made, report = head_training.train(learnt, Encoder(), calm, recipe, seed, _say)
    out.mkdir(parents=True, exist_ok=True)
    head_training.write(made, out)
    typer.echo(json.dumps({"texts": head_texts.counted(learnt), **report}, indent=2))


@train.command()
def confirming(
    ordinary: Ordinary,
    out: Annotated[Path, typer.Option(help="Folder for heads.toml.", file_okay=False)],
    part: Annotated[str, typer.Option(help="tune (first half), or all.")] = "tune",
) -> None:
    """Set anew the thresholds by which the heads that ship confirm frames, and print them."""
    import json

    import msgspec

    from fieldfare.lab import head_confirming, head_training
    from fieldfare.language.heads import read_heads
    from fieldfare.language.phrases import read_catalogue

    heads = read_heads(tuple(one.id for one in read_catalogue()))
    false = {name: head_training.Recipe().false(name) for name in heads.ids}
    fusion = head_confirming.confirming(heads, _calm(ordinary, part), false)
    out.mkdir(parents=True, exist_ok=True)
    head_training.write_fusion(fusion, out)
    found = msgspec.structs.asdict(fusion)
    typer.echo(json.dumps({k: v for k, v in found.items() if "confirming" in k}, indent=2))


@train.command("second-look")
def second_look(
    ordinary: Ordinary,
    out: Annotated[Path, typer.Option(help="Folder for the model.", file_okay=False)],
    encoder: Annotated[
        str, typer.Option(help="use, onnx (in the folder --out), or package.module:function.")
    ] = "use",
    chat: Chat = None,
    part: PartOfBoth = "tune",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")] = 0,
) -> None:
    """Train what `fieldfare scan --second-look` puts on an encoder's vectors."""
    import json

    from fieldfare.lab import head_texts, second_look_training
    from fieldfare.lab.head_training import Recipe
    from fieldfare.language.second_look import make_encoder

    calm, talk = _calm(ordinary, part), _talk(chat or [], part)
    recipe = Recipe()
    learnt = head_texts.examples(
        talk, seed=seed, phrases_each=recipe.phrases_each, taught_each=recipe.taught_each
    )
    made, report = second_look_training.train(
        learnt, make_encoder(encoder, out), encoder, calm, recipe, seed, _say
    )
    out.mkdir(parents=True, exist_ok=True)
    second_look_training.write(made, out)
    typer.echo(json.dumps({"texts": head_texts.counted(learnt), **report}, indent=2))


def _calm(folder: Path, part: str) -> dict[str, list[str]]:
    from fieldfare.lab.benign_texts import read_benign
    from fieldfare.vocabulary.errors import SettingsError

    if part not in ("tune", "all"):
        raise SettingsError(f"--part {part}: choose tune or all")
    return {
        name: texts[: len(texts) // 2] if part == "tune" else texts
        for name, texts in read_benign(folder).items()
    }


def _talk(folders: list[Path], part: str) -> list[tuple[str, str, str]]:
    from fieldfare.lab import head_texts

    talk = [*head_texts.chatterbot(), *head_texts.everyday()]
    for folder in folders:
        each = _calm(folder, part)
        talk += [("en", name, text) for name, texts in each.items() for text in texts]
    return talk


def _say(step: str) -> None:
    typer.echo(step, err=True)
