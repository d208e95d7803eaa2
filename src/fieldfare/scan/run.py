"""The scan: from paths to ranked assessments with the evidence behind them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from fieldfare.contacts import analysis
from fieldfare.contacts.contradictions import Contradiction
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.contacts.intake import count_announcements, find_repeated, load, narrow
from fieldfare.contacts.norms import Norms, of_population
from fieldfare.risk import scorecard as scorecards
from fieldfare.risk.assessment import Assessed, assess
from fieldfare.risk.reasons import Population, Reason, population_table, reasons
from fieldfare.risk.scorecard import Scorecard
from fieldfare.scan.conversations import snapshots
from fieldfare.scan.evidence import Evidence, collect
from fieldfare.scan.gather import Gathered, gather
from fieldfare.scan.history import FirstFlag, prepare_replay
from fieldfare.scan.second_look import Seen, look_again, near
from fieldfare.scan.settings import ScanSettings
from fieldfare.scan.snapshot import Snapshot
from fieldfare.scan.universe import create_members
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import InputError


@dataclass
class AccountAssessment:
    """One account, written out: the assessment, its reasons and what they rest on."""

    account: str
    probability: float
    band: str
    log_odds: float
    calibration: float
    """What of the log odds the card's calibration added."""
    flagged: bool
    signals: dict[str, Any]
    """Every signal's value by name."""
    reasons: list[Reason]
    evidence: Evidence
    first_flag: FirstFlag | None = None
    second_look: Seen | None = None
    """What a heavier model found, where one was asked for and the account is near the threshold."""


@dataclass
class ScanResult:
    """What a scan found. `accounts` holds the first `settings.top`, `assessed` all of them."""

    settings: ScanSettings
    scorecard: Scorecard
    as_of: int
    gathered: Gathered
    assessed: Assessed
    accounts: list[AccountAssessment]

    @property
    def flagged_count(self) -> int:
        """Accounts at or above the flag threshold, among all that were assessed."""
        return int(self.assessed.flagged.sum())


def scan(
    paths: Sequence[Path],
    settings: ScanSettings,
    on_step: Callable[[str], None] = lambda _: None,
    on_assessed: Callable[[ScanResult], None] = lambda _: None,
    keep: Callable[[Snapshot], None] | None = None,
) -> ScanResult:
    """Assess everyone in the given files and archives.

    `on_step` is called with the name of each step. `on_assessed` is called with the result as
    soon as everyone is assessed, before its `accounts` are looked up. `keep` is called with a
    snapshot of each flagged account that is written out; without it none is made.

    Raises InputError or SettingsError where nothing can be read or a setting is not valid; what
    is wrong with single records is counted in ``gathered.problems``.
    """
    card = _scorecard(settings)  # one that is not valid is refused before anything is read
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-") as folder,
        open_engine(
            settings.engine, memory=settings.memory, threads=settings.threads, folder=Path(folder)
        ) as engine,
    ):
        gathered, repeated = _gather(paths, settings, Path(folder), engine, on_step)
        _require_events(gathered)
        on_step("Preparing events")
        loaded = load(engine, gathered.files, settings.contacts, repeated)
        if loaded.later:
            gathered.problems.add(
                "all sources", "an event later than now; it was not counted", times=loaded.later
            )
        _note(loaded.contradictions, gathered.problems)
        analysis.ledger(engine, lambda name: on_step(f"Ledger: {name}"))
        analysis.signals(engine, lambda name: on_step(f"Signals: {name}"))
        on_step("Assessing")
        assessed = assess(engine.fetch("SELECT * FROM signals"), card)
        result = ScanResult(settings, card, loaded.as_of, gathered, assessed, [])
        on_assessed(result)
        result.accounts = _written_out(engine, assessed, settings, gathered, on_step)
        if keep is not None:
            on_step("Keeping evidence")
            for snapshot in snapshots(engine, result):
                keep(snapshot)
    return result


def measure_norms(
    paths: Sequence[Path],
    settings: ScanSettings,
    basis: str,
    on_step: Callable[[str], None] = lambda _: None,
) -> Norms:
    """What accounts of like activity reach in these files and archives; `basis` says what they
    are. Raises as `scan` does."""
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-") as folder,
        open_engine(
            settings.engine, memory=settings.memory, threads=settings.threads, folder=Path(folder)
        ) as engine,
    ):
        gathered, repeated = _gather(paths, settings, Path(folder), engine, on_step)
        on_step("Preparing events")
        load(engine, gathered.files, settings.contacts, repeated)
        analysis.ledger(engine, lambda name: on_step(f"Ledger: {name}"))
        analysis.signals(engine, lambda name: on_step(f"Signals: {name}"))
        return of_population(engine.fetch("SELECT * FROM population"), basis)


def _gather(
    paths: Sequence[Path],
    settings: ScanSettings,
    folder: Path,
    engine: Engine,
    on_step: Callable[[str], None],
) -> tuple[Gathered, bool | None]:
    """What was read; and whether message ids repeat, where that is already known: the engine
    looks at files that were handed over while the others are being read."""
    checked: list[tuple[list[Path], Future[bool]]] = []
    with ThreadPoolExecutor(max_workers=1) as beside:

        def check(files: list[Path]) -> None:
            if files:
                checked.append((files, beside.submit(find_repeated, engine, files)))

        gathered = gather(paths, settings, folder, lambda place: on_step(f"Reading {place}"), check)
    if gathered.unsure:
        gathered.announcements += count_announcements(engine, gathered.unsure)
    for files, repeated in checked:
        if files == gathered.files.messages:
            return gathered, repeated.result()
    return gathered, None


def _note(contradictions: Sequence[Contradiction], problems: Problems) -> None:
    for found in contradictions:
        for source, locator in found.samples:
            problems.add(source, found.what, locator=locator)
        rest = found.count - len(found.samples)
        if rest:
            problems.add("", found.what, times=rest)


def _require_events(gathered: Gathered) -> None:
    """Raise InputError, with what most often went wrong, where nothing can be assessed."""
    rows = gathered.rows
    if rows["messages"] or rows["connections"] or rows["notices"]:
        return
    why = "it holds accounts only" if rows["accounts"] else "check the paths that were given"
    for what, count in gathered.problems.counts.most_common(1):
        why = f"{count:,} × {what} (first: {gathered.problems.samples[what][0].where})"
    raise InputError(f"no message, connection or notice in the input can be used; {why}")


def _scorecard(settings: ScanSettings) -> Scorecard:
    path = settings.scorecard
    card = scorecards.shipped() if path is None else scorecards.load(path)
    return card if settings.prior is None else card.with_prior(settings.prior)


def _written_out(
    engine: Engine,
    assessed: Assessed,
    settings: ScanSettings,
    gathered: Gathered,
    on_step: Callable[[str], None],
) -> list[AccountAssessment]:
    best = assessed.take(assessed.ranked(settings.top))
    names: list[str] = best.signals["account"].to_pylist()
    flagged = [name for name, is_flagged in zip(names, best.flagged, strict=True) if is_flagged]
    on_step("Looking up evidence")
    engine.load("reported", pa.table({"account": pa.array(names, pa.string())}))
    create_members(engine, flagged)
    narrow(engine, "SELECT account FROM reported UNION SELECT member AS account FROM members")
    with ThreadPoolExecutor(max_workers=1) as beside:
        # The past is played again in an engine of its own, while this one looks things up.
        replay = prepare_replay(engine, assessed.scorecard) if flagged else dict
        playing = beside.submit(replay)
        evidence = collect(engine, names, with_text=bool(gathered.language))
        seen = _looked_again(engine, best, settings, names if gathered.language else [], on_step)
        population = population_table(engine.fetch("SELECT * FROM population"))
        values = best.signals.to_pylist()
        accounts = {
            name: _one(best, row, values[row], population, evidence[name], seen.get(name))
            for row, name in enumerate(names)
        }
        on_step("Finding when each was first flagged")
        for name, first_flag in playing.result().items():
            accounts[name].first_flag = first_flag
    return list(accounts.values())


def _looked_again(
    engine: Engine,
    best: Assessed,
    settings: ScanSettings,
    names: list[str],
    on_step: Callable[[str], None],
) -> dict[str, Seen]:
    if settings.second_look is None:
        return {}
    close = near(best)
    chosen = [name for name, is_near in zip(names, close, strict=False) if is_near]
    on_step(f"A second look at {len(chosen)} accounts")
    return look_again(engine, chosen, settings.second_look)


def _one(
    assessed: Assessed,
    row: int,
    values: dict[str, Any],
    population: Population,
    evidence: Evidence,
    second_look: Seen | None,
) -> AccountAssessment:
    probability = float(assessed.probability[row])
    return AccountAssessment(
        account=values["account"],
        probability=probability,
        band=assessed.band(row),
        log_odds=float(assessed.log_odds[row]),
        calibration=float(assessed.calibration[row]),
        flagged=bool(assessed.flagged[row]),
        signals={name: value for name, value in values.items() if name != "account"},
        reasons=reasons(assessed, row, values, population),
        evidence=evidence,
        second_look=second_look,
    )
