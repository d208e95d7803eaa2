"""Numbers in words, as the language room's files of ages have them, and words for being born."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import pyarrow as pa


@cache
def tables() -> dict[str, pa.Table]:
    """`number_words`: words that are one age, whatever the language; a word of two ages in two
    languages is left out. `born_pattern`, `measures` and `school_numbers`: one regular expression,
    RE2, each, for "born in", for numbers that are no age and for those that are school years."""
    from fieldfare.language.annotate import LanguageModel

    ages: dict[str, set[int]] = {}
    reader = LanguageModel.load().ages
    numbers = [one.forms.numbers for one in reader.others]
    for words in (*numbers, reader.english.words.numbers):
        for word, value in words.items():
            ages.setdefault(word.lower(), set()).add(value)
    only = {word: values.pop() for word, values in ages.items() if len(values) == 1}
    born = tomllib.loads((files("fieldfare.investigation") / "born.toml").read_text("utf-8"))
    spaced = "|".join(born["apart"])
    joined = "|".join(born["joined"])
    year = "(?:19[4-9]|20[0-2])[0-9]"
    pattern = rf"(?i)(?:\b(?:{spaced})\b|(?:{joined}))[^0-9]{{0,16}}{year}"
    return {
        "number_words": pa.table(
            {"word": list(only), "age": [float(value) for value in only.values()]}
        ),
        "measures": pa.table({"pattern": ["|".join(born["measures"])]}),
        "school_numbers": pa.table({"pattern": ["|".join(born["school_numbers"])]}),
        "born_pattern": pa.table({"pattern": [pattern]}),
    }
