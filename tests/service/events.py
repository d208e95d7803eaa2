"""Events of a small random service, as they are sent."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from fieldfare.language import LanguageModel
from fieldfare.service.arrivals import Arrival, TextUse, read

START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6)
HOUR = 3_600_000_000
TEXTS = (
    None,
    "see you at school",
    "how old are you",
    "im 12",
    "im 35",
    "keep this our secret",
    "send me a photo",
    "are your parents home",
)
COUNTRIES = (None, "GB", "PH", "TR")
ZONES = (None, "Europe/London", "Asia/Manila")


def service_events(
    seed: int, accounts: int = 14, messages: int = 150, days: int = 40
) -> list[dict[str, object]]:
    """Accounts, messages, connections and notices of a small service; every age is there."""
    rng = random.Random(seed)
    names = [f"a{number:02d}" for number in range(accounts)]
    events: list[dict[str, object]] = []
    events += [_account(name, rng) for name in names if rng.random() < 0.8]
    for number in range(messages):
        sender, *others = rng.sample(names, 5)
        events.append(
            {
                "type": "message",
                "id": f"m{seed}-{number}",
                "sender": sender,
                "recipients": others if rng.random() < 0.1 else others[:1],
                "kind": "group" if rng.random() < 0.15 else "private",
                "sent_at": START + rng.randrange(days * 24) * HOUR,
                "text": rng.choice(TEXTS),
            }
        )
    for number in range(messages // 8):
        account, peer = rng.sample(names, 2)
        at = START + rng.randrange(days * 24) * HOUR
        if rng.random() < 0.3:
            events.append(
                {"type": "connection", "account": account, "peer": peer, "connected_at": at}
            )
        else:
            kind = rng.choice(["block", "report", "request", "accept", "decline"])
            events.append(
                {"type": "notice", "id": f"n{seed}-{number}", "kind": kind}
                | {"account": account, "peer": peer, "at": at}
            )
    rng.shuffle(events)
    return events


def with_wide_groups(events: list[dict[str, object]], seed: int) -> list[dict[str, object]]:
    """The same events, with twelve recipients in each group: so that it is one for a reader too
    where some of them are taken out."""
    rng = random.Random(seed)
    names = sorted({str(event["sender"]) for event in events if event["type"] == "message"})
    return [
        event | {"recipients": rng.sample([n for n in names if n != event["sender"]], 12)}
        if event.get("kind") == "group"
        else event
        for event in events
    ]


def school_events(seed: int) -> list[dict[str, object]]:
    """Children of whom half the ages are known, and a stranger who writes to them one by one; in no
    order."""
    rng = random.Random(seed)
    at = iter(range(START, START + 900 * HOUR, HOUR // 2))
    names = [f"c{number:02d}" for number in range(16)]
    events: list[dict[str, object]] = [
        {"type": "account", "id": name, "age": 12 + number % 3, "age_source": "verified"}
        for number, name in enumerate(names)
        if number % 2
    ]
    events.append({"type": "account", "id": "stranger", "age": 40, "age_source": "verified"})
    for name in names:
        for peer in rng.sample(names, 6):
            if peer == name:
                continue
            if rng.random() < 0.5:
                events.append({"type": "connection", "account": name, "peer": peer})
                events[-1]["connected_at"] = next(at)
            else:
                kind, others = ("private", [peer]) if rng.random() < 0.6 else ("group", names)
                for writer, reader in ((name, [*others]), (peer, [name])):
                    events.append({"type": "message", "id": f"s{len(events)}", "kind": kind})
                    events[-1] |= {"sender": writer, "recipients": reader, "sent_at": next(at)}
    for name in names:
        events.append({"type": "message", "id": f"s{len(events)}", "sender": "stranger"})
        events[-1] |= {"recipients": [name], "sent_at": next(at)}
    rng.shuffle(events)
    return events


def _account(name: str, rng: random.Random) -> dict[str, object]:
    return {
        "type": "account",
        "id": name,
        "age": rng.choice([11, 13, 15, 16, 17, 30, 45]),
        "age_source": rng.choice(["declared", "verified"]),
        "country": rng.choice(COUNTRIES),
        "time_zone": rng.choice(ZONES),
        "created_at": START - rng.randrange(1, 200) * 24 * HOUR,
    }


def body(events: Sequence[dict[str, object]]) -> bytes:
    """Events as JSON Lines."""
    return "\n".join(json.dumps(event) for event in events).encode()


def arrival(events: Sequence[dict[str, object]], use: TextUse = "read") -> Arrival:
    """Events as they come through the door."""
    found = read(body(events), use, LanguageModel.load)
    assert not found.refused
    return found
