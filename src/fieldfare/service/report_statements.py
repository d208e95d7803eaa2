"""Signed statements about users' reports, for those who do not hold the franking keys.

What enters: the reports as they are kept, and the ring that verified them. They are verified again,
so a statement says nothing that the kept bytes do not prove. It can be made as long as the messages
of a report are kept (`keep_days` of the policy).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldfare.cases.vault import Vault
from fieldfare.safeguards.franking import Franked, check_report
from fieldfare.safeguards.franking_statement import state
from fieldfare.service.user_reports import UserReport, UserReports
from fieldfare.vocabulary.keys import KeyRing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Stated:
    """A statement about one report."""

    report: str
    envelope: str
    """Signed, one line of JSON."""
    messages: tuple[Franked, ...]
    """Those that are verified."""


@dataclass(frozen=True)
class Notary:
    """What is needed to state something."""

    reports: UserReports
    vault: Vault
    ring: KeyRing
    operator: str
    """The name statements go out under."""
    key: Ed25519PrivateKey
    now: int
    """Microseconds UTC."""

    def about(self, account: str, reporters: Collection[str]) -> list[Stated]:
        """Statements about all reports of an account by these that have a verified message."""
        found, after = [], 0
        while page := self.reports.of(account, after, 1000):
            after = page[-1][0]
            found += [
                stated
                for _, report in page
                if report.verified and report.reporter in reporters
                if (stated := self.state(report)) is not None
            ]
        return found

    def state(self, report: UserReport) -> Stated | None:
        """A statement about a report; None where nothing of it can be verified any more."""
        body = self.reports.body(report.id, self.vault)
        kept = sorted(body.messages, key=lambda each: each.number) if body else []
        shown = [Franked(*each.franked) for each in kept if each.franked is not None]
        check = check_report(self.ring, report.reporter, shown)
        verified = tuple(
            shown[each.number] for each in check.messages if each.standing == "verified"
        )
        if not verified:
            return None
        envelope = state(
            check,
            operator=self.operator,
            reporter=report.reporter,
            verified_at=self.now,
            key=self.key,
        )
        return Stated(report.id, envelope, verified)
