"""``fieldfare evaluate early``: the protocol of early detection on a researcher's corpus."""

from __future__ import annotations

from typing import Annotated

import typer

from fieldfare.cli.research import Folder, Sums, Table, Train, Unverified, check, read_parts


def early(
    folder: Folder,
    corpus: Annotated[
        str, typer.Option(help="What is in the folder: pan2012 or panc.")
    ] = "pan2012",
    penalty: Annotated[
        str, typer.Option(help="Latency penalty: vogt-2021 (p = ln 3 / 89) or erisk (.0078).")
    ] = "vogt-2021",
    sha256: Sums = None,
    unverified: Unverified = False,
    table: Table = None,
    train: Train = False,
) -> None:
    """Measure early detection: F_latency, speed, ERDE; print JSON."""
    import json

    from fieldfare.lab.research import datapack, pan2012
    from fieldfare.lab.research.early_report import evaluate
    from fieldfare.lab.research.measures import Penalty
    from fieldfare.vocabulary.errors import SettingsError

    if corpus not in ("pan2012", "panc"):
        raise SettingsError(f"--corpus {corpus}: choose pan2012 or panc")
    if penalty not in [each.value for each in Penalty]:
        raise SettingsError(f"--penalty {penalty}: choose vogt-2021 or erisk")
    if corpus == "panc":
        packs = datapack.find(folder)
        checked, parts = check(list(packs), sha256, unverified), datapack.parts(*packs)
    else:
        files = pan2012.find(folder)
        checked, parts = check(list(files.all()), sha256, unverified), pan2012.parts(files)
    training, test, about = read_parts(*parts, table, train)
    figures = evaluate(training, test, Penalty(penalty), full_chats=corpus == "panc")
    typer.echo(json.dumps({"files": checked, **about, "corpus": corpus, **figures}, indent=2))
