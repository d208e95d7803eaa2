"""The page of examples: one mild message a language, and what each part of it contributed."""

from __future__ import annotations

from fieldfare.language import LanguageModel, explain, phrases
from fieldfare.language.heads import HeadSpan

_HEAD = """# Examples: what each part of a message contributes

One mild message a language, made of two phrases of that language's file: asking for the age, and
asking to keep a secret. The table of words is English: in other languages its weights are those
of English words with the same hash, chance, and the indicators carry the message. Written by
`scripts/write-examples` from `fieldfare.lab.examples`; a test checks that the page is current.

`weight` is what the token adds to Σ weight (nats); a pair of words is a token of its own. The
five tokens that weigh most are shown. In the table's own language the last row is what the sum is
worth as evidence, were the message all that its writer wrote. Where heads, which are off by
default, found the indicator too, the three pieces without
which they would be least sure stand beside it, with what each is worth (nats).
"""
_SHOWN = 5
_SHOWN_OF_HEADS = 3


def page(model: LanguageModel) -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(
        _example(content.language, text, model)
        for _, content in phrases.read_phrases()
        if (text := _message(content))
    )


def _message(content: phrases.PhraseFile) -> str:
    chosen = (content.phrases.get(one, [])[:1] for one in ("age_probing", "secrecy"))
    return ". ".join(content.texts(phrase)[0] for each in chosen for phrase in each)


def _example(language: str, text: str, model: LanguageModel) -> str:
    said = explain(text, model)
    lines = [f"\n## {language}\n\n> {text}\n"]
    lines += ["| part | is | weight |", "|---|---|---|"]
    lines += [
        f"| {_cell(text[one.start : one.end])} | indicator `{one.indicator}` | |"
        for one in said.indicators
    ]
    lines += [
        f"| {_cell(text[one.start : one.end])} | indicator `{one.indicator}`, by heads: "
        f"{_carriers(text, one)} | |"
        for one in said.heads
    ]
    heaviest = sorted(said.tokens, key=lambda one: (-abs(one.weight), one.start, one.end))[:_SHOWN]
    lines += [
        f"| {_cell(text[one.start : one.end])} | token | {one.weight:+.2f} |"
        for one in sorted(heaviest, key=lambda one: (one.start, one.end))
    ]
    lines.append(f"| all {len(said.tokens)} tokens | Σ weight | {said.weight_sum:+.2f} |")
    if language == model.table.language and said.likelihood_ratio is not None:
        lines.append(
            f"| these words alone | log-likelihood ratio (nats) | {said.likelihood_ratio:+.2f} |"
        )
    return "\n".join(lines) + "\n"


def _carriers(text: str, head: HeadSpan) -> str:
    """The pieces without which the logit would fall most."""
    parts = sorted(head.parts, key=lambda part: (-part.weight, part.start))[:_SHOWN_OF_HEADS]
    chosen = sorted(part for part in parts if part.weight > 0)
    return ", ".join(f"{_cell(text[a:b])} {weight:+.1f}" for a, b, weight in chosen)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
