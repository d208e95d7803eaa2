"""Who is a child: cues are added up, and the weights of cues are fitted to what the officer said.

Logistic regression with the shipped weights as the prior (a Gaussian around each), so that with no
verdict it is the shipped table, and with many it is what these people showed. The interval is
that of the posterior's normal approximation (MacKay 1992, "The evidence framework applied to
classification networks"). Exact for one optimum: the order of verdicts does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation
from fieldfare.investigation.weights import Weights, weights

STEPS: Final = 50
CLOSE: Final = 1e-10
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
    alone = _matrix(case, shipped, peers.num_rows)
    alone[:, [1 + at for at, cue in enumerate(shipped.cue) if cue.said_by == "company"]] = 0.0
    fitted, _ = fit(alone[given], said[given], mean, spread)
    _keep_company(case, peers["peer"], np.where(given, said, logistic(alone @ fitted)))
    found = _matrix(case, shipped, peers.num_rows)
    fitted, covariance = fit(found[given], said[given], mean, spread)
    centre = found @ fitted
    width = NINETY * np.sqrt(((found @ covariance) * found).sum(axis=1))
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


def _matrix(case: Investigation, shipped: Weights, rows: int) -> Floats:
    """One row a peer, in order of its id: 1 for the prior, then the amount of each kind."""
    found = np.zeros((rows, 1 + len(shipped.cue)))
    found[:, 0] = 1.0
    places = {cue.kind: 1 + place for place, cue in enumerate(shipped.cue)}
    cells = case.table(
        "SELECT p.place, f.kind, f.amount FROM features AS f INNER JOIN (SELECT peer,"
        " row_number() OVER (ORDER BY peer) - 1 AS place FROM said) AS p ON p.peer = f.peer"
    )
    kinds = cells["kind"].combine_chunks().dictionary_encode()
    columns = np.array([places[kind] for kind in kinds.dictionary.to_pylist()], np.int64)
    found[cells["place"].to_numpy(), columns[kinds.indices.to_numpy()]] = cells["amount"].to_numpy()
    return found


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
