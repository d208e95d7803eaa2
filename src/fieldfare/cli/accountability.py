"""``fieldfare accountability``: what has to be published, or shown to a regulator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.case import Keys, open_store
from fieldfare.cli.report import Settings, settings_file
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, settings_of


def accountability(
    first: Annotated[str, typer.Option("--from", help="First day of the period: 2026-01-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day of it: 2026-06-30. UTC.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="transparency, risk-assessment, model-card or impact-assessment; several times. "
            "Default: all."
        ),
    ] = None,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Small numbers too. Not for publication."),
    ] = False,
    policy: Annotated[Path | None, typer.Option(help="The policy in force (TOML).")] = None,
    scorecard: Annotated[Path | None, typer.Option(help="The scorecard in force (TOML).")] = None,
    settings: Settings = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Write transparency figures (DSA template, Ofcom), the risk assessment of grooming, the model
    card and the data-protection impact assessment, filled from the stores and the files in use."""
    from fieldfare.cases import OPERATOR
    from fieldfare.reports.accountability.facts import Period
    from fieldfare.reports.accountability.making import PARTS, Wanted, make
    from fieldfare.reports.settings import load
    from fieldfare.risk import scorecard as cards
    from fieldfare.safeguards import load as load_policy
    from fieldfare.safeguards import shipped
    from fieldfare.service.accountability import read
    from fieldfare.vocabulary import InputError

    period = Period.of(first, last)
    for each in only or ():
        if each not in PARTS:
            raise InputError(f"--only {each}: choose from {', '.join(PARTS)}")
    wanted = Wanted(
        period,
        shipped() if policy is None else load_policy(policy),
        cards.shipped() if scorecard is None else cards.load(scorecard),
        load(settings_file(settings, data)).provider.name,
        tuple(each for each in PARTS if only is None or each in only),
        exact,
    )
    live = read(settings_of(data, database), period)
    with open_store(data, database, keys) as store:
        for path in make(out, store, OPERATOR, wanted, live):
            typer.echo(out / path)
    if live is None:
        typer.echo("No live service ran on this data: its figures are not recorded.", err=True)
