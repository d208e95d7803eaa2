"""``fieldfare account``: one account's data in the live service."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, settings_of

account = typer.Typer(
    help="One account's data in the live service: export, erasure, legal holds.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(help="Id of the account.")]
BY = "command line"


@account.command("export")
def account_export(account_id: Id, data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """Print everything that is kept about an account, as JSON Lines."""
    import msgspec

    from fieldfare.service.export import export

    settings = settings_of(data, database)
    journal, state = settings.open_journal(), settings.open_state()
    try:
        for line in export(journal, state, account_id):
            sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    finally:
        state.close()
        journal.close()


@account.command("erase")
def account_erase(account_id: Id, data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """Have an account's data erased, by a service that runs or the next that does."""
    from fieldfare.service.erasures import Erasures

    with settings_of(data, database).open_journal().database as opened:
        typer.echo(f"to be erased: request {Erasures(opened).request(account_id)}")


@account.command("erasures")
def account_erasures(data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """List requests to erase, the latest first, and what became of them."""
    from fieldfare.cli.terminal import cells
    from fieldfare.service.erasures import Erasures
    from fieldfare.vocabulary.times import isoformat

    with settings_of(data, database).open_journal().database as opened:
        for each in Erasures(opened).all(100_000):
            done = isoformat(each.done_at) if each.done_at else ""
            when = isoformat(each.requested_at)
            typer.echo(cells(each.id, each.account, when, each.state, done))


@account.command("hold")
def account_hold(
    account_id: Id,
    reason: Annotated[str, typer.Option(help="Why its data must be kept.")],
    jurisdiction: Annotated[str, typer.Option(help="By whose law or court.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Put an account under a legal hold: nothing of it is erased or ages out."""
    from fieldfare.service.protections import LegalHolds

    with settings_of(data, database).open_journal().database as opened:
        number = LegalHolds(opened).set(account_id, reason, jurisdiction, BY)
        typer.echo(f"hold {number} stands")


@account.command("lift")
def account_lift(
    hold: Annotated[int, typer.Argument(help="Number of the hold.")],
    reason: Annotated[str, typer.Option(help="Why the data need not be kept any more.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Lift a legal hold. What was deferred for it is carried out."""
    from fieldfare.service.protections import LegalHolds

    with settings_of(data, database).open_journal().database as opened:
        LegalHolds(opened).lift(hold, reason, BY)
        typer.echo(f"hold {hold} is lifted")


@account.command("holds")
def account_holds(
    of: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """List legal holds, standing and lifted, oldest first."""
    from fieldfare.cli.terminal import cells
    from fieldfare.service.protections import LegalHolds
    from fieldfare.vocabulary.times import isoformat

    with settings_of(data, database).open_journal().database as opened:
        holds, after = LegalHolds(opened), 0
        while found := holds.all(of, after):
            for each in found:
                lifted = f"lifted {isoformat(each.lifted_at)}" if each.lifted_at else "stands"
                when = f"{isoformat(each.set_at)} by {each.set_by}"
                shown = (each.id, each.account, each.jurisdiction, each.reason, when, lifted)
                typer.echo(cells(*shown))
            after = found[-1].id
