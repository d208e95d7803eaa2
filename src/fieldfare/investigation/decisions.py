"""What people decide: who is a child, and which accounts are one person.

Nothing is overwritten: the last decision counts, and taking one back gives what was there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fieldfare.investigation.store import VERDICTS, Investigation, now
from fieldfare.vocabulary import InputError, SettingsError

JOIN_STATES: Final = ("proposed", "confirmed", "rejected")


def decide(case: Investigation, peer: str, verdict: str | None, by: str, note: str = "") -> None:
    """Keep a verdict on a peer (child, not_child or unsure; None takes back what was said), fit
    the weights to all verdicts and rank the others anew. Raises SettingsError for another
    verdict, InputError for an unknown peer."""
    from fieldfare.investigation.fitting import refit

    if verdict is not None and verdict not in VERDICTS:
        raise SettingsError(f"verdict '{verdict}': choose one of {', '.join(VERDICTS)}")
    if case.value("SELECT 1 FROM peers WHERE peer = ?", [peer]) is None:
        raise InputError(f"there is no peer '{peer}' in this investigation")
    with case.transaction():
        case.connection.execute(
            "INSERT INTO verdicts SELECT COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, ? FROM verdicts",
            [peer, verdict, by, now(), note],
        )
        refit(case)


def decide_join(case: Investigation, join_id: str, state: str, by: str) -> None:
    """Confirm or reject a join, or put it back to 'proposed', and analyse anew: afterwards
    everything is as if it had never been otherwise. Raises SettingsError for another state,
    InputError for an unknown join."""
    decide_joins(case, [join_id], state, by)


def decide_joins(case: Investigation, join_ids: Sequence[str], state: str, by: str) -> None:
    """The same of several joins, analysed once."""
    from fieldfare.investigation.run import analyse

    if state not in JOIN_STATES:
        raise SettingsError(f"join state '{state}': choose one of {', '.join(JOIN_STATES)}")
    for join_id in join_ids:
        if case.value("SELECT 1 FROM joins WHERE join_id = ?", [join_id]) is None:
            raise InputError(f"there is no join '{join_id}' in this investigation")
        case.connection.execute(
            "INSERT INTO join_decisions SELECT COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?"
            " FROM join_decisions",
            [join_id, state, by, now()],
        )
    analyse(case)


def join_by_hand(case: Investigation, first: str, second: str, by: str, why: str) -> str:
    """Join two accounts that a person knows to be one, with what that rests on; returns the
    join's id. Raises InputError for an unknown account."""
    from fieldfare.investigation.identities import add_by_hand

    join_id = add_by_hand(case, first, second, why)
    decide_join(case, join_id, "confirmed", by)
    return join_id
