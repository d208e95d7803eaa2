"""Frames: what is said in other words, found by a few ideas that stand near each other.

A frame is written ``<not> & <tell> & (mum|dad|anyone) & !homework``: two to five parts, in any
order, at different places within `FRAME_WORDS` words (within `FRAME_BYTES` bytes of UTF-8 in
scripts written without spaces), and no part marked ``!`` within so many of them. A part is
written as a phrase without a gap is (`phrases`); besides, where words stand apart,

- ``friend~``, as a whole alternative: any word that begins so. At least `SHORTEST_STEM` letters.

What is common to many frames of a file is best named under ``[words]``. The part that is rarest
in ordinary talk is best written first: the others are looked for where it is found, so a frame
that begins with "you" makes every message slower.
"""

from __future__ import annotations

from typing import NamedTuple

from fieldfare.language.phrases import PhraseFile, spellings

__all__ = ["FRAME_BYTES", "FRAME_WORDS", "MOST_PARTS", "SHORTEST_STEM", "Part", "parts_of"]

FRAME_WORDS = 8
FRAME_BYTES = 72

MOST_PARTS = 5
"""Parts of a frame, those marked ``!`` not counted."""

SHORTEST_STEM = 3


class Part(NamedTuple):
    """One part of a frame."""

    text: str
    """As it is written, without the ``!``: the same text is the same part."""
    barred: bool
    """Whether it must not be near by."""
    spellings: tuple[str, ...]
    """Each way to say it; empty ones are an error elsewhere."""
    stems: tuple[str, ...]
    """Beginnings of words that say it too, without their ``~``."""


def parts_of(frame: str, content: PhraseFile, read: dict[str, Part] | None = None) -> list[Part]:
    """The parts of a frame of a file, in order; `read` keeps those read before, by text.

    Raises ValueError, saying what is wrong, for a frame that cannot be read.
    """
    read = {} if read is None else read
    parts = []
    for written in frame.split("&"):
        text = written.strip()
        barred = text.startswith("!")
        text = text.removeprefix("!").strip()
        if text not in read:
            read[text] = _part(text, content)
        parts.append(read[text]._replace(barred=barred))
    needed = [part.text for part in parts if not part.barred]
    if not 2 <= len(needed) <= MOST_PARTS:
        raise ValueError(f"{len(needed)} parts without '!': a frame has 2 to {MOST_PARTS}")
    return parts


def _part(text: str, content: PhraseFile) -> Part:
    if "*" in text:
        raise ValueError("'*' in a frame: its parts stand apart anyway")
    every = [one.strip() for one in spellings(text, content.words)]
    for one in every:
        if "~" in one and ("~" in one[:-1] or " " in one):
            raise ValueError(f"'{one}': '~' stands at the end of one word")
    stems = [one[:-1] for one in every if one.endswith("~")]
    whole = [one for one in every if not one.endswith("~")]
    if stems and not content.words_apart:
        raise ValueError(f"'{stems[0]}~': beginnings of words, in a script without spaces")
    return Part(text, False, tuple(dict.fromkeys(whole)), tuple(dict.fromkeys(stems)))
