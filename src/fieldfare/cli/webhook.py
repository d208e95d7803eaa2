"""``fieldfare webhook``: the live service's webhooks, and what could not be delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, settings_of

webhook = typer.Typer(
    help="Webhooks of the live service, and their dead letters.", no_args_is_help=True
)


@webhook.command("check")
def webhook_check(
    path: Annotated[Path, typer.Argument(help="File of webhooks (TOML).")],
) -> None:
    """Read a file of webhooks and their secrets, and say what is wrong with it."""
    from dataclasses import replace

    settings = replace(settings_of(DEFAULT_DATA, None), webhooks=path)
    for each in settings.endpoints():
        typer.echo(f"{each.name}\t{each.url}\t{len(each.secrets)} secret(s)")


@webhook.command("dead-letters")
def webhook_dead_letters(data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """List deliveries that failed too often, oldest first."""
    from fieldfare.cli.terminal import cells
    from fieldfare.service.outbox import Outbox
    from fieldfare.vocabulary.times import isoformat

    after = 0
    with settings_of(data, database).open_state().database as opened:
        outbox = Outbox(opened)
        while found := outbox.dead_letters(after, 1000):
            for each in found:
                made = isoformat(each.made_at)
                failed = (each.attempts, each.error)
                typer.echo(cells(each.id, each.endpoint, each.kind, each.account, made, *failed))
            after = found[-1].seq


@webhook.command("requeue")
def webhook_requeue(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids; without, all.")] = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Have dead letters sent again, by a service that runs or the next that does."""
    from fieldfare.service.outbox import Outbox

    with settings_of(data, database).open_state().database as opened:
        typer.echo(f"{Outbox(opened).requeue(ids or None):,} to be sent again")
