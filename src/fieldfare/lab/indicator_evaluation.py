"""How often indicators are wrong on ordinary conversation, and what they miss of paraphrases.

Nobody in the ordinary conversation is grooming a child, so that every indicator found there
counts as false. Each source is halved in the middle: phrases are tuned while looking at the
first half (``tune``) and figures are reported on the second (``test``). Recall is of the
paraphrases that the phrase files hold out. Each figure is given for phrases alone, the
default, for phrases and frames, as heads confirm them and as they are found, and for either
with heads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.lab.benign_texts import read_benign
from fieldfare.language import LanguageModel
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import PhraseFile, read_phrases
from fieldfare.vocabulary import SettingsError

PARTS: Final = ("test", "tune", "all")

WEIGHTY: Final = ("photo_request", "secrecy", "meeting_travel", "payment_offer")
"""The indicators for which a false one costs most."""

MOST_PER_THOUSAND: Final = 0.5
"""The most false ones of a weighty indicator that we accept: 1 in 2,000 messages."""


def measure(folder: Path, part: str = "test") -> dict[str, Any]:
    """The figures for one part of the ordinary conversation in `folder`, ready for JSON.

    Raises InputError where there is none, and SettingsError for an unknown `part`.
    """
    if part not in PARTS:
        raise SettingsError(f"no part called '{part}'; choose {', '.join(PARTS)}")
    messages = {name: _part(texts, part) for name, texts in read_benign(folder).items()}
    ways = {name: _way(model, messages) for name, model in models().items()}
    shipped = ways.pop("phrases_alone")
    return {"part": part, "model": LanguageModel.load().fingerprint, **shipped, "other_ways": ways}


def models() -> dict[str, LanguageModel]:
    """The ways to find indicators that are compared."""
    framed = LanguageModel.load(frames=True)
    return {
        "phrases_alone": LanguageModel.load(),
        "phrases_and_frames": framed,
        "phrases_and_frames_confirmed_by_characters": LanguageModel.load(frames=True, pieces=False),
        "phrases_and_frames_unconfirmed": replace(framed, confirming=None),
        "phrases_frames_and_heads": LanguageModel.load(frames=True, heads=True),
        "phrases_and_heads": LanguageModel.load(heads=True),
        "phrases_and_heads_without_pieces": LanguageModel.load(heads=True, pieces=False),
    }


def _way(model: LanguageModel, messages: dict[str, list[str]]) -> dict[str, Any]:
    found = {name: _found(model, texts) for name, texts in messages.items()}
    return {
        "false_per_1000_messages": {
            name: _rates(model, rows, len(messages[name])) for name, rows in found.items()
        },
        "weighty": _weighty(found, messages),
        "held_out": held_out(model),
    }


def false_ones(
    folder: Path, part: str = "tune", model: LanguageModel | None = None
) -> list[tuple[str, str, list[str]]]:
    """Source, text and indicators of every message with one: to review phrases by."""
    model = model or LanguageModel.load()
    return [
        (name, text, ids)
        for name, texts in read_benign(folder).items()
        for text, ids in zip(
            _part(texts, part), _found(model, _part(texts, part)).to_pylist(), strict=True
        )
        if ids
    ]


def held_out(model: LanguageModel) -> dict[str, Any]:
    """How many held-out paraphrases are found, by language and indicator."""
    languages = {content.language: _recall(model, content) for _, content in read_phrases()}
    measured = {name: one["recall"] for name, one in languages.items() if one["paraphrases"]}
    worst = min(measured, key=lambda name: (measured[name], name)) if measured else None
    total = sum(one["paraphrases"] for one in languages.values())
    hits = sum(one["recall"] * one["paraphrases"] for one in languages.values())
    return {"recall": round(hits / max(1, total), 3), "worst": worst, "languages": languages}


def _recall(model: LanguageModel, content: PhraseFile) -> dict[str, Any]:
    wanted = [(kind, text) for kind, texts in content.held_out.items() for text in texts]
    rows = _found(model, [text for _, text in wanted]).to_pylist()
    hits = Counter(kind for (kind, _), ids in zip(wanted, rows, strict=True) if kind in ids)
    others = sum(bool({*ids} - {kind}) for (kind, _), ids in zip(wanted, rows, strict=True))
    total = Counter(kind for kind, _ in wanted)
    return {
        "paraphrases": len(wanted),
        "recall": round(sum(hits.values()) / max(1, len(wanted)), 3),
        "another_indicator": round(others / max(1, len(wanted)), 3),
        "found": {
            kind: f"{hits[kind]} of {total[kind]}" for kind in model.indicators.ids if total[kind]
        },
    }


def _part(texts: Sequence[str], part: str) -> list[str]:
    half = len(texts) // 2
    return list({"tune": texts[:half], "test": texts[half:], "all": texts}[part])


def _found(model: LanguageModel, texts: Sequence[str]) -> pa.ListArray:
    return model.find_indicators(normalise(pa.array(texts, pa.large_string())))


def _rates(model: LanguageModel, rows: pa.ListArray, messages: int) -> dict[str, Any]:
    counts = _counts(rows)
    thousand = max(1, messages) / 1000
    return {
        "messages": messages,
        "any": round(int(np.count_nonzero(pc.list_value_length(rows))) / thousand, 2),
        **{kind: round(counts[kind] / thousand, 2) for kind in model.indicators.ids},
    }


def _counts(rows: pa.ListArray) -> Counter[str]:
    return Counter(rows.flatten().to_pylist())


def _weighty(found: dict[str, pa.ListArray], messages: dict[str, list[str]]) -> dict[str, Any]:
    total = sum(map(len, messages.values()))
    counts: Counter[str] = Counter()
    for rows in found.values():
        counts.update(_counts(rows))
    rates = {kind: round(1000 * counts[kind] / max(1, total), 3) for kind in WEIGHTY}
    return {
        "messages": total,
        "per_1000": rates,
        "most_per_1000": MOST_PER_THOUSAND,
        "within": all(rate <= MOST_PER_THOUSAND for rate in rates.values()),
    }
