"""The same world with less in it, or with errors: what the figures are then.

A variant is a copy of a world's files with one thing changed. The order of rows is one of them: it
must change nothing at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.contacts.intake import EventFiles
from fieldfare.lab import contact_measures as measures
from fieldfare.lab.contact_evaluation import false_alarms, offenders_table, outcome
from fieldfare.lab.labelled_world import World, event_files
from fieldfare.lab.moments import Look, Observed, Say, observe
from fieldfare.lab.views import BARE, VIEWS
from fieldfare.risk.scorecard import Scorecard
from fieldfare.vocabulary import FieldfareError

Rng = np.random.Generator
Change = Callable[[pa.Table, Rng], pa.Table]

EVERY_DAYS: Final = 28
"""Variants are looked at on fewer dates than worlds, the unchanged one as well."""


@dataclass(frozen=True)
class Variant:
    """A change to a world's messages or accounts (as prepared for the ledger)."""

    name: str
    table: str
    change: Change


def _unknown(share: float) -> Change:
    """Of all accounts, so many have no age."""

    def change(accounts: pa.Table, rng: Rng) -> pa.Table:
        # One order of accounts for every share, so that more unknown means the same and more.
        known = np.asarray(
            pc.or_(pc.is_valid(accounts["age"]), pc.is_valid(accounts["born_at"])), np.bool_
        )
        order = rng.permutation(accounts.num_rows)
        order = np.concatenate([order[~known[order]], order[known[order]]])
        lost = np.zeros(accounts.num_rows, np.bool_)
        lost[order[: round(share * accounts.num_rows)]] = True
        return _blank(accounts, lost, ("age", "born_at", "age_basis", "age_confidence"))

    return change


def _wrong(share: float) -> Change:
    """Of the known ages, so many are of another account drawn at random."""

    def change(accounts: pa.Table, rng: Rng) -> pa.Table:
        known = np.flatnonzero(
            np.asarray(
                pc.or_(pc.is_valid(accounts["age"]), pc.is_valid(accounts["born_at"])), np.bool_
            )
        )
        chosen = rng.permutation(known)[: round(share * known.size)]
        source = np.arange(accounts.num_rows)
        source[chosen] = rng.choice(known, chosen.size)
        taken = accounts.take(pa.array(source))
        for name in ("age", "born_at"):
            at = accounts.schema.get_field_index(name)
            accounts = accounts.set_column(at, name, taken[name])
        return accounts

    return change


def _thinned(share: float) -> Change:
    """Only so many of the messages are seen."""

    def change(messages: pa.Table, rng: Rng) -> pa.Table:
        return messages.filter(pa.array(rng.random(messages.num_rows) < share))

    return change


def _shuffled(rows: pa.Table, rng: Rng) -> pa.Table:
    return rows.take(pa.array(rng.permutation(rows.num_rows)))


def _blank(table: pa.Table, rows: npt.NDArray[np.bool_], names: Sequence[str]) -> pa.Table:
    for name in names:
        at = table.schema.get_field_index(name)
        kind = table.schema.field(name).type
        values = pc.if_else(pa.array(rows), pa.scalar(None, kind), table[name])
        table = table.set_column(at, name, values)
    return table


UNCHANGED: Final = Variant("unchanged", "messages", lambda rows, _: rows)
SHUFFLED: Final = Variant("order shuffled", "messages", _shuffled)
VARIANTS: Final = (
    *(
        Variant(f"{100 * share:.0f} % of ages unknown", "accounts", _unknown(share))
        for share in (0.1, 0.3, 0.5, 0.7, 0.9)
    ),
    *(
        Variant(f"{100 * share:.0f} % of known ages wrong", "accounts", _wrong(share))
        for share in (0.05, 0.1, 0.2)
    ),
    *(
        Variant(f"{100 * share:.0f} % of messages seen", "messages", _thinned(share))
        for share in (0.75, 0.5, 0.25)
    ),
    SHUFFLED,
)


def robustness(
    world: World,
    card: Scorecard,
    limits: dict[str, float],
    *,
    look: Look,
    seed: int = 0,
    variants: Sequence[Variant] = VARIANTS,
    say: Say = lambda _: None,
) -> list[dict[str, Any]]:
    """Figures of the world as it is and of each variant, at fixed thresholds (log odds, by what
    is read). Raises FieldfareError if the order of rows changes anything."""
    look = replace(look, every_days=EVERY_DAYS)
    rows = []
    with tempfile.TemporaryDirectory(prefix="fieldfare-") as name:
        work = Path(name)
        files = event_files(world, work)
        plain: Observed | None = None
        for number, variant in enumerate((UNCHANGED, *variants)):
            say(f"{world.name}: {variant.name}")
            changed = _changed(files, variant, work, np.random.default_rng([seed, 7]))
            seen_as = VIEWS + BARE if plain is None else VIEWS
            observed = observe(world, card, replace(look, views=seen_as), files=changed)
            if plain is None:
                plain = observed
            elif variant is SHUFFLED:
                _check_same(plain, observed)
            rows.append({"variant": variant.name, **_figures(observed, card, limits)})
            if variant is UNCHANGED:
                bare = _figures(_bare(observed), card, limits)
                rows.append({"variant": "messages and ages only", **bare})
            if number:
                (work / "changed.parquet").unlink()
    return rows


def _bare(observed: Observed) -> Observed:
    """As a service sees it that gives no connections, notices, countries or time zones."""
    pairs = list(zip(VIEWS, BARE, strict=True))
    return replace(
        observed,
        everyone={view: observed.everyone[bare] for view, bare in pairs},
        followed={view: observed.followed[bare] for view, bare in pairs},
    )


def _changed(files: EventFiles, variant: Variant, work: Path, rng: Rng) -> EventFiles:
    if variant is UNCHANGED:
        return files
    rows = pa.concat_tables([pq.read_table(path) for path in getattr(files, variant.table)])
    path = work / "changed.parquet"
    pq.write_table(variant.change(rows, rng), path, compression="lz4")
    return replace(files, **{variant.table: [path]})


def _check_same(one: Observed, other: Observed) -> None:
    for view, again in other.everyone.items():
        seen = one.everyone[view]
        same = np.array_equal(seen.account, again.account)
        same &= np.array_equal(seen.codes, again.codes)
        same &= np.array_equal(one.followed[view].moment, other.followed[view].moment)
        same &= np.array_equal(one.followed[view].codes, other.followed[view].codes)
        if not same:
            raise FieldfareError(
                f"{one.world.name}: the order of messages changed what is seen; this is a bug"
            )


def _figures(observed: Observed, card: Scorecard, limits: dict[str, float]) -> dict[str, Any]:
    found = {}
    for seen_as, limit in limits.items():
        result = outcome(observed, card, seen_as, limit)
        children = result.children
        found[seen_as] = {
            "false_alarms_per_million": false_alarms([result]).as_json(measures.MILLION),
            "recall": round(float(np.isfinite(children).mean()), 4),
            "children": measures.how_early(children),
            "offenders": [
                {key: row[key] for key in ("kind", "recall", "children")}
                for row in offenders_table([result])
            ],
        }
    return found
