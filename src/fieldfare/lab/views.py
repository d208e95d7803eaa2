"""What services of several kinds see of one ledger: with text or without; everything else, or
messages and ages only.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from fieldfare.contacts.engine import Engine

VIEWS: Final = ("both", "metadata")
"""With the evidence of text, and without it."""
BARE: Final = ("both_bare", "metadata_bare")
"""The same to a service that gives no connections, no notices, and no countries or time zones."""

_TEXT: Final = {
    "words": "SELECT * FROM words_whole WHERE 1 = 0",
    "indicators": "SELECT * FROM indicators_whole WHERE indicator = 'call'",
}
_RELATIONS: Final = {"relations": "SELECT * FROM relations_whole WHERE 1 = 0"}
_PLACES: Final = ("country", "country_basis", "utc_offset_hours")


def with_text(view: str) -> bool:
    """Whether text was read for a view."""
    return view in ("both", "both_bare")


def remember(engine: Engine) -> None:
    """Keep what `show` may take away: the ledger and accounts as they are now."""
    for name in (*_TEXT, *_RELATIONS, "accounts", "settings"):
        engine.create(f"{name}_whole", f"SELECT * FROM {name}")


def show(engine: Engine, view: str) -> None:
    """Leave in the ledger what a view holds of what was remembered."""
    bare = view in BARE
    for tables, hidden in ((_TEXT, not with_text(view)), (_RELATIONS, bare)):
        for name, less in tables.items():
            engine.create(name, less if hidden else f"SELECT * FROM {name}_whole")
    accounts, settings = (
        engine.fetch(f"SELECT * FROM {n}_whole") for n in ("accounts", "settings")
    )
    if bare:
        accounts = _filled(accounts, _PLACES, None)
        settings = _filled(settings, ("has_connections",), 0)
    engine.load("accounts", accounts)
    engine.load("settings", settings)


def _filled(table: pa.Table, names: tuple[str, ...], value: int | None) -> pa.Table:
    for name in names:
        at = table.schema.get_field_index(name)
        field = table.schema.field(at)
        column = pa.array([value] * table.num_rows, field.type)
        table = table.set_column(at, field, column)
    return table
