"""``fieldfare scan``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from fieldfare.language.second_look import SecondLook
    from fieldfare.scan.run import ScanResult
    from fieldfare.scan.settings import ScanSettings

EXIT_WITH_PROBLEMS = 3

DateOrder = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy", "ymd": "ymd"}

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Files, folders or ZIPs: events or message archives."),
]


def scan(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder for the results; made if missing.")],
    engine: Annotated[str, typer.Option(help="duckdb, or spark for a cluster.")] = "duckdb",
    memory: Annotated[
        str | None, typer.Option(help="Keep below this by spilling to disk, such as 8GB.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Default: all cores.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Column mapping (TOML) for a service's own export.")
    ] = None,
    format_in: Annotated[
        str | None, typer.Option(help="Read the input as this format; see `fieldfare formats`.")
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="Where days and months are numbers: dmy, mdy or ymd.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times that carry none, such as Asia/Manila.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="End of the windows, ISO 8601 with an offset. Default: last event."),
    ] = None,
    prior: Annotated[
        float | None, typer.Option(help="Base rate of grooming accounts. Default: scorecard's.")
    ] = None,
    unknown_age_child_probability: Annotated[
        float,
        typer.Option(
            min=0.001, max=0.999, help="Probability that an account of unknown age is a child's."
        ),
    ] = 0.1,
    scorecard: Annotated[
        Path | None, typer.Option(help="Another scorecard (TOML), or judgement, or simulated.")
    ] = None,
    norms: Annotated[
        Path | None, typer.Option(help="Norms of this service (TOML), made by `fieldfare norms`.")
    ] = None,
    top: Annotated[
        int, typer.Option(min=1, help="Accounts written out with reasons; Parquet has all.")
    ] = 1000,
    metadata_only: Annotated[
        bool, typer.Option("--metadata-only", help="Read no message text at all.")
    ] = False,
    frames: Annotated[
        bool,
        typer.Option("--frames", help="Find .4 of what is worded otherwise; some is wrong."),
    ] = False,
    heads: Annotated[
        bool,
        typer.Option("--heads", help="Find indicators in other words too; more of them are wrong."),
    ] = False,
    second_look: Annotated[
        str | None,
        typer.Option(
            help="A heavier model reads accounts near the threshold: use, or a folder of yours."
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="Of the summary: text, or json for machines.")
    ] = "text",
    note: Annotated[
        str | None, typer.Option(help="A line to stand at the head of the report.")
    ] = None,
) -> None:
    """Assess everyone in message archives or event files, and write a report.

    Writes assessments.jsonl, assessments.parquet and report.html into --out, and evidence/ of
    flagged accounts, for `fieldfare case import`.

    Exit codes: 0 done; 1 input or setting not usable; 2 wrong command line; 3 done, but some of
    the input could not be read.
    """
    from fieldfare.contacts.intake import ContactSettings
    from fieldfare.contacts.norms import load as load_norms
    from fieldfare.contacts.norms import shipped
    from fieldfare.scan.settings import ScanSettings
    from fieldfare.sources.reader import ReadOptions
    from fieldfare.vocabulary.errors import SettingsError

    order = date_order_of(date_order)
    if format_ not in ("text", "json"):
        raise SettingsError(f"--format {format_}: choose text or json")
    if second_look is not None and metadata_only:
        raise SettingsError("--second-look reads text: leave out --metadata-only")
    settings = ScanSettings(
        engine=engine,
        memory=memory,
        threads=threads,
        prior=prior,
        scorecard=scorecard,
        mapping=mapping,
        format_in=format_in,
        top=top,
        contacts=ContactSettings(
            as_of=moment_of(as_of),
            unknown_child_probability=unknown_age_child_probability,
            norms=shipped() if norms is None else load_norms(norms),
        ),
        read=ReadOptions(
            date_order=order,
            time_zone=zone_of(time_zone),
            metadata_only=metadata_only,
        ),
        frames=frames,
        heads=heads,
        second_look=_second_look(second_look),
    )
    result = run_scan(paths, settings, out, as_json=format_ == "json", note=note)
    if result.gathered.problems.lost:
        raise typer.Exit(EXIT_WITH_PROBLEMS)


def _second_look(name: str | None) -> SecondLook | None:
    if name is None:
        return None
    from fieldfare.language.second_look import SHIPPED, read_second_look

    return read_second_look(None if name == SHIPPED else Path(name))


def run_scan(
    paths: list[Path],
    settings: ScanSettings,
    out: Path,
    *,
    as_json: bool = False,
    note: str | None = None,
) -> ScanResult:
    """Scan with progress on the terminal, write the results, print the summary."""
    from concurrent.futures import Future, ThreadPoolExecutor

    from fieldfare.cli.progress import reading
    from fieldfare.cli.summary import print_json, print_text
    from fieldfare.scan import output
    from fieldfare.scan.evidence_folder import EvidenceFolder
    from fieldfare.scan.page import write_page
    from fieldfare.scan.run import scan as run

    _make_folder(out)
    with (
        ThreadPoolExecutor(max_workers=1) as beside,
        reading(paths, settings, quiet=as_json or not sys.stderr.isatty()) as (watched, step),
    ):
        writing: list[Future[None]] = []
        evidence = EvidenceFolder(out)
        result = run(
            paths,
            watched,
            step,
            on_assessed=lambda early: writing.append(beside.submit(output.write_table, early, out)),
            keep=evidence.keep,
        )
        step("Writing the report")
        for each in writing:
            each.result()
        output.write_lines(result, out)
        write_page(result, out / "report.html", note=note)
        evidence.finish()
        output.finish(out)
    (print_json if as_json else print_text)(result, out)
    return result


def _make_folder(out: Path) -> None:
    from fieldfare.vocabulary.errors import SettingsError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"--out {out}: cannot be made ({error.strerror})") from error


def date_order_of(text: str | None) -> DateOrder | None:
    """What ``--date-order`` says. Raises SettingsError."""
    from fieldfare.vocabulary.errors import SettingsError

    if text is not None and text not in DATE_ORDERS:
        raise SettingsError(f"--date-order {text}: choose dmy, mdy or ymd")
    return None if text is None else DATE_ORDERS[text]


def moment_of(text: str | None) -> int | None:
    """What ``--as-of`` says, microseconds UTC. Raises SettingsError."""
    from fieldfare.vocabulary.errors import SettingsError
    from fieldfare.vocabulary.times import parse_time

    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise SettingsError(
            f"--as-of {text}: not a time with an offset, such as 2026-03-01T20:00:00Z"
        ) from error


def zone_of(name: str | None, option: str = "--time-zone") -> str | None:
    """The IANA name that an option gives. Raises SettingsError."""
    from zoneinfo import ZoneInfo

    from fieldfare.vocabulary.errors import SettingsError

    if name is None:
        return None
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"{option} {name}: no such zone; write it like Asia/Manila") from error
