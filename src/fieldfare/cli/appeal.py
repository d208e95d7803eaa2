"""``fieldfare appeal``: what people contest."""

from __future__ import annotations

from typing import Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, settings_of

appeal = typer.Typer(help="Appeals to the live service.", no_args_is_help=True)


@appeal.command("list")
def appeal_list(
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """List appeals with what people say, oldest first."""
    from fieldfare.cli.terminal import cells
    from fieldfare.service.appeals import Appeals
    from fieldfare.vocabulary.times import isoformat

    after = 0
    with settings_of(data, database).open_journal().database as opened:
        appeals = Appeals(opened)
        while found := appeals.of(account, after, 1000):
            for each in found:
                said = " ".join(each.statement.split())
                made = isoformat(each.made_at)
                typer.echo(cells(each.id, made, each.account, each.about or "", said))
            after = found[-1].seq


@appeal.command("decide")
def appeal_decide(
    appeal_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the appeal.")],
    outcome: Annotated[
        str, typer.Option(help="upheld, partly_reversed, reversed, or omitted (closed without).")
    ],
    by: Annotated[str, typer.Option(help="Who decided.")] = "command line",
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Record what a person decided on an appeal. Tells the account nothing: that is the
    service's to do."""
    from fieldfare.service.appeals import OUTCOMES, Appeals
    from fieldfare.vocabulary import InputError

    chosen = next((each for each in OUTCOMES if each == outcome), None)
    if chosen is None:
        raise InputError(f"--outcome {outcome}: choose from {', '.join(OUTCOMES)}")
    with settings_of(data, database).open_journal().database as opened:
        Appeals(opened).decide(appeal_id, chosen, by)
    typer.echo(f"{appeal_id}: {outcome}")
