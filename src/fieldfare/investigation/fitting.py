"""The weights of cues, fitted to what the officer said, shrunk to those that ship."""

from __future__ import annotations

from fieldfare.investigation.store import Investigation


def refit(case: Investigation) -> None:
    """Probabilities, intervals, verdicts and priorities of all peers, from `cues` and
    `verdicts`."""
    case.run(
        "UPDATE peers SET verdict = (SELECT arg_max(v.verdict, v.number) FROM verdicts AS v"
        " WHERE v.peer = peers.peer)"
    )
