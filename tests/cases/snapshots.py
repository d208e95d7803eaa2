"""Invented accounts, as a scan would hand them over."""

from __future__ import annotations

from fieldfare.scan.snapshot import SeenChild, SeenMessage, SeenReason, Snapshot, Span
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

NOON = 1_772_366_400_000_000
"""2026-03-01T12:00:00Z."""


def child(name: str, *, age: float | None = 12.0, asked: tuple[str, ...] = ()) -> SeenChild:
    """A child whom the account wrote to yesterday and an hour ago."""
    return SeenChild(
        account=name,
        name=None,
        child_probability=0.95,
        age=age,
        age_basis="declared",
        country="PH",
        country_basis="declared",
        contacted_at=NOON - DAY,
        last_at=NOON - HOUR,
        wrote_first=True,
        answered=True,
        rejected_at=None,
        connected_before=False,
        sent=2,
        received=1,
        asked=dict.fromkeys(asked, NOON - HOUR),
    )


def snapshot(
    account: str = "otto",
    *,
    asked: tuple[str, ...] = (),
    text: str | None = "are your parents home",
    more: int = 0,
    band: str = "alert",
) -> Snapshot:
    """An account with two children; `more`: further messages in a later snapshot."""
    messages = [
        SeenMessage("m1", "mara", True, NOON - DAY, "hello", origin="demo.jsonl, line 1"),
        SeenMessage("m2", "mara", False, NOON - 2 * HOUR, "hi"),
        SeenMessage(
            "m3",
            "mara",
            True,
            NOON - HOUR,
            text,
            ("parents_absent",),
            (Span("parents_absent", 0, 21),),
        ),
    ]
    messages += [
        SeenMessage(f"n{n}", "mara", True, NOON + n * MINUTE, "again") for n in range(more)
    ]
    return Snapshot(
        account=account,
        as_of=NOON + more * MINUTE,
        band=band,
        probability=0.7,
        flagged=True,
        reasons=(SeenReason("asked", 1.0, 1.2, "Asked a child whether it is alone", ("m3",)),),
        children=(child("mara", asked=asked), child("luz", age=14.0)),
        ties=(("luz", "mara"),),
        messages=tuple(messages),
    )
