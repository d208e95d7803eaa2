"""Messages that the device and Python must read alike: all languages, disguised, hostile."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

from fieldfare.lab.obfuscation import KINDS, perturb
from fieldfare.language.phrases import read_phrases

LANGUAGE_TESTS = Path(__file__).parents[1] / "language"
_PLACES = [
    (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x5D0, 0x6FF), (0x900, 0x9FF),
    (0xB80, 0xE80), (0x1780, 0x17FF), (0x1E00, 0x2100), (0x2100, 0x2C00), (0x3000, 0x3100),
    (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xFE00, 0xFF60), (0x1D400, 0x1D500), (0x1F1E6, 0x1F200),
    (0x1F300, 0x1F650), (0x10900, 0x10920), (0x1E950, 0x1E95A), (0xE0001, 0xE0080),
]  # fmt: skip
_BETWEEN = [" ", "  ", " ... ", "! ", "? ", ", ", "\n", " 🙂 ", " and ", "\u200b ", "’s "]
_BETWEEN += [" 12 ", "\x1c", ".", "!"]


def stated() -> list[str]:
    """Messages that state an age, or seem to, in every language there is."""
    content = tomllib.loads((LANGUAGE_TESTS / "stated_ages.toml").read_text("utf-8"))
    return sorted(_strings(content))


def english() -> list[str]:
    """The texts of the tests of English ages: those that state one and those that do not."""
    source = (LANGUAGE_TESTS / "test_ages.py").read_text("utf-8")
    return re.findall(r'^\s+"([^"\\]+)"[:,]', source, re.M)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in [key, *_strings(one)]]
    return [text for one in value for text in _strings(one)] if isinstance(value, list) else []


def messages(most: int, seed: int = 1) -> list[str]:
    """So many messages, the same ones for a seed."""
    rng = random.Random(seed)
    plain: list[str] = []
    for _, content in read_phrases():
        phrases = [one for each in content.phrases.values() for one in each]
        some = rng.sample(phrases, min(60, len(phrases)))
        plain += [rng.choice(content.texts(phrase)) for phrase in some]
        plain += [one for each in content.held_out.values() for one in each]
    ages = [*stated(), *english()]
    found = [*ages, *plain]
    kinds = list(KINDS)
    while len(found) < most:
        way = rng.random()
        text = rng.choice(ages if rng.random() < 0.3 else plain)
        if way < 0.45:
            text, _ = perturb(text, rng.choice(kinds), rng.randrange(1 << 30))
        elif way < 0.7:
            text += rng.choice(_BETWEEN) + rng.choice(plain) + rng.choice(_BETWEEN)
            text += rng.choice(ages)
        elif way < 0.8:
            text = text.swapcase() * rng.choice([1, 1, 1, 30])
        else:
            at = rng.randrange(len(text) + 1)
            text = text[:at] + _noise(rng) + text[at:]
        found.append(text)
    rng.shuffle(found)
    return found[:most]


def _noise(rng: random.Random) -> str:
    place = rng.choice(_PLACES)
    return "".join(
        chr(rng.randrange(*(place if rng.random() < 0.7 else rng.choice(_PLACES))))
        for _ in range(rng.randrange(1, 24))
    )
