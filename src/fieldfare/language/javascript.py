"""Regular expressions of Python's `re` as JavaScript reads them, with the flag ``u``.

Both backtrack alike; what differs is what ``\\w``, ``\\s``, ``\\d``, ``\\b``, ``.`` and ``$`` mean,
how groups are named, and which characters may stand behind a backslash.
"""

from __future__ import annotations

import re
from typing import Final

_ASCII: Final = {"w": "A-Za-z0-9_", "d": "0-9", "s": r"\t-\r "}
_UNICODE: Final = {
    "w": r"\p{L}\p{N}_",
    "d": r"\p{Nd}",
    "s": r"\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")


def as_javascript(pattern: str, *, ascii_only: bool) -> str:
    """The source of a RegExp that, with the flag ``u``, matches what `pattern` does; `ascii_only`
    as `re.ASCII`. Raises ValueError for what has no counterpart here."""
    sets = _ASCII if ascii_only else _UNICODE
    out: list[str] = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            out.append(_escaped(pattern[at + 1], sets))
            at += 2
        elif sign == "[":
            end = _class_end(pattern, at)
            out.append(_class(pattern[at:end], sets))
            at = end
        elif pattern.startswith("(?P<", at):
            out.append("(?<")
            at += 4
        else:
            out.append({"$": r"(?=\n?$)", ".": r"[^\n]"}.get(sign, sign))
            at += 1
    return "".join(out)


def _escaped(sign: str, sets: dict[str, str]) -> str:
    if sign in "wds":
        return f"[{sets[sign]}]"
    if sign in "WDS":
        return f"[^{sets[sign.lower()]}]"
    if sign in "bB":
        word = f"[{sets['w']}]"
        edge = f"(?<={word})(?!{word})|(?<!{word})(?={word})"
        return f"(?:{edge})" if sign == "b" else f"(?!{edge})"
    if sign.isalnum() and sign != "n":
        raise ValueError(f"\\{sign} has no counterpart")
    return f"\\{sign}" if sign in _SYNTAX or sign == "n" else sign


def _class_end(pattern: str, start: int) -> int:
    found = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.S).match(pattern, start)
    if found is None:
        raise ValueError("a set of characters without its end")
    return found.end()


def _class(text: str, sets: dict[str, str]) -> str:
    out: list[str] = []
    at = 2 if text.startswith("[^") else 1
    while at < len(text) - 1:
        sign = text[at]
        if sign == "\\":
            sign = text[at + 1]
            at += 1
            if sign in sets:
                out.append(sets[sign])
            elif sign.isalnum() and sign != "n":
                raise ValueError(f"\\{sign} has no counterpart in a set")
            else:
                out.append(f"\\{sign}" if sign in "]\\^-n[" else sign)
        else:
            out.append(f"\\{sign}" if sign in "[]" else sign)
        at += 1
    return f"[{'^' if text.startswith('[^') else ''}{''.join(out)}]"
