"""Indicators in the messages that children reported, for those who decide.

They are looked for when the messages come into a case, and only where the policy lets text of all
concerned be read. They are shown, and weigh nothing in a score: a report is chosen by one side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from fieldfare.scan.snapshot import SeenMessage, Snapshot, spans_of
from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel


def with_indicators(
    messages: Iterable[SeenMessage],
    snapshot: Snapshot,
    may_read: Callable[..., bool],
    model: Callable[[], LanguageModel],
) -> tuple[SeenMessage, ...]:
    """The messages with their indicators and where those stand. `may_read` is given the countries
    of account and child; `model` is loaded only where something is to be read."""
    countries = {child.account: child.country for child in snapshot.children}
    return tuple(
        _read(each, model())
        if each.text and may_read(snapshot.country, countries.get(each.child))
        else each
        for each in messages
    )


def _read(message: SeenMessage, model: LanguageModel) -> SeenMessage:
    from fieldfare.language.single import annotate_one

    try:
        found = annotate_one(message.text or "", model).indicators
    except InputError:  # half a surrogate pair
        return message
    if not found:
        return message
    spans = spans_of(message.text or "", model)
    return replace(message, indicators=tuple(found), spans=spans)
