"""``fieldfare bench``: figures of speed and memory, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    what: Annotated[
        str,
        typer.Argument(
            help="kernel, scan, serve, live, crash, cases, console, evidence, device, investigate;"
            " all: the first two."
        ),
    ] = "all",
    events: Annotated[
        list[float] | None,
        typer.Option(help="Events of a scan; may be given several times. Default: 1e6 and 1e7."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Engine of the scan: duckdb or spark.")] = "duckdb",
    memory: Annotated[str | None, typer.Option(help="Memory limit of the scan.")] = None,
    shape: Annotated[
        str | None,
        typer.Option(help="Also scan the largest crowd with a celebrity, big-group or chatterbox."),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each; the median is printed.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="How long to load the service.")] = 60,
    rate: Annotated[
        float, typer.Option(min=500, help="Events a second that the service is asked to sustain.")
    ] = 10_500,
    kills: Annotated[int, typer.Option(min=1, help="How often to kill the service.")] = 200,
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL for service or cases, instead of SQLite.")
    ] = None,
    cases: Annotated[int, typer.Option(min=100, help="Cases in the queue.")] = 100_000,
    children: Annotated[int, typer.Option(min=1, help="Children of its large case.")] = 150,
    messages: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Messages of its large case. Default: 20,000; evidence 2e5; investigate 1e6.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Keep the queue of cases or console here; used again if it is filled."),
    ] = None,
    modules: Annotated[
        Path, typer.Option(help="Modules of the device; run by Chromium, of a checkout.")
    ] = Path("device"),
) -> None:
    """Measure the token kernel, the scan, the live service or the console, and print JSON."""
    import json

    if what == "device":
        from fieldfare.lab.device_figures import measure_device

        typer.echo(json.dumps(measure_device(modules, runs), indent=2))
        return
    if what == "evidence":
        from fieldfare.lab import evidence_benchmark

        measured = evidence_benchmark.measure(messages or 200_000, children)
        typer.echo(json.dumps(measured, indent=2))
        return
    if what == "investigate":
        from fieldfare.lab.suspect import benchmark

        typer.echo(json.dumps(benchmark.measure(messages or benchmark.MESSAGES), indent=2))
        return
    messages = messages or 20_000
    if what == "cases":
        from fieldfare.lab import case_benchmark

        figures = case_benchmark.measure(
            cases, database=database, children=children, messages=messages, data=data
        )
        typer.echo(json.dumps(figures, indent=2))
        return
    if what == "console":
        from fieldfare.lab.console_figures import measure_console

        typer.echo(json.dumps(measure_console(cases, children, messages, data), indent=2))
        return

    if what in ("serve", "live", "crash"):
        from fieldfare.lab.service_figures import measure_service

        figures = measure_service(
            what,
            seconds=seconds,
            rate=rate,
            events=int(events[0] if events else 1e6),
            kills=kills,
            database=database,
        )
        typer.echo(json.dumps(figures, indent=2))
        return

    from fieldfare.lab.bench import measure

    sizes = [int(size) for size in events or (1e6, 1e7)]
    typer.echo(json.dumps(measure(what, sizes, engine, memory, runs, shape), indent=2))
