"""What may be printed: names and paths come from strangers, and could steer a terminal."""

from __future__ import annotations

import unicodedata

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text on one line, with control characters and changes of direction made visible."""
    if text.isprintable():
        return text
    return "".join(
        each.encode("unicode_escape").decode()
        if each in _BIDI or unicodedata.category(each) in _STEERING
        else each
        for each in text
    )


def cells(*values: object) -> str:
    """A line of a list: values with tabs between them, and nothing in them that could act on a
    terminal or look like another value."""
    return "\t".join(printable(str(value)) for value in values)
