"""The head of the page, what could not be read, the ranked list, and the method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk.scorecard import Band as CardBand
from fieldfare.scan.page import words
from fieldfare.scan.page.account import section, time, who
from fieldfare.scan.page.context import (
    AccountSection,
    Band,
    Fact,
    Hash,
    Page,
    ProblemKind,
    RankedRow,
    SignalRow,
)

if TYPE_CHECKING:
    from fieldfare.risk.scorecard import Scorecard
    from fieldfare.scan.run import AccountAssessment, ScanResult
    from fieldfare.sources.reader import Problem

MAX_SECTIONS: Final = 50
"""Accounts with a section of their own."""
UNFLAGGED_SECTIONS: Final = 10
"""Of these, at most so many below the threshold: enough to see what the scorecard lets pass, and
no more of people's lives than that."""
OPENED: Final = 3
MAX_RANKED: Final = 200
UNFLAGGED_RANKED: Final = 40
"""In the list, at most so many below the threshold."""
SAMPLES: Final = 5


def build_page(result: ScanResult, note: str | None = None) -> Page:
    """Everything the template shows."""
    bands = bands_of(result.scorecard)
    sections = _sections(result, bands)
    numbers = {each.rank: each.number for each in sections}
    problems = result.gathered.problems
    return Page(
        title=f"Fieldfare report: {_headline(result)}",
        note=words.clip(note, 500),
        headline=_headline(result),
        lead=[*_lead(result), *result.gathered.announced()],
        facts=_facts(result),
        basis=result.scorecard.basis,
        prior=words.base_rate(result.scorecard.prior),
        problems=_problems(result),
        problem_total=f"{problems.total:,}",
        one_sided=[words.clip(place, words.PLACE_LENGTH) for place in result.gathered.one_sided],
        time_note=_time_note(result),
        bands=list(bands.values()),
        ranked=[
            _ranked(rank, account, bands[account.band], numbers.get(rank))
            for rank, account in enumerate(_listed(result), 1)
        ],
        ranked_note=_ranked_note(result),
        accounts=sections,
        accounts_note=_accounts_note(result, sections),
        signals=_signals(result.scorecard),
        hashes=_hashes(result),
        scorecard=words.clip(result.scorecard.version),
    )


def bands_of(card: Scorecard) -> dict[str, Band]:
    """Bands by name. The shapes: 3 the gravest, 2 flagged, 1 not the least, 0 the least."""
    bands = {}
    for place, band in enumerate(card.bands):
        flagged = place >= card.flag_rank
        last = place == len(card.bands) - 1
        level = 3 if flagged and last else 2 if flagged else min(place, 1)
        reach = f"from {_start(band)}" if place else f"below {_start(card.bands[1])}"
        name = words.clip(band.name, 40)
        bands[band.name] = Band(name, name[:1].upper() + name[1:], level, reach, flagged)
    return bands


def _start(band: CardBand) -> str:
    start, without = words.probability(band.start), band.start_for(with_text=False)
    if without == band.start:
        return start
    return f"{start} ({words.probability(without)} where no text was read)"


def _sections(result: ScanResult, bands: dict[str, Band]) -> list[AccountSection]:
    ranked = list(enumerate(result.accounts, 1))
    flagged = [each for each in ranked if each[1].flagged]
    others = [each for each in ranked if not each[1].flagged][:UNFLAGGED_SECTIONS]
    chosen = (flagged + others)[:MAX_SECTIONS]
    return [
        section(
            account,
            number,
            rank,
            bands[account.band],
            result.scorecard,
            opened=account.flagged and number <= OPENED,
        )
        for number, (rank, account) in enumerate(chosen, 1)
    ]


def _headline(result: ScanResult) -> str:
    assessed, flagged = result.assessed.signals.num_rows, result.flagged_count
    if not sum(result.gathered.rows.values()):
        return "Nothing could be read"
    if not assessed:
        return "Nobody to assess"
    of = f"of {words.plural(assessed, 'assessed account')}"
    if not flagged:
        return f"None {of} is flagged" if assessed > 1 else "1 account assessed, not flagged"
    return f"{flagged:,} {of} {'is' if flagged == 1 else 'are'} flagged"


def _lead(result: ScanResult) -> list[str]:
    if not sum(result.gathered.rows.values()):
        return [
            "No account, message, connection or notice came out of the input. "
            "What went wrong is listed below."
        ]
    if not result.assessed.signals.num_rows:
        return [
            "The input was read, and no account in it has contact with a probable child or "
            "wording that calls for an assessment. That is not proof that there is none: "
            "where ages are not known, most signals are silent."
        ]
    said = [
        "Every account with some contact to probable children, or with telling wording, was "
        "assessed and ordered by how far its contacts resemble grooming."
    ]
    if result.flagged_count:
        said.append("A flag asks a trained person to look. It says nothing about guilt.")
    else:
        said.append("That no account is flagged is not proof that there is nothing to find.")
    return said


def _facts(result: ScanResult) -> list[Fact]:
    rows, gathered = result.gathered.rows, result.gathered
    formats = [
        f"{words.clip(title, 60)} × {count:,}" if count > 1 else words.clip(title, 60)
        for title, count in gathered.formats.items()
    ]
    facts = [
        Fact(
            "Messages",
            f"{rows['messages']:,}",
            f"from {words.listed(formats)}" if formats else "no source was recognised",
        ),
        Fact(
            "Accounts described",
            f"{rows['accounts']:,}",
            f"{rows['connections']:,} connections, {rows['notices']:,} notices",
        ),
    ]
    if rows.total():
        facts.append(Fact("Read up to", words.minute(result.as_of), "UTC; windows end here"))
    if period := _period(result):
        facts.append(period)
    facts.append(
        Fact(
            "Base rate assumed",
            words.base_rate(result.scorecard.prior),
            "before anything is known of an account",
        )
    )
    facts.append(
        Fact(
            "Scorecard",
            words.clip(result.scorecard.version, 40),
            "weights set out under each account",
        )
    )
    return facts


def _period(result: ScanResult) -> Fact | None:
    # The spool is gone by now; the signals still know the span that matters here.
    signals = result.assessed.signals
    first = pc.min(signals["first_child_contacted_at"]).as_py()
    last = pc.max(signals["last_child_contacted_at"]).as_py()
    if first is None or last is None:
        return None
    return Fact(
        "First contacts with children",
        f"{words.minute(first)[:10]} – {words.minute(last)[:10]}",
        "the earliest and the latest, of all assessed",
    )


def _problems(result: ScanResult) -> list[ProblemKind]:
    problems = result.gathered.problems
    kinds = []
    for what, count in problems.counts.most_common():
        shown = [_place(sample) for sample in problems.samples.get(what, [])[:SAMPLES]]
        more = count - len(shown)
        kinds.append(
            ProblemKind(
                what=words.clip(what, 200),
                count=f"{count:,}",
                first=shown[0] if shown else "",
                others=shown[1:],
                more=f"and {more:,} more" if more > 0 else "",
            )
        )
    return kinds


def _place(problem: Problem) -> str:
    parts = (problem.source, problem.member, problem.locator)
    place = ", ".join(part for part in parts if part)
    return words.clip(f"{place}: {problem.detail}" if problem.detail else place, words.PLACE_LENGTH)


def _time_note(result: ScanResult) -> str:
    zone = result.settings.read.time_zone
    read = f"were read as {words.clip(zone, 40)} time" if zone else "were read as UTC"
    return (
        f"All times are UTC. Times that carried no zone of their own {read}; "
        "such a time may be off by up to 14 hours."
    )


def _ranked(rank: int, account: AccountAssessment, band: Band, number: int | None) -> RankedRow:
    countries = account.evidence.countries()
    codes = [words.clip(str(row["country"]), 8) for row in countries]
    flag, recent = account.first_flag, account.signals["children_first_contacted_30d"]
    return RankedRow(
        rank=rank,
        who=who(account.account, account.evidence.name),
        section=number,
        band=band,
        probability=words.probability(account.probability),
        log_odds=f"{account.log_odds:.4f}",
        children=f"{account.signals['children_contacted']:,}",
        recent=words.number(recent),
        recent_sort=f"{recent:.3f}",
        countries_sort=len(codes),
        countries=" ".join(codes[:4]) + (f" +{len(codes) - 4}" if len(codes) > 4 else ""),
        first_flagged=time(flag.at) if flag else None,
        flagged_after=f"after {words.plural(flag.children_contacted, 'child', 'children')}"
        if flag
        else "",
    )


def _listed(result: ScanResult) -> list[AccountAssessment]:
    # The flagged come first in the ranking, so that this is its beginning.
    flagged = sum(account.flagged for account in result.accounts)
    return result.accounts[: min(MAX_RANKED, flagged + UNFLAGGED_RANKED)]


def _ranked_note(result: ScanResult) -> str:
    assessed = result.assessed.signals.num_rows
    shown = len(_listed(result))
    if shown == assessed:
        return ""
    return (
        f"The first {shown:,} of {assessed:,} assessed accounts are listed; "
        f"assessments.jsonl has the first {len(result.accounts):,} with their reasons, "
        "assessments.parquet has all."
    )


def _accounts_note(result: ScanResult, sections: list[AccountSection]) -> str:
    shown = sum(each.flagged for each in sections)
    said = (
        f"The first {shown:,} of {result.flagged_count:,} flagged accounts have a section"
        if shown < result.flagged_count
        else "Every flagged account has a section"
        if shown
        else "No account is flagged"
    )
    others = len(sections) - shown
    if others:
        said += (
            f"; {others:,} not flagged, the highest ranked, "
            f"{'is' if others == 1 else 'are'} shown for comparison"
        )
    return said + ". For the rest see assessments.jsonl, beside this file."


def _signals(card: Scorecard) -> list[SignalRow]:
    # All of them: an entry of the catalogue may refer to the one above it.
    return [
        SignalRow(
            name, entry.meaning, entry.unit, "yes" if name in card.signals else "no", entry.source
        )
        for name, entry in catalogue().items()
    ]


def _hashes(result: ScanResult) -> list[Hash]:
    found = [Hash(f"Scorecard {words.clip(result.scorecard.version)}", result.scorecard.sha256)]
    if result.gathered.language:
        found.append(Hash("Language model", words.clip(result.gathered.language, 128)))
    return found + [
        Hash(words.clip(path, words.PLACE_LENGTH), words.clip(digest, 128))
        for path, digest in result.gathered.sources.items()
    ]
