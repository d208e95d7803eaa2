"""Stated ages as a device reads them: every pattern as JavaScript has it, and the words."""

from __future__ import annotations

from typing import Any

from fieldfare.language.age_forms import FormReader
from fieldfare.language.ages import AgeReader
from fieldfare.language.ages_english import EnglishReader
from fieldfare.language.javascript import as_javascript


def age_tables(reader: AgeReader) -> dict[str, Any]:
    """What `ages.js` needs: JSON."""
    cues = [[cue.decode(), languages] for cue, languages in reader.cues.items()]
    return {
        "cues": cues,
        "english": _english(reader.english),
        "others": [_other(one) for one in reader.others],
    }


def _english(reader: EnglishReader) -> dict[str, Any]:
    def of(pattern: Any) -> str:
        ascii_only = bool(pattern.flags & 256)  # re.ASCII
        return as_javascript(pattern.pattern, ascii_only=ascii_only)

    return {
        "number_words": sorted(reader.number_words),
        "candidates": as_javascript(reader.candidates, ascii_only=True),
        "forms": [[name, of(pattern)] for name, pattern in reader.patterns],
        "before": of(reader.before),
        "no_age": of(reader.no_age),
        "follows": of(reader.follows),
        "short_follows": of(reader.short_follows),
        "after_school": of(reader.after_school),
        "words": {
            "numbers": reader.words.numbers,
            "ones": reader.words.ones,
            "ordinals": reader.words.ordinals,
            "school": reader.words.school,
        },
    }


def _other(reader: FormReader) -> dict[str, Any]:
    def of(pattern: str) -> str:
        return as_javascript(pattern, ascii_only=False)

    return {
        "language": reader.forms.language,
        "forms": [
            [of(form.pattern.pattern), form.confidence, form.less, form.age]
            for form in reader.shapes
        ],
        "numbers": reader.numbers,
        "latin": reader.latin,
        "number_words": sorted(reader.number_words),
        "number_letters": of(reader.number_letters.pattern),
        "before": of(reader.before.pattern),
        "after": of(reader.after.pattern),
    }
