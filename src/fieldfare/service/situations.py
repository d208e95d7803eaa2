"""What is known of two accounts, as the policy asks for it: a few look-ups by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from fieldfare.contacts.definition import doubted_below
from fieldfare.safeguards.situation import Action, Party, Situation
from fieldfare.service.database import Row
from fieldfare.service.protections import OpenCases
from fieldfare.service.state import State
from fieldfare.service.unfolded import Unfolded, given_of

_PARTIES: Final = (
    "SELECT w.wanted, p.child_probability, p.age, p.age_basis, p.country, a.band, a.signals,"
    " g.age, g.born_at, g.age_basis, g.age_confidence, g.country"
    " FROM {wanted} AS w LEFT JOIN people AS p ON p.account = w.wanted"
    " LEFT JOIN assessments AS a ON a.account = w.wanted"
    " LEFT JOIN accounts AS g ON g.account = w.wanted"
)
_BETWEEN: Final = (
    "SELECT w.peer, there.connected_at, back.connected_at, back.blocked_at,"
    " wrote.first_private_at, answered.first_private_at, i.child_probability, i.age"
    " FROM {peers} AS w"
    " LEFT JOIN relations AS there ON there.account = ? AND there.peer = w.peer"
    " LEFT JOIN relations AS back ON back.account = w.peer AND back.peer = ?"
    " LEFT JOIN contacts AS wrote ON wrote.account = ? AND wrote.peer = w.peer"
    " LEFT JOIN contacts AS answered ON answered.account = w.peer AND answered.peer = ?"
    " LEFT JOIN inferred AS i ON i.account = ? AND i.peer = w.peer"
)


class Situations:
    """Looks up what a decision needs. Not safe for several threads."""

    def __init__(
        self,
        state: State,
        open_cases: OpenCases,
        unknown_child_probability: float,
        unfolded: Unfolded | None = None,
    ) -> None:
        """`unfolded`: what no worker has folded yet is to count too, as far as it knows that."""
        self._database, self._unfolded = state.database, unfolded
        self._open_cases = open_cases
        self._prior = unknown_child_probability
        self._parties = _PARTIES.format(wanted=self._database.one_of("wanted"))
        self._pairs = _BETWEEN.format(peers=self._database.one_of("peer"))

    def towards(
        self,
        action: Action,
        sender: str,
        recipients: Sequence[str],
        *,
        languages: Mapping[str, str] | None = None,
        encrypted: bool = False,
    ) -> list[Situation]:
        """The situation towards each recipient, in order. `languages` are those in which accounts
        use the service (BCP 47), as far as the caller knows."""
        everyone = [*dict.fromkeys((sender, *recipients))]
        found = self._found(everyone)
        parties = self.parties(everyone, languages, found)
        counts = _COUNTS.decode(found[sender][5]) if found[sender][5] else _Counts()
        between = self._between(sender, recipients)
        return [
            Situation(
                action=action,
                sender=parties[sender],
                recipient=_as_inferred(parties[recipient], *between[recipient][4:]),
                connected=between[recipient][0],
                recipient_wrote_first_or_answered=between[recipient][1],
                blocked=between[recipient][2],
                first_contact=between[recipient][3],
                children_first_contacted_1d=counts.children_first_contacted_1d or 0.0,
                children_first_contacted_7d=counts.children_first_contacted_7d or 0.0,
                encrypted=encrypted,
            )
            for recipient in recipients
        ]

    def parties(
        self,
        accounts: Sequence[str],
        languages: Mapping[str, str] | None = None,
        found: Mapping[str, Sequence[Any]] | None = None,
    ) -> dict[str, Party]:
        """What is known of some accounts by themselves."""
        found = self._found(accounts) if found is None else found
        cases = self._open_cases.among(accounts)
        languages = languages or {}
        return {
            account: Party(
                account=account,
                child_probability=self._prior if probability is None else probability,
                age=age,
                age_basis=basis or "unknown",
                band=band or "none",
                country=country,
                language=languages.get(account),
                open_case=account in cases,
            )
            for account, (probability, age, basis, country, band, _) in found.items()
        }

    def _found(self, accounts: Sequence[str]) -> dict[str, Sequence[Any]]:
        if self._unfolded is not None:
            self._unfolded.refresh()
        rows = self._database.run(self._parties, (self._database.listed(accounts),))
        return {row[0]: self._filled(row) for row in rows}

    def _filled(self, row: Row) -> Sequence[Any]:
        """What the last assessment said of an account; where that said nothing of its age, what
        the service gave."""
        account, probability, age, basis, country, band, signals, *stored = row
        told = None if self._unfolded is None else self._unfolded.given(account)
        if (basis or "unknown") == "unknown":
            given = given_of(*stored) if told is None else told.with_(given_of(*stored))
            if given.child_probability is not None:
                probability, age, basis = given.child_probability, given.age, given.age_basis
            country = country or given.country
        return probability, age, basis, country, band, signals

    def _between(self, sender: str, recipients: Sequence[str]) -> dict[str, _Pair]:
        rows = self._database.run(
            self._pairs, (self._database.listed([*dict.fromkeys(recipients)]), *[sender] * 5)
        )
        found: dict[str, _Pair] = {}
        for recipient, there, back, blocked_at, wrote, answered, *inferred in rows:
            connected = there is not None or back is not None
            blocked = blocked_at is not None
            if self._unfolded is not None:
                connected = connected or self._unfolded.connected(sender, recipient)
                blocked = blocked or self._unfolded.blocked(recipient, sender)
            found[recipient] = (connected, answered is not None, blocked, wrote is None, *inferred)
        return found


_Pair = tuple[bool, bool, bool, bool, float | None, float | None]
"""Connected; the recipient has written; has blocked the sender; nothing was sent to it yet; and how
probably it is a child, and of what age, as was inferred when the sender first wrote to it."""


class _Counts(msgspec.Struct):
    """Of the signals, what the policy may ask for."""

    children_first_contacted_1d: float | None = None
    children_first_contacted_7d: float | None = None


_COUNTS: Final = msgspec.json.Decoder(_Counts)


def _as_inferred(party: Party, probability: float | None, age: float | None) -> Party:
    """A party by the age that was inferred, unless a better one is known by now."""
    if probability is None or probability <= party.child_probability:
        return party
    doubted = (
        party.age_basis == "declared" and party.age is not None and party.age < doubted_below()
    )
    if party.age_basis not in ("unknown", "stated") and not doubted:
        return party
    return replace(party, child_probability=probability, age=age, age_basis="inferred")
