"""From records to everything else, as often as asked; the same each time."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from fieldfare.investigation.store import Investigation

STEPS = ("accounts", "messages", "peers", "cues")
"""Files of ``sql/``, in order."""


def analyse(case: Investigation, on_step: Callable[[str], None] = lambda _: None) -> None:
    """Make every derived table anew from `records`, `described`, joins and verdicts, in one
    transaction."""
    from fieldfare.investigation.fitting import refit

    case.run("BEGIN")
    try:
        for step in STEPS:
            on_step(step.replace("_", " ").capitalize())
            case.run((files("fieldfare.investigation") / "sql" / f"{step}.sql").read_text("utf-8"))
        refit(case)
        case.run("COMMIT")
    except BaseException:
        case.run("ROLLBACK")
        raise
