"""``fieldfare signals``: the catalogue of signals, or their SQL."""

from __future__ import annotations

from typing import Annotated

import typer


def signals(
    sql: Annotated[
        str | None,
        typer.Option("--sql", metavar="DIALECT", help=(
            "Print the SQL of the ledger and the signals in this dialect: duckdb, spark, "
            "postgres, bigquery, snowflake, trino, clickhouse.")),
    ] = None,
) -> None:
    """Describe every signal, or print the SQL that computes them for a warehouse."""
    if sql is not None:
        from fieldfare.contacts.definition import script

        typer.echo(script(sql))
        return
    from fieldfare.contacts.catalogue import catalogue

    for name, entry in catalogue().items():
        typer.echo(f"{name}\n    {entry.meaning}\n    Unit: {entry.unit}. Range: {entry.range}."
                   f"\n    Source: {entry.source}\n")
