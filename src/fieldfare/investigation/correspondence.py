"""An investigation's messages as records: without texts, unless texts are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

from fieldfare.investigation.provenance import names_of_sources, origin_of
from fieldfare.investigation.records import Message, Script
from fieldfare.investigation.store import Investigation
from fieldfare.investigation.wording import called
from fieldfare.vocabulary.times import HOUR, from_micros

_MESSAGES: Final = """
SELECT m.message, m.kind, m.sender, m.from_suspect, m.recipients, m.sent_at, m.tz_basis,
    CAST(length(m.text) AS BIGINT) AS length, m.media, m.indicators, m.origins, a.name
FROM messages AS m LEFT JOIN accounts AS a ON a.account = m.sender
"""


def conversation(
    case: Investigation, peer: str, *, after: int = 0, most: int = 100
) -> list[Message]:
    """Messages with a person and to them, in order of time, without texts; `after` so many."""
    found = case.rows(
        _MESSAGES + "WHERE m.peer = ? ORDER BY m.sent_at, m.message LIMIT ? OFFSET ?",
        [peer, most, after],
    )
    names = names_of_sources(case)
    return [_message(each, names) for each in found]


def messages(case: Investigation, numbers: Sequence[int]) -> list[Message]:
    """These messages, in order of time, without texts."""
    found = case.rows(
        _MESSAGES + "WHERE m.message IN (SELECT unnest(?)) ORDER BY m.sent_at, m.message",
        [list(numbers)],
    )
    names = names_of_sources(case)
    return [_message(each, names) for each in found]


def texts(case: Investigation, numbers: Sequence[int]) -> dict[int, str]:
    """The texts of these messages; of those that have one."""
    return dict(
        case.values(
            "SELECT message, text FROM messages WHERE message IN (SELECT unnest(?)) "
            "AND text IS NOT NULL",
            [list(numbers)],
        )
    )


def of_person(case: Investigation, peer: str, numbers: Sequence[int]) -> list[int]:
    """Those of these messages that are a person's conversation's."""
    found = case.values(
        "SELECT message FROM messages WHERE message IN (SELECT unnest(?)) AND peer = ?",
        [list(numbers), peer],
    )
    return sorted(message for (message,) in found)


def before(case: Investigation, peer: str, message: int) -> int | None:
    """How many messages of a person's conversation stand before one; None where it is in none."""
    found = case.values(
        """
        SELECT (
            SELECT COUNT(*) FROM messages AS b
            WHERE b.peer = m.peer AND (b.sent_at, b.message) < (m.sent_at, m.message)
        )
        FROM messages AS m WHERE m.message = ? AND m.peer = ?
        """,
        [message, peer],
    )
    return found[0][0] if found else None


def counts(case: Investigation) -> dict[str, int]:
    """By peer: messages of their conversation."""
    return dict(
        case.values("SELECT peer, COUNT(*) FROM messages WHERE peer IS NOT NULL GROUP BY peer")
    )


def scripts(case: Investigation, *, after: int = 0, most: int = 100) -> list[Script]:
    """What was sent to many, that to most first; `after` so many."""
    found = case.values(
        """
        SELECT script, COUNT(DISTINCT peer) AS people, MIN("at"), MAX("at"), MIN(similarity),
            arg_min(message, {'at': "at", 'message': message})
        FROM scripts GROUP BY script ORDER BY people DESC, script LIMIT ? OFFSET ?
        """,
        [most, after],
    )
    return [Script(*each) for each in found]


def number_of_scripts(case: Investigation) -> int:
    """How many there are."""
    return int(case.value("SELECT COUNT(DISTINCT script) FROM scripts"))


def got_scripts(
    case: Investigation, numbers: Sequence[int], most: int
) -> dict[int, list[tuple[str, str]]]:
    """By script: who got it, with their names, whoever got it first before others; no more than
    `most` each."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for script, peer, name in case.values(
        """
        SELECT g.script, g.peer, p.name FROM (
            SELECT script, peer, ROW_NUMBER() OVER (
                PARTITION BY script ORDER BY MIN("at"), MIN(message), peer
            ) AS place
            FROM scripts WHERE script IN (SELECT unnest(?)) GROUP BY script, peer
        ) AS g INNER JOIN peers AS p ON p.peer = g.peer
        WHERE g.place <= ? ORDER BY g.script, g.place
        """,
        [list(numbers), most],
    ):
        found[script].append((peer, called(name)))
    return dict(found)


def of_scripts(case: Investigation, numbers: Sequence[int]) -> list[int]:
    """Those of these messages that are a script's."""
    found = case.values(
        "SELECT DISTINCT message FROM scripts WHERE message IN (SELECT unnest(?))",
        [list(numbers)],
    )
    return sorted(message for (message,) in found)


def hours(case: Investigation, zone: tzinfo) -> list[int]:
    """Messages of the suspect by hour of the day in a zone."""
    counts = [0] * 24
    for hour, messages in case.values(
        "SELECT sent_at // 3600000000, COUNT(*) FROM messages WHERE from_suspect GROUP BY 1",
    ):
        counts[from_micros(hour * HOUR).astimezone(zone).hour] += messages
    return counts


def _message(row: dict[str, Any], names: Mapping[str, str]) -> Message:
    return Message(
        message=row["message"],
        kind=row["kind"],
        sender=row["sender"],
        name=row["name"] or "",
        from_suspect=row["from_suspect"],
        recipients=tuple(row["recipients"]),
        sent_at=row["sent_at"],
        tz_basis=row["tz_basis"],
        length=row["length"],
        media=tuple(row["media"]),
        indicators=tuple(row["indicators"]),
        origins=tuple(origin_of(each, names) for each in row["origins"]),
    )
