"""Franked messages of an invented conversation, and reports of them."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldfare.safeguards import franking
from fieldfare.safeguards.franking import Context, Franked, Opening
from fieldfare.vocabulary.keys import KeyRing

RING = KeyRing("k", {"k": bytes(range(32))})
KEY_LINE = f"k {base64.b64encode(RING.keys['k']).decode()}\n"
AT = 1_772_000_000_000_000
WORDS = "are your parents home"


def key_file(folder: Path) -> Path:
    """The ring as the operator keeps it."""
    path = folder / "franking-keys"
    path.write_text(KEY_LINE)
    path.chmod(0o600)
    return path


def franked(seq: int, body: str = WORDS, sender: str = "adult", to: str = "child") -> Franked:
    """Message number `seq` between the two, as the recipient keeps it."""
    opening = Opening("c", f"m{seq}", sender, body, key=bytes([seq]) * 32)
    context = Context("k", "c", f"m{seq}", sender, (to,), AT + seq, seq)
    return Franked(
        franking.encode_opening(opening),
        franking.encode_context(context),
        franking.make_tag(RING, franking.commit(opening), context),
    )


def forged(seq: int, body: str = WORDS) -> Franked:
    """A message that was never sent, under the tag of one that was."""
    opening = replace(franking.decode_opening(franked(seq).opening), body=f"{body}?")
    return replace(franked(seq), opening=franking.encode_opening(opening))


def shown(message: Franked) -> dict[str, str]:
    """As a report has it."""
    return {name: base64.b64encode(part).decode() for name, part in vars(message).items()}


def report(*messages: Any, reporter: str = "child", **more: Any) -> dict[str, Any]:
    """A report about the adult."""
    listed = [shown(each) if isinstance(each, Franked) else each for each in messages]
    return {"reporter": reporter, "account": "adult", "at": AT + 1_000, "messages": listed, **more}


def told(*reporters: str) -> list[dict[str, Any]]:
    """Events: a grown-up wrote to these, who are children, and they answered nothing."""
    accounts: list[dict[str, Any]] = [
        {"type": "account", "id": name, "age": age, "age_source": "verified", "country": "GB"}
        for name, age in (("adult", 41), *((each, 12) for each in reporters))
    ]
    return accounts + [
        {"type": "message", "id": f"to-{each}", "sender": "adult", "recipients": [each]}
        | {"sent_at": AT}
        for each in reporters
    ]
