"""What disguise costs: words recovered, indicators lost, ordinary words changed; for JSON."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.lab.benign_texts import read_benign
from fieldfare.lab.obfuscation import KINDS, LOSSLESS, perturb, sample
from fieldfare.language import LanguageModel, phrases
from fieldfare.language.ages import read_ages
from fieldfare.language.kernel import word_lines
from fieldfare.language.normalise import normalise, plain

_A_SOURCE = 2000
"""Messages of a source of ordinary conversation that are perturbed."""


def measure(benign: Path | None, *, seed: int = 1, phrases_each: int = 12) -> dict[str, Any]:
    """All figures. `benign` is a folder `read_benign` takes; without it, phrases alone.

    `phrases_each` spellings an indicator and language are perturbed.
    """
    found = LanguageModel.load()
    spelled = _phrases(phrases_each, seed)
    sources = read_benign(benign) if benign else {}
    figures: dict[str, Any] = {
        "seed": seed,
        "phrases": sum(len(texts) for one in spelled.values() for texts in one.values()),
        "indicator_recall": _recall(found, spelled, seed),
        "target": "loss over all kinds at most 0.05; recovered at least 0.95 for lossless kinds",
    }
    texts = {"phrases": [t for one in spelled.values() for each in one.values() for t in each]}
    texts |= {name: sample(all_, _A_SOURCE, seed) for name, all_ in sources.items()}
    figures["words_recovered"] = {
        kind: {name: _recovered(each, kind, seed) for name, each in texts.items()}
        for kind in LOSSLESS
    }
    figures["ordinary_text"] = {name: _ordinary(found, all_) for name, all_ in sources.items()}
    return figures


def _phrases(most: int, seed: int) -> dict[str, dict[str, list[str]]]:
    """Spellings by language and indicator."""
    spelled: dict[str, dict[str, list[str]]] = {}
    for _, content in phrases.read_phrases():
        spelled[content.language] = {
            indicator: sample(
                (text for one in each for text in sample(content.texts(one), 4, seed)), most, seed
            )
            for indicator, each in content.phrases.items()
        }
    return spelled


def _recall(
    found: LanguageModel, spelled: dict[str, dict[str, list[str]]], seed: int
) -> dict[str, Any]:
    """Recall of what is found undisturbed, a kind and a language."""
    figures: dict[str, Any] = {}
    hits, counts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for language, one in spelled.items():
        cases = [(indicator, text) for indicator, texts in one.items() for text in texts]
        for kind in KINDS:
            disguised = [perturb(text, kind, seed) for _, text in cases]
            column = pa.array([text for text, _ in disguised], pa.large_string())
            ids = found.find_indicators(normalise(column)).to_pylist()
            for (indicator, _), (_, changed), given in zip(cases, disguised, ids, strict=True):
                if changed:
                    counts[kind, language] += 1
                    hits[kind, language] += indicator in given
    for kind in KINDS:
        pairs = {language: (hits[kind, language], counts[kind, language]) for language in spelled}
        total = sum(count for _, count in pairs.values())
        rates = {language: round(hit / n, 3) for language, (hit, n) in pairs.items() if n}
        worst = min(rates, key=lambda language: rates[language])
        figures[kind] = {
            "recall": round(sum(hit for hit, _ in pairs.values()) / total, 4),
            "of": total,
            "worst_language": worst,
            "by_language": rates,
        }
    every = [figures[kind]["recall"] for kind in KINDS]
    figures["all_kinds"] = {
        "recall": round(sum(hits.values()) / sum(counts.values()), 4),
        "mean_over_kinds": round(float(np.mean(every)), 4),
        "loss": round(1 - float(np.mean(every)), 4),
    }
    return figures


def _tokens(texts: list[str], *, whole: bool = True) -> list[list[str]]:
    column = pa.array(texts, pa.large_string())
    lines = word_lines(normalise(column) if whole else plain(column))
    return [line.split() for line in lines.buffer.tobytes().decode().split("\n")[:-1]]


def _recovered(texts: list[str], kind: str, seed: int) -> dict[str, float]:
    """The share of the perturbed words that are there again, as phrases compare them."""
    pairs = [perturb(text, kind, seed) for text in texts]
    # Where words are not apart, a word is not a token: it is the phrases that tell.
    words = _tokens([" ; ".join(filter(_alphabetic, changed)) for _, changed in pairs])
    there = _tokens([text for text, _ in pairs])
    total = sum(map(len, words))
    lost = sum(
        (Counter(wanted) - Counter(given)).total()
        for wanted, given in zip(words, there, strict=True)
    )
    return {"share": round(1 - lost / total, 4) if total else 1.0, "of": total}


def _alphabetic(word: str) -> bool:
    return all(ord(letter) < 0x900 or 0x1E00 <= ord(letter) < 0x1F00 for letter in word)


def _ordinary(found: LanguageModel, texts: list[str]) -> dict[str, Any]:
    """Words of ordinary text that the normaliser changes; what ages and phrases are in it."""
    before, after = _tokens(texts, whole=False), _tokens(texts)
    changed = sum(
        (Counter(one) - Counter(other)).total() for one, other in zip(before, after, strict=True)
    )
    column = normalise(pa.array(texts, pa.large_string()))
    ages, _ = read_ages().read(column)
    ids = Counter(one for row in found.find_indicators(column).to_pylist() for one in row)
    return {
        "messages": len(texts),
        "words": sum(map(len, before)),
        "words_changed": changed,
        "changed_per_thousand": round(1000 * changed / max(1, sum(map(len, before))), 3),
        "stated_ages": int((~np.isnan(ages)).sum()),
        "indicators": dict(sorted(ids.items())),
    }
