"""``fieldfare norms``: what accounts of like activity reach, for the comparison in scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def norms(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files, folders or ZIPs: events of a service."),
    ],
    out: Annotated[Path, typer.Option(help="File of the norms (TOML).")],
    basis: Annotated[str, typer.Option(help="What they are of, in words: service, dates.")],
    engine: Annotated[str, typer.Option(help="duckdb, or spark for a cluster.")] = "duckdb",
    memory: Annotated[
        str | None, typer.Option(help="Keep below this by spilling to disk, such as 8GB.")
    ] = None,
) -> None:
    """Measure how many children accounts of each activity write to first within seven days.

    The file is for `fieldfare scan --norms`. It holds counts of accounts and nothing of any one.
    """
    from fieldfare.contacts.norms import toml
    from fieldfare.scan.run import measure_norms
    from fieldfare.scan.settings import ScanSettings
    from fieldfare.vocabulary.errors import SettingsError

    found = measure_norms(paths, ScanSettings(engine=engine, memory=memory), basis)
    try:
        out.write_text(toml(found), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out {out}: cannot be written ({error.strerror})") from error
    accounts = sum(each.accounts for each in found.classes)
    typer.echo(f"Norms of {accounts:,} accounts in {len(found.classes)} classes: {out}")
