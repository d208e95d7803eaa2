"""Worlds are looked at in finer bins than a card's (``contact_bins.toml``); from these, any card
whose edges are among them is read without asking the engine again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import numpy as np

from fieldfare.lab.moments import Codes, Observed, Seen
from fieldfare.risk.scorecard import Bins, Scorecard
from fieldfare.vocabulary import SettingsError


def finer(form: Scorecard) -> Scorecard:
    """The form in which worlds are looked at: no weights, only bins. Raises SettingsError where
    the card has others."""
    text = (files("fieldfare.lab") / "contact_bins.toml").read_text("utf-8")
    edges: dict[str, list[float]] = tomllib.loads(text)
    for name, bins in form.signals.items():
        lacking = sorted(set(bins.edges) - set(edges.get(name, ())))
        if lacking or name not in edges:
            raise SettingsError(
                f"{name}: worlds are not looked at in bins with the edges {lacking or bins.edges}; "
                "add them to lab/contact_bins.toml"
            )
    signals = {name: Bins(tuple(at), (0.0,) * (len(at) + 1), name) for name, at in edges.items()}
    return replace(form, signals=signals)


def coarser(observed: Observed, form: Scorecard) -> Observed:
    """What was seen, in the bins of a card."""
    read = _reader(observed.form, form)
    return replace(
        observed,
        form=form,
        everyone={view: _read(seen, read) for view, seen in observed.everyone.items()},
        followed={view: _read(seen, read) for view, seen in observed.followed.items()},
    )


def _read(seen: Seen, read: Callable[[Codes], Codes]) -> Seen:
    return replace(seen, codes=read(seen.codes))


def _reader(fine: Scorecard, form: Scorecard) -> Callable[[Codes], Codes]:
    places = {name: number for number, name in enumerate(fine.signals)}
    columns = []
    for name, bins in form.signals.items():
        low = np.concatenate([[-np.inf], fine.signals[name].edges])
        coarse = np.searchsorted(np.array(bins.edges), low, side="right") + 1
        columns.append((places[name], np.concatenate([[0], coarse]).astype(np.int8)))

    def read(codes: Codes) -> Codes:
        return np.column_stack([known[codes[:, place]] for place, known in columns])

    return read
