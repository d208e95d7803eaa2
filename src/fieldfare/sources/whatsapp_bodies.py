"""What stands behind the name in a line of a WhatsApp chat: text, or words of the service.

WhatsApp writes its own words in the phone's language, and mostly puts U+200E before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import cast

from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.whatsapp_dates import MARKS, plain, words
from fieldfare.vocabulary import Media
from fieldfare.vocabulary.records import MediaKind

LRM = "\u200e"
LONGEST_PHRASE = 100
"""Characters. No phrase of ``whatsapp.toml`` is longer, marks and all."""

_ATTACHED = re.compile(
    rf"(?P<mark>[{MARKS}]*)<[^<>:：]{{1,40}}[:：]\s?(?P<file>[^<>]+\.\w{{1,5}})>$"
)
"""iOS: ``<attached: 00000012-PHOTO-2023-12-31-10-00-00.jpg>``, the word in any language."""
_BEHIND = re.compile(r"(?P<file>[^\n]+\.\w{0,5}) \((?P<word>[^()]+)\)$")
"""Android: ``IMG-20231231-WA0001.jpg (file attached)``."""
_OWN_NAME = re.compile(r"(?:IMG|VID|PTT|AUD|STK|DOC)-\d{8}-WA\d+\.")
_IOS_NAME = re.compile(r"\d{8}-(?:PHOTO|VIDEO|AUDIO|GIF|STICKER)-\d{4}-")
_IN_BRACKETS = re.compile(rf"\s*[{MARKS}]*<(?P<word>[^<>]+)>$")
_MENTION = re.compile("@\u2068([^\u2068\u2069\n]*)\u2069")
_MAP = "https://maps.google.com/?q="


@dataclass(frozen=True)
class Body:
    """What was sent."""

    text: str | None
    media: tuple[Media, ...] = ()
    warnings: tuple[str, ...] = ()
    service: bool = False
    """True where the words are known to be the service's."""
    foreign: bool = False
    """True where U+200E says that they are, and they are none we know."""


def read_body(raw: str) -> Body:
    """The body of a message, from the text behind the name."""
    raw, warnings = _without_edited(raw)
    first, _, caption = raw.partition("\n")
    media = _media(first)
    if media is not None:
        kind, before = media
        rest = "\n".join(part for part in (before, caption) if part)
        return Body(rest or None, (Media(kind=kind),), warnings)
    led = raw.startswith(LRM)
    words_ = plain(raw) if led or len(raw) <= LONGEST_PHRASE else ""
    if words_ in _table("deleted"):
        return Body(None, (), (*warnings, "deleted"))
    if _is_call(words_, led) and "\n" not in raw:
        return Body(None, (Media(kind="call"),), warnings)
    if led and any(phrase in words_ for phrase in _table("notices")):
        return Body(None, service=True)
    text = _MENTION.sub(r"@\1", raw.removeprefix(LRM))
    media_ = (Media(kind="location"),) if _MAP in raw else ()
    return Body(text or None, media_, warnings, foreign=led and not media_)


def _without_edited(raw: str) -> tuple[str, tuple[str, ...]]:
    match = _IN_BRACKETS.search(raw) if raw.endswith(">") else None
    if match is not None and plain(match["word"]) in _table("edited"):
        return raw[: match.start()], ("edited",)
    return raw, ()


def _media(line: str) -> tuple[MediaKind, str] | None:
    """The kind of what a line stands for, and the text before it; None for a line of text."""
    # A document on iOS: "homework.pdf • ‎2 pages ‎document omitted".
    before, mark, last = line.rpartition(LRM)
    kind = _omitted().get(plain(last)) if len(last) <= LONGEST_PHRASE else None
    if kind is not None and (not before or mark):
        return kind, before.replace(LRM, "").strip()
    attached = _ATTACHED.search(line) if line.endswith(">") else None
    if attached and (attached["mark"] or _IOS_NAME.match(attached["file"])):
        return _file_kind(attached["file"]), line[: attached.start()].replace(LRM, "").strip()
    behind = _BEHIND.match(line.lstrip(LRM)) if line.endswith(")") else None
    if behind and (
        line.startswith(LRM)
        or plain(behind["word"]) in _table("attached")
        or _OWN_NAME.match(behind["file"])
    ):
        return _file_kind(behind["file"]), ""
    return None


def _file_kind(name: str) -> MediaKind:
    # On iOS an animation is a film, and only the name says what it was sent as.
    return "gif" if re.match(r"\d{8}-GIF-", name) else kind_of(name)


def _is_call(line: str, led: bool) -> bool:
    return line.startswith(tuple(_table("calls"))) if led else line in _table("calls")


@cache
def _omitted() -> dict[str, MediaKind]:
    return {
        plain(phrase): cast("MediaKind", kind)
        for kind, phrases in words()["omitted"].items()
        for phrase in phrases
    }


@cache
def _table(name: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words()[name]["words"])


@cache
def _titles() -> tuple[re.Pattern[str], ...]:
    patterns = (re.escape(pattern) for pattern in words()["titles"]["patterns"])
    return tuple(
        re.compile(
            p.replace("X", "(.+)", 1) if p.startswith("X") else "(.+)".join(p.rsplit("X", 1)), re.I
        )
        for p in patterns
    )


def title_in(name: str) -> str | None:
    """The peer or group in the name of an exported file, without its ending; None where the
    name is not of WhatsApp's making."""
    name = re.sub(r"\s*\(\d+\)$", "", re.sub(r"\.(?:txt|zip)$", "", name, flags=re.I))
    for pattern in _titles():
        match = pattern.fullmatch(name)
        if match is not None:
            return match[1].strip()
    return None
