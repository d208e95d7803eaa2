"""What is known of two accounts, as the policy asks for it: a few look-ups by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

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
        counts = msgspec.json.decode(found[sender][5]) if found[sender][5] else {}
        return [
            Situation(
                action=action,
                sender=parties[sender],
                recipient=parties[recipient],
                children_first_contacted_1d=counts.get("children_first_contacted_1d", 0.0),
                children_first_contacted_7d=counts.get("children_first_contacted_7d", 0.0),
                encrypted=encrypted,
                **self._between(sender, recipient),
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

    def _between(self, sender: str, recipient: str) -> dict[str, bool]:
        both = (sender, recipient, recipient, sender)
        relations = {
            row[0]: row[1:]
            for row in self._database.run(
                "SELECT account, connected_at, blocked_at FROM relations"
                " WHERE (account = ? AND peer = ?) OR (account = ? AND peer = ?)",
                both,
            )
        }
        wrote = {
            row[0]
            for row in self._database.run(
                "SELECT account FROM contacts WHERE ((account = ? AND peer = ?)"
                " OR (account = ? AND peer = ?)) AND first_private_at IS NOT NULL",
                both,
            )
        }
        blocked = relations.get(recipient, (None, None))[1] is not None
        connected = any(row[0] is not None for row in relations.values())
        if self._unfolded is not None:
            blocked = blocked or self._unfolded.blocked(recipient, sender)
            connected = connected or self._unfolded.connected(sender, recipient)
        return {
            "connected": connected,
            "recipient_wrote_first_or_answered": recipient in wrote,
            "blocked": blocked,
            "first_contact": sender not in wrote,
        }
