"""What a second look found in an account's messages, in words."""

from __future__ import annotations

from fieldfare.scan.evidence import MAX_MESSAGES
from fieldfare.scan.page import words
from fieldfare.scan.page.context import SecondLookPart, SecondLookRow
from fieldfare.scan.second_look import Seen


def second_look(seen: Seen | None) -> SecondLookPart | None:
    """The part of an account's section; None where nobody looked."""
    if seen is None:
        return None
    often = sorted(seen.counts.items(), key=lambda each: (-each[1], each[0]))
    return SecondLookPart(
        model=words.clip(seen.model),
        read=words.plural(seen.messages_read, "message"),
        found=[
            SecondLookRow(
                indicator=words.ask(name),
                count=words.plural(count, "message"),
                messages=[words.clip(one) for one in seen.messages[name]],
                more=f"The first {MAX_MESSAGES} are listed." if count > MAX_MESSAGES else "",
            )
            for name, count in often
        ],
    )
