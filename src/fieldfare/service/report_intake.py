"""A user's report with messages: each is verified, the report is weighed, kept, and told on.

What enters: a report as a messaging backend passes it on. What leaves: its standing, a notice for
the journal where it counts, and its messages, kept for whoever decides.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from fieldfare.cases.vault import Vault
from fieldfare.safeguards.franking import Checked, Franked, check_report
from fieldfare.safeguards.rules import ReportLimits
from fieldfare.service.user_reports import Author, Body, Kept, NotCounted, UserReport, UserReports
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.keys import KeyRing
from fieldfare.vocabulary.times import DAY, SECOND

ReportText = Literal["keep", "verify", "refuse"]
"""What becomes of the messages of a report. ``keep``: they are kept, sealed, for those who decide.
``verify``: they are verified and forgotten at once; what each was worth is kept. ``refuse``: a
report with messages is refused, one without counts as ever."""

MOST_MESSAGES: Final = 500
LONGEST_TEXT: Final = 1 << 18
"""Characters."""


@dataclass(frozen=True)
class FrankedMessage:
    """As the reporter's device kept it, each in base64."""

    opening: str
    context: str
    tag: str


@dataclass(frozen=True)
class PlainMessage:
    """What the reporter says was written; nothing proves it."""

    by: Literal["account", "reporter"]
    text: str
    sent_at: int | None
    """Microseconds UTC."""


@dataclass(frozen=True)
class Made:
    """A report as it comes."""

    id: str
    reporter: str
    account: str
    reported_at: int
    messages: Sequence[FrankedMessage | PlainMessage]


@dataclass(frozen=True)
class Desk:
    """What is needed to take a report."""

    reports: UserReports
    vault: Vault
    ring: KeyRing
    limits: ReportLimits
    text: ReportText
    now: int
    """Microseconds UTC."""
    in_contact: bool
    """The account wrote to the reporter, or that cannot be said yet."""


class TextRefusedError(Exception):
    """Reports with messages are not taken here."""


class TooManyReportsError(Exception):
    """The reporter has reported often enough for today."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many reports")
        self.retry_after = retry_after
        """Seconds."""


def take(made: Made, desk: Desk) -> tuple[UserReport, Body]:
    """Verify, weigh and keep a report, in the caller's transaction. One that is sent again with the
    same id is kept once. Raises TextRefusedError, TooManyReportsError, and InputError for the id of
    another report."""
    known = desk.reports.get(made.id)
    if known is not None:
        if (known.reporter, known.account) != (made.reporter, made.account):
            raise InputError("there is another report with this id")
        return known, desk.reports.body(made.id, desk.vault) or Body(())
    if made.messages and desk.text == "refuse":
        raise TextRefusedError
    latest = desk.reports.times(made.reporter, desk.now - DAY, desk.limits.most_a_day)
    if len(latest) >= desk.limits.most_a_day:
        raise TooManyReportsError(max(1, -((desk.now - DAY - latest[-1]) // SECOND)))
    body = _checked(made, desk.ring)
    counts = {
        name: sum(each.standing == name and each.reason != "replayed" for each in body.messages)
        for name in ("verified", "unverified", "failed")
    }
    report = UserReport(
        made.id,
        made.reporter,
        made.account,
        made.reported_at,
        desk.now,
        **counts,
        not_counted=_weigh(made, desk, body, counts["failed"]),
    )
    desk.reports.keep(report, body if desk.text == "keep" else _without_text(body), desk.vault)
    return report, body


def _weigh(made: Made, desk: Desk, body: Body, failed: int) -> NotCounted:
    """Whether a report counts. One with a message of the account that is verified always does:
    nobody can make that up. The limits are in the policy's ``[reports]``."""
    if any(each.standing == "verified" and each.by == "account" for each in body.messages):
        return ""
    limits = desk.limits
    if limits.needs_contact and not desk.in_contact:
        return "no_contact"
    before = desk.reports.failed_since(made.reporter, desk.now - limits.failed_days * DAY)
    if before + failed > limits.most_failed:
        return "failed_before"
    since = desk.now - limits.failed_days * DAY
    if desk.reports.untrue_since(made.reporter, since) > limits.most_untrue:
        return "untrue_before"
    if desk.reports.unverified_about(made.account, desk.now - DAY) >= limits.most_unverified_a_day:
        return "too_many"
    return ""


def _checked(made: Made, ring: KeyRing) -> Body:
    franked = [
        (number, _bytes(each))
        for number, each in enumerate(made.messages)
        if isinstance(each, FrankedMessage)
    ]
    check = check_report(ring, made.reporter, [shown for _, shown in franked])
    kept = [
        _of_franked(made, franked[each.number][0], each, franked[each.number][1])
        for each in check.messages
    ]
    kept += [
        Kept(number, "unverified", each.by, sent_at=each.sent_at, text=each.text)
        for number, each in enumerate(made.messages)
        if isinstance(each, PlainMessage)
    ]
    return Body(tuple(kept), check.gaps, check.reordered)


def _of_franked(made: Made, number: int, each: Checked, shown: Franked) -> Kept:
    opening, context = each.opening, each.context
    verified = each.standing == "verified"
    by: Author = "other"
    if opening is not None and opening.sender in (made.account, made.reporter):
        by = "account" if opening.sender == made.account else "reporter"
    return Kept(
        number,
        each.standing,
        by,
        reason=each.reason or "",
        id=context.id if verified and context is not None else None,
        sent_at=context.sent_at if context is not None else None,
        seq=context.seq if verified and context is not None else None,
        text=opening.body if opening is not None else None,
        opening_sha256=each.opening_sha256,
        franked=(shown.opening, shown.context, shown.tag),
    )


def _without_text(body: Body) -> Body:
    return msgspec.structs.replace(
        body,
        messages=tuple(
            msgspec.structs.replace(each, text=None, franked=None) for each in body.messages
        ),
    )


def _bytes(message: FrankedMessage) -> Franked:
    try:
        return Franked(
            *(
                base64.b64decode(part, validate=True)
                for part in (message.opening, message.context, message.tag)
            )
        )
    except (binascii.Error, ValueError):
        return Franked(b"", b"", b"")  # which is malformed
