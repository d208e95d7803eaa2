"""What the commands on research corpora share: options, checks, what a report says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fieldfare.language import LanguageModel

Folder = Annotated[
    Path, typer.Argument(metavar="PATH", help="Folder the corpus was unzipped to.", exists=True)
]
Sums = Annotated[
    Path | None,
    typer.Option(
        "--sha256", help="Sums of one's own, as sha256sum writes them; a file must agree."
    ),
]
Unverified = Annotated[
    bool, typer.Option("--unverified", help="Read files that are not the published ones too.")
]
Table = Annotated[
    Path | None, typer.Option(help="A token table (.npz) to measure instead of the shipped one.")
]

SHIPPED_TABLE = (
    "By their description, the offenders the shipped table was trained on come from the same "
    "public source as those of PAN-2012 and ChatCoder2: the same people are likely in both, and "
    "figures with the shipped table are not clean. Train a table on the training part alone and "
    "give it with --table (docs/research.md)."
)


def check(paths: list[Path], sha256: Path | None, unverified: bool) -> list[dict[str, Any]]:
    """The files' sums, for the report. Raises InputError where one differs."""
    from fieldfare.lab.research.checksums import check as compare
    from fieldfare.lab.research.checksums import read_sums

    own = read_sums(sha256) if sha256 is not None else None
    return [each.as_json() for each in compare(paths, own, allow_others=unverified)]


def model_with(table: Path | None) -> LanguageModel:
    """The model that ships, with another token table where one is given."""
    from dataclasses import replace

    from fieldfare.language import LanguageModel
    from fieldfare.language.tables import read_table

    shipped = LanguageModel.load()
    return shipped if table is None else replace(shipped, table=read_table(table, language="und"))


def about(
    checked: list[dict[str, Any]], table: Path | None, model: LanguageModel
) -> dict[str, Any]:
    """What the figures are of, and what is known to be wrong with them."""
    return {
        "files": checked,
        "model": model.fingerprint,
        "table": {"name": model.table.name, "content_hash": model.table.content_hash},
        "not_clean": SHIPPED_TABLE if table is None else None,
        "limits": (
            "The children of these corpora are adult decoys, the years 2004 to 2012, the language "
            "English; figures overstate those in the field. Intervals cover the chance of who is "
            "in the test part, nothing else."
        ),
    }
