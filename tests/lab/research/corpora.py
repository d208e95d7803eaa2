"""Small corpora in the forms of PAN-2012 and PANC, written for these tests. Nobody is real."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from fieldfare.lab.research import datapack, pan2012

Turn = tuple[str, str]
Conversations = dict[str, list[Turn]]

ASKS = [
    "hi there",
    "how old are you",
    "are your parents home",
    "keep this our secret",
    "send me a photo",
    "dont tell anyone",
    "i can pay for your ticket",
    "can we meet",
]
ANSWERS = ["hello", "im 13", "why", "ok", "no thanks", "maybe later", "i have homework", "bye"]
TALK = [
    "did the build pass",
    "not on the old branch",
    "the patch needs a test",
    "i will write one",
    "which compiler is it",
    "the one from last year",
    "merged",
    "thanks a lot",
]


def _between(one: str, other: str, mine: list[str], theirs: list[str]) -> list[Turn]:
    return [
        turn
        for first, second in zip(mine, theirs, strict=True)
        for turn in ((one, first), (other, second))
    ]


def part(prefix: str, offenders: int, ordinary: int) -> Conversations:
    """Conversations of `offenders` (``{prefix}o0`` …) with children, and of `ordinary` pairs."""
    made: Conversations = {}
    for n in range(offenders):
        made[f"{prefix}c{n}"] = _between(f"{prefix}o{n}", f"{prefix}v{n}", ASKS, ANSWERS)
    for n in range(ordinary):
        talk = TALK[n % 3 :] + TALK[: n % 3]
        made[f"{prefix}t{n}"] = _between(f"{prefix}a{n}", f"{prefix}b{n}", talk, talk[::-1])
    return made


def xml(conversations: Conversations) -> str:
    """As PAN-2012 has it: text escaped twice."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<conversations>"]
    for name, turns in conversations.items():
        out.append(f'  <conversation id="{name}">')
        for line, (author, text) in enumerate(turns, 1):
            out += [
                f'    <message line="{line}">',
                f"      <author>{author}</author>",
                "      <time>02:56</time>",
                f"      <text>{escape(escape(text))}</text>",
                "    </message>",
            ]
        out.append("  </conversation>")
    return "\n".join([*out, "</conversations>", ""])


def write_pan2012(folder: Path) -> Path:
    """Both parts, with folders as they are unzipped."""
    training, test = part("r", 6, 8), part("s", 3, 6)
    # One offender of the test part is alone in the conversation, as some are.
    test["slone"] = [("slonely", "hi there"), ("slonely", "anyone here")]
    for sub, names in (("training", pan2012.TRAINING), ("test", pan2012.TEST)):
        (folder / sub).mkdir(parents=True)
        held = training if sub == "training" else test
        (folder / sub / names[0]).write_text(xml(held), encoding="utf-8")
        listed = sorted(
            {who for turns in held.values() for who, _ in turns if who[1] == "o" or "lone" in who}
        )
        (folder / sub / names[1]).write_text("\n".join(listed) + "\n", encoding="utf-8")
    lines = [f"sc{n}\t{line}" for n in range(3) for line in (5, 7, 9)]
    (folder / "test" / pan2012.TEST[2]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_panc(folder: Path) -> Path:
    """Datapacks, one full chat of an offender in two segments."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, held in ((datapack.TRAINING, part("r", 3, 6)), (datapack.TEST, part("s", 2, 4))):
        chats = {key: _chat(turns) for key, turns in held.items()}
        (folder / name).write_text(json.dumps({"datapackID": "PANC", "chats": chats}))
    return folder


def _chat(turns: list[Turn]) -> dict[str, Any]:
    offends = any(who[1] == "o" for who, _ in turns)
    content: list[dict[str, Any] | None] = [
        {
            "type": "message",
            "author": who,
            "body": text,
            "lineNum": line,
            "time": None,
            "isFromPredator": who[1] == "o",
        }
        for line, (who, text) in enumerate(turns, 1)
    ]
    if offends:
        content.insert(8, {"type": "separator"})
        content.insert(3, None)
    return {"className": "predator" if offends else "non-predator", "content": content}
