"""An investigation's tables as records. Reads only; what is not asked for is not loaded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fieldfare.investigation.provenance import names_of_sources, origin_of
from fieldfare.investigation.records import (
    COUNTS,
    JOIN_STANDINGS,
    OPEN,
    UNKNOWN,
    Account,
    Cue,
    Evidence,
    Identifier,
    Join,
    Person,
    Place,
    Risk,
    Tie,
)
from fieldfare.investigation.store import Investigation
from fieldfare.investigation.wording import called
from fieldfare.scan.snapshot import SeenChild
from fieldfare.vocabulary import InputError

_PEOPLE: Final = """
SELECT p.*, v."by" AS verdict_by, v."at" AS verdict_at, v.number AS verdict_number
FROM (SELECT * FROM peers WHERE {rule}) AS p
LEFT JOIN (
    SELECT peer, arg_max("by", number) AS "by", arg_max("at", number) AS "at", MAX(number) AS number
    FROM verdicts GROUP BY peer
) AS v ON v.peer = p.peer
"""


_NEXT: Final = "p.priority DESC, p.child_probability DESC, p.peer"


def people(case: Investigation, rule: str = "true", *, most: int | None = None) -> list[Person]:
    """Everybody, whom to look at next first. `rule`: of whom, as a condition on `peers`. `most`:
    no more than so many, and before others those whom an officer judged."""
    found = case.each(
        _PEOPLE.format(rule=rule)
        + (f"ORDER BY p.verdict IS NULL, {_NEXT} LIMIT {most}" if most else f"ORDER BY {_NEXT}")
    )
    got = [_person(each) for each in found]
    return got if most is None else sorted(got, key=lambda p: (-p.priority, -p.probability, p.peer))


def number(case: Investigation) -> int:
    """How many people there are."""
    return int(case.value("SELECT COUNT(*) FROM peers"))


def children(case: Investigation) -> list[Person]:
    """Those who count as children, confirmed or probable; the same order."""
    return people(case, COUNTS)


def left_open(case: Investigation, code: str, most: int) -> tuple[list[Person], int]:
    """Who is placed in a country and may be a child, and does not count as one: the first by risk
    and probability, and how many there are."""
    rule = f"{OPEN} AND coalesce(country, '{UNKNOWN}') = ?"
    total = case.value(f"SELECT COUNT(*) FROM peers WHERE {rule}", [code])
    found = case.rows(
        _PEOPLE.format(rule=rule) + "ORDER BY risk_level DESC, child_probability DESC, p.peer"
        f" LIMIT {most}",
        [code],
    )
    return [_person(each) for each in found], total


def unlikely(case: Investigation) -> dict[str, int]:
    """By country: people whom no officer judged, and whose cues do not make them children."""
    return dict(
        case.values(
            f"SELECT coalesce(country, '{UNKNOWN}'), COUNT(*) FROM peers"
            f" WHERE verdict IS NULL AND NOT {COUNTS} GROUP BY 1"
        )
    )


def elsewhere(case: Investigation) -> dict[str, set[str]]:
    """By country: children who are placed in another, and whom something points to it."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, peer in case.values(
        "SELECT DISTINCT c.country, c.peer FROM countries AS c"
        f" INNER JOIN (SELECT peer, country FROM peers WHERE {COUNTS}) AS p ON p.peer = c.peer"
        f" WHERE c.country <> coalesce(p.country, '{UNKNOWN}')"
    ):
        found[code].add(peer)
    return dict(found)


def contacts_of(case: Investigation, peers: Iterable[str]) -> list[str]:
    """What people can be reached by: numbers, addresses and ids, without names."""
    found = case.values(
        "SELECT DISTINCT i.value FROM identifiers AS i"
        " INNER JOIN accounts AS a ON a.account = i.account"
        " WHERE a.person IN (SELECT unnest(?)) AND i.kind NOT IN ('name', 'username')"
        " ORDER BY i.value",
        [list(peers)],
    )
    return [value for (value,) in found]


def person(case: Investigation, key: str) -> Person:
    """Somebody by their key. Raises InputError where there is none (any more): two people who were
    joined have one key."""
    # `key_of`, as SQL.
    found = case.rows(_PEOPLE.format(rule="substr(sha256(peer), 1, 12) = ?"), [key])
    if not found:
        raise InputError(
            "there is no such person in this investigation (any more); they may have been joined "
            "with another"
        )
    return _person(found[0])


def verdict_before(case: Investigation, peer: str) -> str | None:
    """What was said of somebody before the last that was said."""
    found = case.values(
        "SELECT verdict FROM verdicts WHERE peer = ? ORDER BY number DESC LIMIT 1 OFFSET 1",
        [peer],
    )
    return found[0][0] if found else None


def cues(case: Investigation, peers: Iterable[str]) -> dict[str, list[Cue]]:
    """What points to a child, by peer, the strongest first."""
    found = case.rows(
        "SELECT * FROM cues WHERE peer IN (SELECT unnest(?))"
        " ORDER BY peer, abs(weight) DESC, message",
        [list(peers)],
    )
    names = names_of_sources(case)
    return _by_peer(
        (
            each["peer"],
            Cue(each["kind"], each["weight"], each["says"], each["message"],
                origin_of(each, names), each["quote"]),
        )
        for each in found
    )  # fmt: skip


def places(case: Investigation, peers: Iterable[str]) -> dict[str, list[Place]]:
    """What points to a country, by peer, the strongest first."""
    found = case.rows(
        "SELECT * FROM countries WHERE peer IN (SELECT unnest(?))"
        " ORDER BY peer, weight DESC, message",
        [list(peers)],
    )
    names = names_of_sources(case)
    return _by_peer(
        (
            each["peer"],
            Place(each["country"], each["basis"], each["weight"], each["says"], each["message"],
                  origin_of(each, names)),
        )
        for each in found
    )  # fmt: skip


def risks(case: Investigation, peers: Iterable[str]) -> dict[str, list[Risk]]:
    """What makes people urgent and what was asked of them, by peer, the latest first."""
    found = case.rows(
        'SELECT * FROM risks WHERE peer IN (SELECT unnest(?)) ORDER BY peer, "at" DESC, message',
        [list(peers)],
    )
    names = names_of_sources(case)
    return _by_peer(
        (
            each["peer"],
            Risk(each["kind"], each["at"], each["message"], origin_of(each, names), each["quote"]),
        )
        for each in found
    )


def risk_kinds(case: Investigation, peers: Iterable[str]) -> dict[str, dict[str, tuple[int, int]]]:
    """By peer and kind of risk: how often, and when last."""
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for peer, kind, times, last in case.values(
        'SELECT peer, kind, COUNT(*), MAX("at") FROM risks WHERE peer IN (SELECT unnest(?))'
        " GROUP BY peer, kind ORDER BY peer",
        [list(peers)],
    ):
        found[peer][kind] = (times, last)
    return dict(found)


def accounts(case: Investigation, persons: Iterable[str] | None = None) -> dict[str, list[Account]]:
    """Accounts with what they are known by, by person; None: the suspect's, by the suspect."""
    rule = "is_suspect" if persons is None else "person IN (SELECT unnest(?))"
    given: list[Any] = [] if persons is None else [list(persons)]
    found = case.rows(f"SELECT * FROM accounts WHERE {rule} ORDER BY person, account", given)
    known: dict[str, list[Identifier]] = defaultdict(list)
    names = names_of_sources(case)
    for each in case.rows(
        "SELECT * FROM identifiers WHERE account IN (SELECT unnest(?)) "
        "ORDER BY account, kind, value, source, member, locator",
        [[each["account"] for each in found]],
    ):
        known[each["account"]].append(
            Identifier(each["account"], each["kind"], each["value"], origin_of(each, names))
        )
    return _by_peer(
        (
            each["person"],
            Account(each["account"], called(each["name"]), each["service"], each["messages"],
                    tuple(known[each["account"]])),
        )
        for each in found
    )  # fmt: skip


def ties(case: Investigation) -> list[Tie]:
    """Who knows whom."""
    return [
        Tie(*each)
        for each in case.values(
            "SELECT peer_a, peer_b, says FROM acquainted ORDER BY peer_a, peer_b, says"
        )
    ]


_STANDING: Final = (
    "CASE WHEN state <> 'proposed' THEN state WHEN applied THEN 'applied' ELSE 'waiting' END"
)
"""`Join.standing`, as SQL."""


def joins(
    case: Investigation,
    standings: Sequence[str] = JOIN_STANDINGS,
    *,
    after: int = 0,
    most: int | None = None,
) -> list[Join]:
    """Accounts that are, or may be, one person's: what waits for somebody first. `standings`: no
    others than these; `after` so many, and no more than `most`."""
    found = case.rows(
        f"""
        SELECT j.*, a.name AS name_a, b.name AS name_b
        FROM (SELECT *, {_STANDING} AS standing FROM joins) AS j
        LEFT JOIN accounts AS a ON a.account = j.account_a
        LEFT JOIN accounts AS b ON b.account = j.account_b
        WHERE standing IN (SELECT unnest(?))
        ORDER BY state <> 'proposed', applied, confidence DESC, join_id
        LIMIT ? OFFSET ?
        """,
        [list(standings), most, after],
    )
    names = names_of_sources(case)
    return [_join(each, names) for each in found]


def join_counts(case: Investigation) -> dict[str, int]:
    """How many joins there are of each of `JOIN_STANDINGS`."""
    found = dict(case.values(f"SELECT {_STANDING}, COUNT(*) FROM joins GROUP BY 1"))
    return {each: found.get(each, 0) for each in JOIN_STANDINGS}


def asked(case: Investigation) -> dict[str, dict[str, int]]:
    """By peer: what the suspect showed them (indicators), and when first."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for peer, indicator, first in case.values(
        "SELECT peer, indicator, first_at FROM stages ORDER BY peer, first_at, indicator"
    ):
        found[peer][indicator] = first
    return dict(found)


def seen_children(case: Investigation, children: Sequence[Person]) -> list[SeenChild]:
    """Children as the other rooms know them: what detection sees of a child."""
    shown = asked(case)
    return [
        SeenChild(
            account=each.peer,
            name=each.name or None,
            child_probability=each.probability,
            age=each.age,
            age_basis=each.age_basis or "unknown",
            country=each.country,
            country_basis="inferred" if each.country else None,
            contacted_at=each.first_contact,
            last_at=each.last_contact,
            wrote_first=each.wrote_first,
            answered=each.received > 0,
            rejected_at=None,
            connected_before=False,
            sent=each.sent,
            received=each.received,
            asked=shown.get(each.peer, {}),
        )
        for each in children
    ]


def verdicts(case: Investigation) -> list[dict[str, Any]]:
    """All that was said of people, the oldest first."""
    return case.rows("SELECT * FROM verdicts ORDER BY number")


def join_decisions(case: Investigation) -> list[dict[str, Any]]:
    """All that was said of joins, the oldest first."""
    return case.rows("SELECT * FROM join_decisions ORDER BY number")


def state(case: Investigation) -> str:
    """Stands for all decisions and all material: another state, other people and reports."""
    found = case.values(
        """
        SELECT (SELECT coalesce(MAX(number), 0) FROM verdicts),
            (SELECT coalesce(MAX(number), 0) FROM join_decisions),
            (SELECT COUNT(*) FROM records)
        """,
    )
    return ".".join(map(str, found[0]))


def _by_peer(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for peer, each in pairs:
        found[peer].append(each)
    return dict(found)


def _person(row: dict[str, Any]) -> Person:
    return Person(
        peer=row["peer"],
        name=called(row["name"]),
        accounts=tuple(row["accounts"]),
        probability=row["child_probability"],
        low=row["low"],
        high=row["high"],
        age=row["age"],
        age_basis=row["age_basis"] or "",
        first_contact=row["first_contact"],
        last_contact=row["last_contact"],
        sent=row["messages_from_suspect"],
        received=row["messages_to_suspect"],
        wrote_first=row["suspect_wrote_first"],
        language=row["language"],
        country=row["country"],
        country_confidence=row["country_confidence"] or 0.0,
        risk=row["risk_level"],
        priority=row["priority"],
        verdict=row["verdict"],
        verdict_by=row["verdict_by"] or "",
        verdict_at=row["verdict_at"],
        verdict_number=row["verdict_number"] or 0,
    )


def _join(row: dict[str, Any], names: Mapping[str, str]) -> Join:
    return Join(
        id=row["join_id"],
        account_a=row["account_a"],
        account_b=row["account_b"],
        name_a=called(row["name_a"]),
        name_b=called(row["name_b"]),
        kind=row["kind"],
        value=row["value"],
        confidence=row["confidence"],
        evidence=tuple(
            Evidence(each["account"], each["says"], origin_of(each, names))
            for each in json.loads(row["evidence"])
        ),
        applied=row["applied"],
        state=row["state"],
        by=row["by"] or "",
        at=row["at"],
    )
