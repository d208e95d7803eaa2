"""The summary a scan prints: a table for people, or one JSON object for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fieldfare.cli.terminal import printable
from fieldfare.vocabulary.times import isoformat

if TYPE_CHECKING:
    from fieldfare.scan.run import AccountAssessment, ScanResult

SHOWN = 10
REASONS = 5


def print_json(result: ScanResult, out: Path) -> None:
    """One JSON object on standard output; documented in docs/scan.md."""
    gathered = result.gathered
    typer.echo(
        json.dumps(
            {
                "out": str(out),
                "as_of": isoformat(result.as_of),
                "rows": dict(gathered.rows),
                "formats": dict(gathered.formats),
                "assessed": result.assessed.signals.num_rows,
                "flagged": result.flagged_count,
                "announcements": gathered.announcements,
                "written_out": len(result.accounts),
                "problems": dict(gathered.problems.counts),
                "problem_samples": [
                    str(problem)
                    for samples in gathered.problems.samples.values()
                    for problem in samples
                ],
                "prior": result.scorecard.prior,
                "scorecard": result.scorecard.version,
                "false_alarms_per_million_at_most": None
                if result.scorecard.alarms is None
                else result.scorecard.alarms.at_most,
            },
            ensure_ascii=False,
        )
    )


def print_text(result: ScanResult, out: Path) -> None:
    """The summary for a person at a terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    gathered = result.gathered
    read = ", ".join(_plural(count, table) for table, count in sorted(gathered.rows.items()))
    console.print(f"Read {read or 'nothing'} from {', '.join(gathered.formats)}.", markup=False)
    assessed = result.assessed.signals.num_rows
    are = "is" if result.flagged_count == 1 else "are"
    console.print(
        f"{result.flagged_count:,} of {_plural(assessed, 'accounts')} with anything "
        f"to assess {are} flagged, at a base rate of 1 in {1 / result.scorecard.prior:,.0f}.",
        markup=False,
    )
    alarms = result.scorecard.alarms
    if alarms is not None:
        console.print(
            f"Flagged is what is above the threshold of scorecard {result.scorecard.version}, at "
            f"which {alarms.per_million:g} of a million innocent simulated accounts are flagged "
            f"(at most {alarms.at_most:.0f} with 95 % confidence; from {alarms.innocent:,} of "
            "them).",
            markup=False,
        )
    if result.accounts:
        console.print(_table(result.accounts[:SHOWN]))
    else:
        console.print(_why_nobody(result), markup=False)
    for account in result.accounts[:SHOWN]:
        if account.flagged:
            _print_reasons(console, account)
    for sentence in gathered.announced():
        console.print(sentence, markup=False)
    _print_problems(console, result)
    console.print(f"Report: {out / 'report.html'}", markup=False, soft_wrap=True)


def _plural(count: int, many: str) -> str:
    """``1 account``, ``2 accounts``: of nouns that end in an s."""
    return f"{count:,} {many.removesuffix('s') if count == 1 else many}"


def _why_nobody(result: ScanResult) -> str:
    if result.settings.contacts.as_of is not None:
        return (
            f"Up to {isoformat(result.as_of)}, where --as-of ends the windows, nobody's contact "
            "with children can be seen."
        )
    if not result.gathered.rows["messages"]:
        return "Nobody's contact with children can be seen: no message was read."
    return (
        "Nobody's contact with children can be seen: no age given or stated makes a probable child "
        "of anybody who was written to, and no message shows an indicator. See docs/scan.md on "
        "what goes in."
    )


def _table(accounts: list[AccountAssessment]) -> Any:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Account", overflow="fold")
    table.add_column("Band")
    table.add_column("Probability", justify="right", no_wrap=True)
    table.add_column("Children", justify="right")
    table.add_column("First flagged", no_wrap=True)
    for account in accounts:
        first = account.first_flag
        table.add_row(
            escape(_title(account)),
            account.band,
            percent(account.probability),
            str(account.signals["children_contacted"]),
            isoformat(first.at)[:10] if first else "",
        )
    return table


def _print_reasons(console: Any, account: AccountAssessment) -> None:
    first = account.first_flag
    when = f", first flagged after {first.children_contacted} children" if first else ""
    console.print(f"{_title(account)}{when}:", markup=False)
    for reason in account.reasons[:REASONS]:
        console.print(f"  {reason.contribution:+.1f}  {reason.sentence}", markup=False)


def _title(account: AccountAssessment) -> str:
    name = account.evidence.name
    return printable(
        f"{account.account} ({name})" if name and name not in account.account else account.account
    )


def percent(probability: float) -> str:
    """A probability without digits that mean nothing."""
    if probability > 0.99:
        return "over 99 %"
    if probability < 0.001:
        return "under 0.1 %"
    return f"{100 * probability:.0f} %" if probability >= 0.01 else f"{100 * probability:.1f} %"


def _print_problems(console: Any, result: ScanResult) -> None:
    problems = result.gathered.problems
    for what, count in problems.counts.most_common():
        first = problems.samples[what][0]
        detail = f"; {first.detail}" if first.detail else ""
        console.print(
            printable(f"{count:,} × {what} (first: {first.where}{detail})"),
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
