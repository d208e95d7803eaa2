"""What the commands on research corpora share: options, checks, what a report says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fieldfare.lab.research.chats import Chats, Read

Folder = Annotated[
    Path, typer.Argument(metavar="PATH", help="Folder the corpus was unzipped to.", exists=True)
]
Sums = Annotated[
    Path | None,
    typer.Option("--sha256", help="Sums of one's own, as sha256sum writes them; files must agree."),
]
Unverified = Annotated[
    bool, typer.Option("--unverified", help="Read files that are not the published ones too.")
]
Table = Annotated[
    Path | None, typer.Option(help="A token table (.npz) to measure instead of the shipped one.")
]
Train = Annotated[
    bool, typer.Option("--train", help="Train the token table on the training part alone.")
]

NOT_CLEAN = (
    "By their description, the offenders the shipped table was trained on come from the same "
    "public source as those of PAN-2012 and ChatCoder2: the same people are likely in both, and "
    "figures with the shipped table are not clean. --train gives clean ones (docs/research.md)."
)
LIMITS = (
    "The children of these corpora are adult decoys, the years 2004 to 2012, the language English; "
    "figures overstate those in the field. Intervals cover the chance of who is in the test part, "
    "nothing else."
)


def check(paths: list[Path], sha256: Path | None, unverified: bool) -> list[dict[str, Any]]:
    """The files' sums, for the report. Raises InputError where one differs."""
    from fieldfare.lab.research.checksums import check as compare
    from fieldfare.lab.research.checksums import read_sums

    own = read_sums(sha256) if sha256 is not None else None
    return [each.as_json() for each in compare(paths, own, allow_others=unverified)]


def read_parts(
    training: Read, test: Read, table: Path | None, train: bool
) -> tuple[Chats, Chats, dict[str, Any]]:
    """Both parts as the chosen table sees them, and what the report says of it and of them."""
    from dataclasses import replace

    from fieldfare.language import LanguageModel
    from fieldfare.language.tables import read_table
    from fieldfare.vocabulary.errors import SettingsError

    if table is not None and train:
        raise SettingsError("--table and --train: choose one")
    model = LanguageModel.load()
    if table is not None:
        model = replace(model, table=read_table(table, language="und"))
    typer.echo("reading the training part", err=True)
    left = training(model, train)
    made: dict[str, Any] = {}
    if train:
        from fieldfare.lab.research.own_table import cross_fit

        typer.echo("training six tables", err=True)
        fitted = cross_fit(left)
        left, made = fitted.training, fitted.as_json()
        model = replace(model, table=fitted.table)
    typer.echo("reading the test part", err=True)
    right = test(model, False)
    about = {
        "model": model.fingerprint,
        "table": {"name": model.table.name, "content_hash": model.table.content_hash, **made},
        "not_clean": None if table is not None or train else NOT_CLEAN,
        "limits": LIMITS,
        "problems": {"training": dict(left.problems), "test": dict(right.problems)},
    }
    return left, right, about
