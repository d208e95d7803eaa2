"""One message at a time: the row that `annotate` gives, without Arrow's ado.

For services that judge a message as it is sent. A batch is cheaper by the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fieldfare.language import kernel
from fieldfare.language.normalise import form_of

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel


class Evidence(NamedTuple):
    """A row of `SCHEMA`."""

    weight_sum: float
    tokens: int
    stated_age: float | None
    stated_age_confidence: float | None
    indicators: tuple[str, ...]


def annotate_one(text: str, model: LanguageModel) -> Evidence:
    """The evidence in one text, equal to its row from `annotate`.

    Raises InputError, which does not show the text, where it holds a lone surrogate.
    """
    form = form_of(text)
    weight_sum, tokens = kernel.bounded(*kernel.sum_of(form, model.table), model.table.message_most)
    stated = model.ages.read_one(form.decode())
    return Evidence(
        weight_sum,
        tokens,
        stated.age if stated else None,
        stated.confidence if stated else None,
        model.found_in(form),
    )
