"""Who is a child: cues are added up, and the weights of cues are fitted to what the officer said.

Logistic regression with the shipped weights as the prior (a Gaussian around each), so that with no
verdict it is the shipped table, and with many it is what these people showed. The interval is
that of the posterior's normal approximation (MacKay 1992, "The evidence framework applied to
classification networks"). Exact for one optimum: the order of verdicts does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation
from fieldfare.investigation.weights import Weights, weights

STEPS: Final = 50
CLOSE: Final = 1e-10
AT_ONCE: Final = 50_000
"""Peers whose cues are added up at a time."""
NINETY: Final = 1.645
"""Standard deviations of a 90 % interval."""

Floats = npt.NDArray[np.float64]


def refit(case: Investigation) -> None:
    """Probabilities, intervals, verdicts and priorities of all peers, from `features` and
    `verdicts`, in two passes, and the cues of the company somebody is in; the weights as fitted
    go into `weights`."""
    shipped = weights()
    case.run(statements("said"))
    peers = case.table("SELECT peer, said, risk_level FROM said ORDER BY peer")
    said = peers["said"].to_numpy(zero_copy_only=False)
    given = ~np.isnan(said)
    mean, spread = _before(shipped)
    # First by what was said; then also by the company that this puts somebody in.
    company = [1 + at for at, cue in enumerate(shipped.cue) if cue.said_by == "company"]
    alone = _cells(case, shipped, peers.num_rows).without(company)
    fitted, _ = fit(alone.chosen(given), said[given], mean, spread)
    likely = np.concatenate([logistic(part @ fitted) for part in alone.parts()])
    _keep_company(case, peers["peer"], np.where(given, said, likely))
    found = _cells(case, shipped, peers.num_rows)
    fitted, covariance = fit(found.chosen(given), said[given], mean, spread)
    centre = np.concatenate([part @ fitted for part in found.parts()])
    width = NINETY * np.concatenate(
        [np.sqrt(((part @ covariance) * part).sum(axis=1)) for part in found.parts()]
    )
    likely = logistic(centre)
    risk = peers["risk_level"].to_numpy()
    scored = pa.table(
        {
            "peer": peers["peer"],
            "likely": np.where(given, said, likely),
            "low": np.where(given, said, logistic(centre - width)),
            "high": np.where(given, said, logistic(centre + width)),
            "priority": 4 * likely * (1 - likely) + likely * risk / 16,
        }
    )
    names = ["", *(cue.kind for cue in shipped.cue)]
    learnt = pa.table({"kind": names, "shipped": mean, "fitted": fitted})
    with case.lent(scored=scored, learnt=learnt):
        case.run(statements("scored"))


def _keep_company(case: Investigation, peers: pa.ChunkedArray, likely: Floats) -> None:
    """Cues of who else got the same scripts and of acquaintances, from how likely each peer is a
    child by what was said."""
    looked = pa.table({"peer": peers, "likely": np.round(likely * 1e6).astype(np.int64)})
    with case.lent(looked=looked):
        case.run(statements("company"))


@dataclass(frozen=True)
class _Cells:
    """The amount of each kind of cue of each peer: few of very many, so that the matrix (a row a
    peer in order of its id, 1 for the prior, a column a kind) is only ever made in parts."""

    rows: int
    columns: int
    row: npt.NDArray[np.int64]
    """In order."""
    column: npt.NDArray[np.int64]
    amount: Floats

    def without(self, columns: list[int]) -> _Cells:
        """The same with nothing in some columns."""
        kept = ~np.isin(self.column, columns)
        return _Cells(self.rows, self.columns, self.row[kept], self.column[kept], self.amount[kept])

    def chosen(self, rows: npt.NDArray[np.bool_]) -> Floats:
        """Some rows."""
        kept = rows[self.row]
        place = np.cumsum(rows) - 1
        found = self._empty(int(rows.sum()))
        found[place[self.row[kept]], self.column[kept]] = self.amount[kept]
        return found

    def parts(self) -> Iterator[Floats]:
        """All rows, `AT_ONCE` at a time; one part at least."""
        for low in range(0, max(self.rows, 1), AT_ONCE):
            first, last = np.searchsorted(self.row, (low, low + AT_ONCE))
            found = self._empty(min(AT_ONCE, self.rows - low))
            here = slice(first, last)
            found[self.row[here] - low, self.column[here]] = self.amount[here]
            yield found

    def _empty(self, rows: int) -> Floats:
        found = np.zeros((rows, self.columns))
        found[:, 0] = 1.0
        return found


def _cells(case: Investigation, shipped: Weights, rows: int) -> _Cells:
    columns = {cue.kind: 1 + place for place, cue in enumerate(shipped.cue)}
    cells = case.table(
        "SELECT p.place, f.kind, f.amount FROM features AS f INNER JOIN (SELECT peer,"
        " row_number() OVER (ORDER BY peer) - 1 AS place FROM said) AS p ON p.peer = f.peer"
        " ORDER BY p.place"
    )
    kinds = cells["kind"].combine_chunks().dictionary_encode()
    known = np.array([columns[kind] for kind in kinds.dictionary.to_pylist()], np.int64)
    return _Cells(
        rows,
        1 + len(columns),
        cells["place"].to_numpy(),
        known[kinds.indices.to_numpy()],
        cells["amount"].to_numpy(),
    )


def _before(shipped: Weights) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each weight before any verdict."""
    mean = np.array([shipped.prior, *(cue.weight for cue in shipped.cue)])
    spread = np.maximum(shipped.width * np.abs(mean), shipped.narrowest)
    spread[0] = shipped.prior_width
    return mean, spread


def fit(found: Floats, said: Floats, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Weights at the posterior's one maximum, by Newton's method, and their covariance there.
    `said` is 1 for a child and 0 for none."""
    precision = np.diag(spread**-2.0)
    at = mean.copy()
    for _ in range(STEPS):
        likely = logistic(found @ at)
        slope = found.T @ (said - likely) - precision @ (at - mean)
        bend = (found.T * (likely * (1 - likely))) @ found + precision
        step = np.linalg.solve(bend, slope)
        at += step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < CLOSE:
            break
    likely = logistic(found @ at)
    bend = (found.T * (likely * (1 - likely))) @ found + precision
    covariance: Floats = np.linalg.inv(bend).astype(np.float64)
    return at, covariance


def logistic(odds: Floats) -> Floats:
    """Probability of log odds."""
    result: Floats = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return result
