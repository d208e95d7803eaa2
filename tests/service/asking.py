"""A service to ask: tokens, a worker that catches up, and someone to find."""

from __future__ import annotations

from fieldfare.contacts.engine import open_engine
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.tokens import SCOPES, Tokens
from fieldfare.service.worker import Worker


def token(settings: ServiceSettings, *scopes: str) -> dict[str, str]:
    journal = settings.open_journal()
    tokens = Tokens(journal.database)
    name = f"test {' '.join(scopes)}"
    secret = tokens.make(name, scopes or SCOPES)
    journal.close()
    return {"Authorization": f"Bearer {secret}"}


def settle(settings: ServiceSettings) -> None:
    journal, state = settings.open_journal(), settings.open_state()
    with open_engine("duckdb", threads=1) as engine:
        worker = Worker(journal, state, engine, settings.contacts, settings.card())
        worker.settle()
        worker.close()
    state.close()
    journal.close()


def offender(children: int) -> list[dict[str, object]]:
    """An adult who writes first to children who do not know one another, and asks them things."""
    at = 1_772_000_000_000_000
    events: list[dict[str, object]] = [
        {"type": "account", "id": "adult", "age": 41, "age_source": "verified", "country": "GB"}
    ]
    for number in range(children):
        child = f"child{number}"
        events.append(
            {"type": "account", "id": child, "age": 12, "age_source": "verified", "country": "GB"}
        )
        events += [
            {
                "type": "message",
                "id": f"{child}-{n}",
                "sender": "adult",
                "recipients": [child],
                "sent_at": at + number * 3_600_000_000 + n,
                "text": text,
            }
            for n, text in enumerate(("how old are you", "keep this our secret", "send me a photo"))
        ]
        events.append(
            {"type": "notice", "kind": "block", "account": child, "peer": "adult"}
            | {"at": at + number * 3_600_000_000 + 10}
        )
    return events
