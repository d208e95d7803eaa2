"""``fieldfare audit``: the record of what was done with cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.case import open_store
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl

if TYPE_CHECKING:
    from fieldfare.cases.audit import Head

EXIT_BROKEN = 1

audit = typer.Typer(help="The record of what was done with cases.", no_args_is_help=True)


@audit.command("verify")
def verify(
    anchor: Annotated[
        Path | None,
        typer.Option(
            help="File of earlier ends of the chain, kept elsewhere; each must still be in it, and "
            "the end as it is now is added."
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Check the whole chain. Exit code 1, and what is wrong, where it is broken."""
    from fieldfare.cases import OPERATOR

    anchors = [] if anchor is None else _anchors(anchor)
    verdict = open_store(data, database, None).verify_audit(OPERATOR, anchors)
    for problem in verdict.problems:
        typer.echo(problem, err=True)
    if verdict.problems:
        raise typer.Exit(EXIT_BROKEN)
    typer.echo(f"{verdict.entries:,} entries, whole; ends at {verdict.head.hash}")
    if anchor is not None and verdict.entries:
        with anchor.open("a", encoding="utf-8") as file:
            file.write(f"{verdict.head.number} {verdict.head.hash}\n")


@audit.command("export")
def export(
    out: Annotated[Path, typer.Option(help="File to write (JSON Lines).")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Write every entry, one a line, with its hashes."""
    import json
    from dataclasses import asdict

    from fieldfare.cases import OPERATOR

    count = 0
    with out.open("w", encoding="utf-8") as file:
        for entry in open_store(data, database, None).export_audit(OPERATOR):
            file.write(json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True) + "\n")
            count += 1
    typer.echo(f"{count:,} entries written to {out}")


def _anchors(path: Path) -> list[Head]:
    from fieldfare.cases.audit import Head
    from fieldfare.vocabulary import InputError

    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            entry, sha256 = line.split()
            found.append(Head(int(entry), sha256))
        except ValueError:
            raise InputError(f"{path}, line {number}: not a number and a hash") from None
    return found
