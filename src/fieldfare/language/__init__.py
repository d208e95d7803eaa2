"""A message becomes evidence.

What enters: message texts, as an Arrow string column or one string. What leaves, one row a
message (`SCHEMA`): Σ token weight and number of tokens, which add up over messages; the ids
of the indicators found; the age the writer states. Never any text.

Where to add a thing:

- a phrase: the language's file in ``indicators/``; nothing else. A new language is a new file;
- an indicator: ``indicators/catalogue.toml``, then phrases for it;
- a form of stating an age: the language's file in ``ages/`` (`age_forms` says how); English:
  ``ages/en.toml`` and `ages_english`;
- a look-alike letter: ``confusables.toml``;
- a sentence for heads to learn from: the language's file in the lab's ``taught/``, then
  ``fieldfare train heads``; `heads` says what a head table is, `pieces` what its pieces are;
- a token table: an ``.npz`` and its card in ``tables/``, read by `tables`;
- a step of normalising: `normalise`, in the batch form; tests hold the single form to it.

The loops have twins in JavaScript for a child's own device (``device/``); a change of a loop is
made there too, and ``tests/device`` holds the two together. `device_tables` writes its data.

A change that may give another row for the same text raises the ``VERSION`` of its module, so
that the model's fingerprint, which assessments record, changes too.
"""

from fieldfare.language.ages import StatedAge
from fieldfare.language.annotate import (
    SCHEMA,
    Explanation,
    LanguageModel,
    TokenEvidence,
    annotate,
    explain,
)
from fieldfare.language.indicators import Indicator, Span
from fieldfare.language.single import Evidence, annotate_one
from fieldfare.language.tables import TokenTable

__all__ = [
    "SCHEMA",
    "Evidence",
    "Explanation",
    "Indicator",
    "LanguageModel",
    "Span",
    "StatedAge",
    "TokenEvidence",
    "TokenTable",
    "annotate",
    "annotate_one",
    "explain",
]
