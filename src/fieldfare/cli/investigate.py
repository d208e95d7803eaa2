"""``fieldfare investigate``: one suspect's archives become one case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.scan import EXIT_WITH_PROBLEMS
from fieldfare.cli.serve import DEFAULT_DATA, Data


def investigate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Archives of one suspect: files, folders or ZIPs."),
    ],
    case: Annotated[str, typer.Option(help="Name of the case; begun if new, added to if not.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Find every child a suspect was in contact with, from all archives of the suspect."""
    from fieldfare.investigation.importing import import_paths
    from fieldfare.investigation.run import analyse
    from fieldfare.investigation.store import Investigation
    from fieldfare.sources.reader import ReadOptions

    folder = Investigation.folder_of(data, case)
    with Investigation.open(folder, create=True) as opened:
        imported = import_paths(opened, paths, ReadOptions())
        analyse(opened, imported=True)
        peers = opened.value("SELECT COUNT(*) FROM peers")
        typer.echo(f"{imported.records:,} records, {peers:,} peers: {folder}")
    if imported.problems.total:
        raise typer.Exit(EXIT_WITH_PROBLEMS)
