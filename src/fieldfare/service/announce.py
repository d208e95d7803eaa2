"""What an operator should know when the service starts: where it is, what is in force, whose text
is read. Without it nobody would notice that text of accounts without a country is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fieldfare.safeguards import Policy
from fieldfare.service.arrivals import TextUse
from fieldfare.service.report_intake import ReportText
from fieldfare.service.settings import ServiceSettings

_TEXT: Final[dict[TextUse, str]] = {
    "read": "Text: read on arrival and forgotten, where the policy lets it be read.",
    "keep": "Text: read on arrival and kept, where the policy lets it be read.",
    "refuse": "Text: none is taken (metadata only).",
}


_REPORTED: Final[dict[ReportText, str]] = {
    "keep": "Messages of users' reports: verified, and kept sealed for those who decide.",
    "verify": "Messages of users' reports: verified and forgotten.",
    "refuse": "Messages of users' reports: none are taken.",
}


def at_start(settings: ServiceSettings, policy: Policy, address: str) -> Iterator[str]:
    """Lines for a person, without anything secret."""
    where = settings.data if settings.database is None else "PostgreSQL"
    yield f"Fieldfare listens on {address} and keeps its data in {where}."
    if policy.shadow:
        yield (
            f"Policy {policy.version}: in shadow: everything is delivered, and `would_be` of a"
            " decision says what the policy would do."
        )
    else:
        yield f"Policy {policy.version}: in force."
    yield _TEXT[settings.text_use]
    if settings.text_use != "refuse" and not policy.scans_content(None):
        yield (
            "      The policy lets no text be read of accounts without a country: send accounts,"
            " with `country`, before their first message."
        )
    yield _REPORTED[settings.reported_text]
    if settings.reported_text != "refuse" and settings.franking_ring().current is None:
        yield "      Without --franking-keys none of them can be verified."
