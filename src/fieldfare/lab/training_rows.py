"""Rows to learn from: accounts of worlds whose truth is known, at the moments they were looked at.

Every innocent account counts once in all, evenly over the dates it was looked at; every offender
once, evenly over the stages it reached: after one child, two, three, five, eight and so on, so that
a card is good early and not only at the end. The two sides are weighed so that offenders make up
the prior of all: the log odds of the prior then need no correction, and probabilities are at that
base rate. So it is in every view of `views`, and so it is, apart, among the accounts of which the
operator states a role: how many simulated offenders are moderators was chosen to measure them, and
says nothing about moderators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from fieldfare.lab.labelled_world import has_stated_role
from fieldfare.lab.moments import STAGES, Observed
from fieldfare.lab.scorecard_fit import Codes, Floats
from fieldfare.lab.views import BARE, VIEWS
from fieldfare.vocabulary import SettingsError

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BARE_SHARE: Final = 0.25
"""Of what weights are learnt from, so much is seen without connections, notices and countries."""
ALL: Final = VIEWS + BARE


@dataclass(frozen=True, eq=False)
class Training:
    """Rows to learn from, of one view or several, of one world or several."""

    codes: Codes
    offends: Flags
    counts: Floats
    """How much each row counts: an innocent account 1 over all its rows of a view."""
    person: Ints
    """Whose row it is: what is drawn in a bootstrap, and never split over folds."""
    view: npt.NDArray[np.int8]
    """Position in `ALL`."""
    persons: int
    innocent: int
    """Accounts, with those that no row is of: nobody has anything to say about them."""

    def take(self, rows: Flags) -> Training:
        """Some of the rows, of as many persons."""
        return replace(
            self,
            codes=self.codes[rows],
            offends=self.offends[rows],
            counts=self.counts[rows],
            person=self.person[rows],
            view=self.view[rows],
        )


def training(worlds: Sequence[Observed], prior: float) -> Training:
    """The rows of all worlds, weighed as the module says."""
    offenders = sum(int(seen.world.truth.offender.sum()) for seen in worlds)
    innocent = sum(seen.world.innocent for seen in worlds)
    if not offenders or not innocent:
        raise SettingsError("calibration needs worlds with both offenders and others")
    roles = [has_stated_role(seen.world) for seen in worlds]
    each_offender = _each_offender(worlds, roles, prior)
    parts: list[tuple[Any, ...]] = []
    first = 0
    for seen, stated in zip(worlds, roles, strict=True):
        persons = _persons(seen)
        for number, view in enumerate(ALL):
            if view not in seen.everyone:
                continue
            for codes, counts, accounts, offend in (
                _innocent_rows(seen, view),
                _offender_rows(seen, view, each_offender[stated.astype(np.int64)]),
            ):
                parts.append(
                    (
                        codes,
                        np.full(counts.size, offend),
                        counts,
                        first + persons[accounts],
                        np.full(counts.size, number, np.int8),
                    )
                )
        first += int(persons.max()) + 1
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Training(*columns, persons=first, innocent=innocent)  # type: ignore[misc,arg-type]


def _persons(seen: Observed) -> Ints:
    """A number a person, for every account of the truth."""
    table = seen.world.truth.table
    if "person" not in table.column_names:
        return np.arange(table.num_rows)
    person = table["person"].combine_chunks()
    if person.null_count:
        person = pc.coalesce(person, table["account"].combine_chunks())
    return np.asarray(person.dictionary_encode().indices, np.int64)


def _innocent_rows(seen: Observed, view: str) -> tuple[Codes, Floats, Ints, bool]:
    rows = seen.everyone[view]
    keep = ~seen.world.truth.offender[rows.account]
    account = rows.account[keep]
    return rows.codes[keep], np.full(account.size, 1 / seen.dates.size), account, False


def _each_offender(worlds: Sequence[Observed], roles: Sequence[Flags], prior: float) -> Floats:
    """How much an offender counts: without and with a stated role, so that in both the prior is
    that of all."""
    each = np.zeros(2)
    for number in range(2):
        among = [stated == bool(number) for stated in roles]
        offends = [seen.world.truth.offender for seen in worlds]
        offenders = sum(int((a & o).sum()) for a, o in zip(among, offends, strict=True))
        innocent = sum(int((a & ~o).sum()) for a, o in zip(among, offends, strict=True))
        if offenders:
            each[number] = innocent * prior / (1 - prior) / offenders
    return each


def _offender_rows(seen: Observed, view: str, each: Floats) -> tuple[Codes, Floats, Ints, bool]:
    """`each` is how much every account of the truth counts as an offender."""
    rows = seen.followed[view]
    counts = each[rows.account] * stage_shares(seen)[where_seen(seen, view)]
    keep = counts > 0
    return rows.codes[keep], counts[keep], rows.account[keep], True


def stage_shares(seen: Observed) -> Floats:
    """How much each moment of the course counts: 1 an offender, evenly over the stages it
    reached, and within a stage evenly over its moments."""
    course = seen.course
    size = int(course.account.max(initial=0)) + 1
    final = np.zeros(size, np.int64)
    np.maximum.at(final, course.account, course.children)
    staged = np.isin(course.children, STAGES) | (course.children == final[course.account])
    key = course.account * (1 << 20) + course.children
    _, stage, moments = np.unique(key[staged], return_inverse=True, return_counts=True)
    stages = np.bincount(
        course.account[staged],
        1 / moments[stage],
        minlength=size,
    )
    shares = np.zeros(course.account.size)
    shares[staged] = 1 / moments[stage] / stages[course.account[staged]]
    return shares


def where_seen(seen: Observed, view: str) -> Ints:
    """For each row of `followed`, which row of the course it is."""
    order = {
        key: row
        for row, key in enumerate(
            zip(seen.course.account.tolist(), seen.course.moment.tolist(), strict=True)
        )
    }
    rows = seen.followed[view]
    found = zip(rows.account.tolist(), rows.moment.tolist(), strict=True)
    return np.array([order[key] for key in found], np.int64)


def learning_shares(rows: Training) -> Floats:
    """How much each of `ALL` counts for the weights: of what is seen with text, and of what is seen
    without, so much is bare."""
    bare = BARE_SHARE if bool((rows.view >= len(VIEWS)).any()) else 0.0
    return np.repeat([1 - bare, bare], [len(VIEWS), len(BARE)])
