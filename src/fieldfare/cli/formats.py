"""``fieldfare formats``: what can be read."""

from __future__ import annotations

import typer


def formats() -> None:
    """List the formats that can be read, with the name that --format-in takes."""
    from fieldfare.sources.registry import readers

    for reader in sorted(readers(), key=lambda each: each.name):
        typer.echo(f"{reader.name:24} {reader.title} (holds {reader.completeness})")
