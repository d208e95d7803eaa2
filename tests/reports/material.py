"""An invented account and the children it wrote to, in several languages; mild throughout."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fieldfare.scan.snapshot import (
    SeenChild,
    SeenMedia,
    SeenMessage,
    SeenNotice,
    SeenReason,
    SeenSource,
    Snapshot,
    Span,
)
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE
from tests.cases.snapshots import NOON, child

SCRIPTS: Final = {
    "mara": ("how old are you mara", "PH"),
    "luz": ("ilang taon ka na", "PH"),
    "nok": ("หนูอายุเท่าไหร่", "TH"),
    "amal": ("كم عمرك", "EG"),
    "kavi": ("உனக்கு எத்தனை வயது", "IN"),
    "sanu": ("ඔයාට වයස කීයද", "LK"),
    "asha": ("तुम्हारी उम्र क्या है", "IN"),
    "chen": ("你多大了", "CN"),
    "anya": ("сколько тебе лет", "UA"),
}
"""By child: "how old are you", in its language; and its country."""

NAMES: Final = {"mara": "Mara Imaginary", "luz": "Luz Placeholder", "nok": "นก ตัวอย่าง"}


def snapshot(account: str = "otto", *, scripts: bool = True) -> Snapshot:
    """An account that asks children how old they are and whether their parents are home."""
    chosen = SCRIPTS if scripts else {"mara": SCRIPTS["mara"]}
    children, messages = [], []
    for n, (name, (question, country)) in enumerate(chosen.items()):
        start = NOON - (20 - n) * DAY
        children.append(_child(name, n, country, start))
        messages += _talk(name, n, question, start)
    messages.sort(key=lambda each: each.sent_at)
    return Snapshot(
        account=account,
        as_of=NOON,
        band="urgent",
        probability=0.93,
        flagged=True,
        name="Otto Invented",
        age=41.0,
        age_basis="verified",
        country="GB",
        first_flagged_at=NOON - 12 * DAY,
        children_when_flagged=5,
        scorecard="2026-11 sha256:" + "ab" * 32,
        language="sha256:" + "cd" * 32,
        reasons=(
            SeenReason("children_contacted", 9.0, 2.4, "Wrote first to 9 probable children"),
            SeenReason("parents_absent", 9.0, 1.2, "Asked whether parents are home", ("m0-2",)),
            SeenReason("account_age", 3.0, -0.4, "Has had the account for three years"),
        ),
        children=tuple(children),
        ties=(("luz", "mara"),) if scripts else (),
        linked=("otto-2",),
        notices=(SeenNotice("block", "mara", NOON - 2 * DAY),),
        messages=tuple(messages),
        messages_left_out=3,
    )


def _child(name: str, n: int, country: str, start: int) -> SeenChild:
    found = child(name, age=10.0 + n % 6 if n != 4 else None)
    return replace(
        found,
        name=NAMES.get(name),
        age_basis="declared" if n != 4 else "unknown",
        country=country,
        contacted_at=start,
        last_at=start + 2 * HOUR,
        rejected_at=NOON - 2 * DAY if name == "mara" else None,
        asked={"age_question": start, "parents_absent": start + HOUR},
    )


def _talk(name: str, n: int, question: str, start: int) -> list[SeenMessage]:
    def message(k: int, text: str | None, *, ours: bool = True, **more: object) -> SeenMessage:
        source = SeenSource(
            file="export.zip",
            member=f"{name}/messages.json",
            record=f"messages[{k}]",
            raw_time="2026-02-09 12:00",
            tz_basis="assumed" if n % 2 else "utc",
        )
        return SeenMessage(
            f"m{n}-{k}",
            name,
            ours,
            start + k * 30 * MINUTE,
            text,
            origin=f"export.zip, {name}/messages.json, messages[{k}]",
            source=source,
            **more,  # type: ignore[arg-type]
        )

    return [
        message(0, question, indicators=("age_question",), spans=(Span("age_question", 0, 5),)),
        message(1, "12", ours=False),
        message(2, f"{name}, are your parents home?", indicators=("parents_absent",)),
        message(3, None, media=(SeenMedia("photo", "sha256:" + f"{n:02x}" * 32),)),
    ]
