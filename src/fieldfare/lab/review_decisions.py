"""Fitting a card again from reviewers' decisions.

What enters: the assessments of the accounts that were reviewed (``assessments.parquet`` of a scan,
which holds every signal), and the decisions, one a line of JSON: ``account`` and ``decision``,
``confirmed`` or ``dismissed``. Reviewers see mostly accounts with high scores. That choice is made
by the signals, so it does not bend how the decision depends on them; decisions are therefore taken
as they are, with the card's own prior, and every weight is shrunk to the given card.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.lab.calibration import directions
from fieldfare.lab.fitted_card import weights_of, with_weights
from fieldfare.lab.moments import encode
from fieldfare.lab.scorecard_fit import Table, fit, limits
from fieldfare.risk.assessment import assess, text_was_read
from fieldfare.risk.scorecard import Scorecard
from fieldfare.vocabulary import InputError

Flags = npt.NDArray[np.bool_]

DECISIONS: Final[Mapping[str, bool]] = {"confirmed": True, "dismissed": False}
MOVED: Final = 0.005
"""Weights that moved by less are not said to have changed."""


@dataclass(frozen=True)
class Decisions:
    """Accounts and whether reviewers found that they groom; the last decision stands."""

    labels: dict[str, bool]
    other: int
    """Lines with another decision, which say nothing either way."""


def read_decisions(path: Path) -> Decisions:
    """Raises InputError with the line that cannot be read."""
    labels: dict[str, bool] = {}
    other = 0
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; give JSON Lines in UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            account, decision = str(row["account"]), row["decision"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f'{path}, line {number}: not a decision; write {{"account": …, "decision": '
                '"confirmed" or "dismissed"}'
            ) from error
        if decision in DECISIONS:
            labels[account] = DECISIONS[decision]
        else:
            other += 1
    return Decisions(labels, other)


def refit(
    assessments: Sequence[Path], decisions: Decisions, card: Scorecard, *, spread: float
) -> tuple[Scorecard, dict[str, Any]]:
    """The card fitted to the decisions and shrunk to itself, and what changed, and for whom."""
    signals = _signals(assessments, card)
    accounts = signals["account"].to_pylist()
    rows = np.array([n for n, name in enumerate(accounts) if name in decisions.labels], np.int64)
    if not rows.size:
        raise InputError(
            "no decision is about an account of the assessments; give the assessments.parquet of "
            "the scan that was reviewed"
        )
    labels = np.array([decisions.labels[accounts[n]] for n in rows], np.bool_)
    fitted = replace(
        _fitted(signals.take(pa.array(rows)), labels, card, spread),
        calibration=None,
        alarms=None,
        version=f"{card.version}+{rows.size}",
        basis=f"{card.basis} Fitted again to {rows.size:,} decisions of reviewers "
        f"({int(labels.sum()):,} confirmed), shrunk to {card.version} with a spread of {spread:g}.",
    )
    return fitted, {
        "decisions": int(rows.size),
        "confirmed": int(labels.sum()),
        "dismissed": int((~labels).sum()),
        "other_decisions": decisions.other,
        "not_in_the_assessments": len(decisions.labels) - int(rows.size),
        "weights": changed_weights(card, fitted),
        **changed_bands(signals, card, fitted),
    }


def _fitted(signals: pa.Table, labels: Flags, card: Scorecard, spread: float) -> Scorecard:
    """The card with weights fitted to labelled accounts; where it has weights of their own for
    accounts of which no text was read, each by the accounts it is for."""
    codes, read = encode(signals, card), text_was_read(signals)
    apart = any(bins.without_text is not None for bins in card.signals.values())
    found = []
    for with_text in (True, False) if apart else (True,):
        of = read == with_text if apart else np.ones(labels.size, np.bool_)
        centre = weights_of(card, with_text=with_text)
        within = list(limits(card, directions(card), with_text=with_text).values())
        table = Table.of(codes[of], labels[of], np.ones(int(of.sum())))
        found.append(fit(table, card.prior, centre, centre, spread, within))
    return with_weights(card, *found)


def _signals(paths: Sequence[Path], card: Scorecard) -> pa.Table:
    tables = []
    for path in paths:
        try:
            # Bands are apart for accounts whose text was read, which the tokens tell.
            wanted = dict.fromkeys(("account", "tokens", *card.signals))
            table = pq.read_table(path, columns=list(wanted))
        except (OSError, pa.ArrowInvalid, KeyError) as error:
            raise InputError(
                f"{path}: not the assessments.parquet of a scan with these signals"
            ) from error
        tables.append(table)
    return pa.concat_tables(tables, promote_options="permissive")


def changed_weights(old: Scorecard, new: Scorecard) -> list[dict[str, Any]]:
    """Every bin whose weight moved, the farthest first."""
    found = []
    for name, bins in old.signals.items():
        for with_text in (True, False) if bins.without_text is not None else (True,):
            before, after = (
                card.signals[name].weights_for(with_text=with_text) for card in (old, new)
            )
            found += [
                {
                    "signal": name,
                    "from": bins.edges[k - 1] if k else None,
                    "to": bins.edges[k] if k < len(bins.edges) else None,
                    "without_text": not with_text,
                    "was": was,
                    "now": now,
                }
                for k, (was, now) in enumerate(zip(before, after, strict=True))
                if abs(was - now) >= MOVED
            ]
    return sorted(found, key=lambda row: (-abs(row["now"] - row["was"]), row["signal"]))


def changed_bands(signals: pa.Table, old: Scorecard, new: Scorecard) -> dict[str, Any]:
    """Which accounts come into another band, and how many of each kind of move."""
    was, now = (assess(signals, card).table() for card in (old, new))
    moved = np.flatnonzero(
        np.asarray(pc.not_equal(was["band"], now["band"]).combine_chunks(), np.bool_)
    )
    rows = [
        {
            "account": was["account"][int(n)].as_py(),
            "was": was["band"][int(n)].as_py(),
            "now": now["band"][int(n)].as_py(),
            "probability_was": round(was["probability"][int(n)].as_py(), 4),
            "probability": round(now["probability"][int(n)].as_py(), 4),
        }
        for n in moved
    ]
    moves = Counter((row["was"], row["now"]) for row in rows)
    return {
        "moves": [
            {"was": one, "now": other, "accounts": count}
            for (one, other), count in sorted(moves.items())
        ],
        "accounts": sorted(rows, key=lambda row: (-row["probability"], row["account"])),
    }
