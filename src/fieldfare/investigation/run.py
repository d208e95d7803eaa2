"""From records to everything else, as often as asked; the same each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fieldfare.investigation.identities import propose, settle
from fieldfare.investigation.places import tables as places
from fieldfare.investigation.scripts import find_scripts
from fieldfare.investigation.spoken_numbers import tables as ages
from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation
from fieldfare.investigation.weights import weights

AS_OF: Final = "as_of"
"""Setting: what risk now counts back from, microseconds UTC."""

STEPS: Final = (
    "peers",
    "hits",
    "cues",
    "languages",
    "countries",
    "risks",
    "acquainted",
)
"""Files of ``sql/``, in order, once there are messages."""

AT_ONCE: Final = 250_000
"""Messages written at a time."""


def analyse(
    case: Investigation,
    on_step: Callable[[str], None] = lambda _: None,
    *,
    imported: bool = False,
) -> None:
    """Make every derived table anew from `records`, `described`, joins and verdicts, in one
    transaction. After an import, what joins accounts is looked for too."""
    from fieldfare.investigation.fitting import refit

    with case.transaction():
        if imported:
            on_step("Identities")
            propose(case)
        settle(case)
        _load_data(case)
        on_step("Messages")
        _write_messages(case)
        for step in STEPS:
            on_step(step.replace("_", " ").capitalize())
            case.run(statements(step))
        on_step("Scripts")
        find_scripts(case)
        refit(case)


def _write_messages(case: Investigation) -> None:
    case.run(statements("messages"))
    rows = statements("message_rows")
    for above in range(0, case.value("SELECT COUNT(*) FROM ranked"), AT_ONCE):
        case.run(rows.replace("{above}", str(above)).replace("{last}", str(above + AT_ONCE)))
    case.run("DROP TABLE ranked; DROP TABLE placed")


def _load_data(case: Investigation) -> None:
    """Put what is data of this room where the SQL finds it."""
    tables = {"cue_kinds": weights().table(), **ages(), **places()}
    for name, rows in tables.items():
        with case.lent(arriving=rows):
            case.run(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")
