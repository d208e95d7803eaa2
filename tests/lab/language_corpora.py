"""Invented corpora for the language lab: mild made-up words, no real text."""

from __future__ import annotations

import json
import random
from pathlib import Path

COMMON = [f"wo{chr(97 + k // 8)}{chr(97 + k % 8)}rd" for k in range(40)]
"""Without digits, which the normal form may read as letters."""
SIDES = {
    "offender": ["lantern", "harbour", "violet"],
    "partner": ["pebble", "meadow", "quiet"],
    "sms": ["kettle", "ladder", "window"],
    "sms_two": ["kettle", "ladder", "garden"],
    "game": ["castle", "dragon", "shield"],
}
AUTHORS = {"offender": 24, "partner": 24, "sms": 16, "sms_two": 10, "game": 30}


def lines(seed: int = 3, strength: float = 0.35) -> list[dict[str, object]]:
    """Authors who use their side's words in a share `strength` of what they write."""
    rng = random.Random(seed)
    found: list[dict[str, object]] = []
    number = 0
    for source, count in AUTHORS.items():
        for k in range(count):
            messages = [
                " ".join(
                    rng.choice(SIDES[source] if rng.random() < strength else COMMON)
                    for _ in range(rng.randint(1, 6))
                )
                + rng.choice(["", "?", "!"])
                for _ in range(rng.randint(4, 45))
            ]
            found.append(
                {
                    "author": f"a{number:03}",
                    "offender": source == "offender",
                    "chat": k if source in ("offender", "partner") else None,
                    "source": source,
                    "messages": messages,
                }
            )
            number += 1
    rng.shuffle(found)
    return found


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    """As JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
