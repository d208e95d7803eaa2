"""``fieldfare signals``: the catalogue of signals, or their SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from fieldfare.vocabulary.errors import SettingsError


def signals(
    sql: Annotated[
        str | None,
        typer.Option(
            "--sql",
            metavar="DIALECT",
            help=(
                "Print the SQL of the ledger and the signals in this dialect: duckdb, spark, "
                "postgres, bigquery, snowflake, trino, clickhouse."
            ),
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="Of the description: text, or markdown.")
    ] = "text",
) -> None:
    """Describe every signal, or print the SQL that computes them for a warehouse."""
    if sql is not None:
        from fieldfare.contacts.definition import script

        typer.echo(script(sql))
        return
    if format_ == "markdown":
        typer.echo(markdown(), nl=False)
        return
    if format_ != "text":
        raise SettingsError(f"--format {format_}: choose text or markdown")
    from fieldfare.contacts.catalogue import catalogue

    for name, entry in catalogue().items():
        typer.echo(
            f"{name}\n    {entry.meaning}\n    Unit: {entry.unit}. Range: {entry.range}."
            f"\n    Source: {entry.source}\n"
        )


def markdown() -> str:
    """The page docs/signals.md: what a warehouse provides, and every signal."""
    from fieldfare.contacts.catalogue import catalogue
    from fieldfare.contacts.definition import EVENT_COLUMNS
    from fieldfare.risk.scorecard import shipped

    lines = [
        "# Signals",
        "",
        "One row an account. This page is written by `fieldfare signals --format markdown`; "
        "`fieldfare signals --sql DIALECT` prints the SQL behind it.",
        "",
        "A child is a person under 18. *w* is the weight of a child: how much more likely a child "
        "an account is than one nobody knows anything about, 0 to 1. A first contact is a first "
        "private message that came before any private message of the other's. Null means not "
        "known, never zero.",
        "",
        "## What the SQL reads",
        "",
        "Times are microseconds UTC (BIGINT).",
        "",
        "| table | columns |",
        "|---|---|",
    ]
    lines += [
        f"| `{table}` | {', '.join(f'`{column}` {kind}' for column, kind in columns.items())} |"
        for table, columns in EVENT_COLUMNS.items()
    ]
    lines += [
        "",
        "## The signals",
        "",
        "| signal | meaning | unit | range | source | scored |",
        "|---|---|---|---|---|---|",
    ]
    scored = shipped().signals
    lines += [
        f"| `{name}` | {entry.meaning} | {entry.unit} | {entry.range} | {entry.source} | "
        f"{'yes' if name in scored else 'no'} |"
        for name, entry in catalogue().items()
    ]
    return "\n".join(lines) + "\n"
