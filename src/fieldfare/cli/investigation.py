"""``fieldfare investigation``: what people decide about a case made by `fieldfare investigate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data

Case = Annotated[str, typer.Option(help="Name of the case.")]
By = Annotated[str, typer.Option(help="Who decides; kept with the decision.")]

investigation = typer.Typer(
    help="Investigations: the people found, and what is decided about them.", no_args_is_help=True
)


@investigation.command("list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """List the cases there are."""
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation.store import Investigation

    for name in Investigation.names(data):
        typer.echo(printable(name))


@investigation.command("peers")
def peers(
    case: Case,
    data: Data = DEFAULT_DATA,
    most: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
) -> None:
    """List people, most useful to look at first: id, name, probability of being a child, country,
    risk, verdict."""
    from fieldfare.cli.terminal import cells

    with _open(case, data) as opened:
        for row in opened.rows(
            "SELECT * FROM peers ORDER BY priority DESC, child_probability DESC, peer LIMIT ?",
            [most],
        ):
            share = f"{row['child_probability']:.2f}"
            said = row["verdict"] or ""
            country = row["country"] or ""
            typer.echo(
                cells(row["peer"], row["name"] or "", share, country, row["risk_level"], said)
            )


@investigation.command("decide")
def decide(
    peer: Annotated[str, typer.Argument(help="Id of a peer, as `peers` lists it.")],
    verdict: Annotated[str, typer.Argument(help="child, not-child, unsure, or none to take back.")],
    case: Case,
    data: Data = DEFAULT_DATA,
    by: By = "operator",
    note: Annotated[str, typer.Option(help="A word on why.")] = "",
) -> None:
    """Say whether a peer is a child; the others are ranked anew."""
    from fieldfare.investigation.decisions import decide as keep

    said = None if verdict == "none" else verdict.replace("-", "_")
    with _open(case, data) as opened:
        keep(opened, peer, said, by, note)


@investigation.command("joins")
def joins(case: Case, data: Data = DEFAULT_DATA) -> None:
    """List which accounts are, or may be, one person: id, state, whether it holds, kind, what
    they share, both accounts."""
    from fieldfare.cli.terminal import cells

    with _open(case, data) as opened:
        for row in opened.rows("SELECT * FROM joins ORDER BY state, kind, account_a, account_b"):
            holds = "holds" if row["applied"] else ""
            shared = (row["kind"], row["value"], row["account_a"], row["account_b"])
            typer.echo(cells(row["join_id"], row["state"], holds, *shared))


@investigation.command("join")
def join(
    first: Annotated[str, typer.Argument(metavar="JOIN|ACCOUNT", help="Id of a join, or account.")],
    second: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="The other.")] = None,
    *,
    case: Case,
    data: Data = DEFAULT_DATA,
    by: By = "operator",
    why: Annotated[str, typer.Option(help="For two accounts: what shows it.")] = "",
) -> None:
    """Confirm a proposed join, or join two accounts by hand."""
    from fieldfare.investigation.decisions import decide_join, join_by_hand

    with _open(case, data) as opened:
        if second is None:
            decide_join(opened, first, "confirmed", by)
        else:
            typer.echo(join_by_hand(opened, first, second, by, why))


@investigation.command("undo")
def undo(
    join_id: Annotated[str, typer.Argument(metavar="JOIN", help="Id of a join.")],
    case: Case,
    data: Data = DEFAULT_DATA,
    by: By = "operator",
) -> None:
    """Reject a join: its accounts are apart again, as if they had never been one."""
    from fieldfare.investigation.decisions import decide_join

    with _open(case, data) as opened:
        decide_join(opened, join_id, "rejected", by)


@investigation.command("reports")
def reports(
    case: Case,
    data: Data = DEFAULT_DATA,
    by: By = "operator",
    out: Annotated[
        Path | None, typer.Option(help="Folder for them. Default: `reports` in the case.")
    ] = None,
) -> None:
    """Make the report of every country anew, by what is decided now: page, PDF, tables."""
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation.handover import write_reports
    from fieldfare.investigation.handover.sentences import country_name

    with _open(case, data) as opened:
        made = write_reports(opened, case, by, out)
        place = (out or opened.folder) / "reports"
    for each in made:
        said = f"{each.children:,} children, {each.confirmed:,} confirmed"
        typer.echo(printable(f"{country_name(each.code)}: {said}"))
    typer.echo(printable(f"{len(made)} reports in {place}"))


@investigation.command("bag")
def bag(
    country: Annotated[str, typer.Argument(help="Code such as GB; ZZ where it is not known.")],
    case: Case,
    out: Annotated[Path, typer.Option(help="Folder of the bag; must not exist.")],
    data: Data = DEFAULT_DATA,
    by: By = "operator",
) -> None:
    """Make an evidence bag of every message with the children of a country, with their report;
    anyone can check it with `fieldfare evidence verify`."""
    from fieldfare.cli.terminal import printable
    from fieldfare.investigation.handover.bag import make_country_bag

    with _open(case, data) as opened:
        made = make_country_bag(opened, case, country.upper(), by, out)
    typer.echo(printable(f"{made.messages:,} messages in {made.path}"))
    typer.echo(f"SHA-256 of its tag manifest: {made.sha256}")


def _open(case: str, data: Any) -> Any:
    from fieldfare.investigation.store import Investigation

    return Investigation.open(Investigation.folder_of(data, case))
