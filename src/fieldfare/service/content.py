"""Whether message text may be looked at: as the policy says, by the countries of both sides.

What enters: messages, with the accounts that came along. What leaves: for each message, whether
its text may be read. Text that may not is dropped before anything looks at it; who wrote to whom
and when is taken as ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.safeguards import Policy
from fieldfare.service.state import State

REMEMBERED: Final = 100_000
"""Accounts told of lately whose countries are remembered: until the state has them."""


class NothingRead:
    """Lets no text be read: for those who cannot ask for the countries of everyone."""

    def note(self, accounts: pa.RecordBatch) -> None:
        """Accounts that were told of."""

    def may_read(
        self, messages: pa.RecordBatch
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """As `ContentRule.may_read`."""
        return pc.is_null(messages["text"]).to_numpy(zero_copy_only=False), np.ones(
            messages.num_rows, bool
        )


class ContentRule:
    """Asks the policy. Safe for several threads."""

    def __init__(self, state: State, policy: Callable[[], Policy]) -> None:
        """`state` is a connection of its own, which `close` closes."""
        self._state, self._policy = state, policy
        self._told: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def note(self, accounts: pa.RecordBatch) -> None:
        """Accounts that were told of, as rows of `schemas.ACCOUNTS`."""
        known = accounts.filter(pc.is_valid(accounts["country"]))
        with self._lock:
            for name, country in zip(
                known["id"].to_pylist(), known["country"].to_pylist(), strict=True
            ):
                self._told.setdefault(name, set()).add(country.upper())
            for name in list(self._told)[: max(0, len(self._told) - REMEMBERED)]:
                del self._told[name]

    def may_read(
        self, messages: pa.RecordBatch
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """For each message (`schemas.MESSAGES`) whether its text may be read, and whether the
        country of everyone is known; both true where it has none. Of an account that was told with
        two countries, both count."""
        found, known = np.ones((2, messages.num_rows), bool)
        at = np.flatnonzero(messages["text"].is_valid().to_numpy(zero_copy_only=False))
        if not at.size:
            return found, known
        texts = messages.take(pa.array(at))
        recipients = pc.list_flatten(texts["recipients"])
        names = pc.unique(pa.chunked_array([texts["sender"], recipients]))
        senders = pc.index_in(texts["sender"], names).to_numpy(zero_copy_only=False)
        others = pc.index_in(recipients, names).to_numpy(zero_copy_only=False)
        rows = pc.list_parent_indices(texts["recipients"]).to_numpy(zero_copy_only=False)
        for answer, accounts in zip((found, known), self._ask(names.to_pylist()), strict=True):
            without = np.bincount(rows, weights=~accounts[others], minlength=len(at))
            answer[at] = accounts[senders] & (without == 0)
        return found, known

    def _ask(self, names: list[str]) -> npt.NDArray[np.bool_]:
        """Of each account: may its text be read; is its country known?"""
        policy = self._policy()
        with self._lock:
            rows = self._state.database.run(
                "SELECT a.account, a.country FROM"
                f" {self._state.database.one_of('wanted')} AS w"
                " INNER JOIN accounts AS a ON a.account = w.wanted",
                (self._state.database.listed(names),),
            )
            stored: dict[str, str | None] = dict(rows)
            countries: list[set[str | None]] = [
                ({*self._told.get(name, ()), stored.get(name)} - {None}) or {None} for name in names
            ]
        answers: dict[str | None, bool] = {}

        def scans(country: str | None) -> bool:
            if country not in answers:
                answers[country] = policy.scans_content(country)
            return answers[country]

        return np.array(
            [
                [all(map(scans, those)) for those in countries],
                [None not in those for those in countries],
            ],
            bool,
        )

    def close(self) -> None:
        self._state.close()
