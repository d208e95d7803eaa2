"""``fieldfare calibrate``: fit the scorecard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Worlds of `fieldfare simulate`; with --labels, assessments.parquet of a scan.",
            exists=True,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The scorecard to write, a .toml file.")],
    prior: Annotated[
        float | None,
        typer.Option(help="Base rate of grooming accounts, 0-1. Default: that of --from."),
    ] = None,
    apart: Annotated[
        list[Path] | None,
        typer.Option(
            help="World to choose threshold and calibration on as well, but no weight. May be "
            "repeated.",
            exists=True,
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Card that gives the bins, and that weights are shrunk to. Default: the card set "
            "by judgement; with --labels, the shipped one.",
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Reviewers' decisions (JSON Lines).", exists=True)
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help="How far weights may move from the card: smaller shrinks more. Default: 3; with "
            "--labels, 0.5.",
        ),
    ] = None,
    per_million: Annotated[
        float, typer.Option(min=0, help="False alarms aimed at, of a million innocent accounts.")
    ] = 10.0,
    per_million_with_text: Annotated[
        float | None,
        typer.Option(min=0, help="The same where text is read. Default: as --per-million."),
    ] = None,
    draws: Annotated[int, typer.Option(min=0, help="Size of the bootstrap over people.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of bootstrap and folds.")] = 0,
    every_days: Annotated[int, typer.Option(min=1, help="Days from one look to the next.")] = 7,
    name: Annotated[str, typer.Option(help="The card's version.")] = "fitted",
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    memory: Annotated[str | None, typer.Option(help="Memory limit of the engine.")] = None,
) -> None:
    """Fit a scorecard on worlds or on reviewers' decisions, and print what it rests on, as JSON."""
    import json
    from dataclasses import replace

    from fieldfare.lab import scorecard_file
    from fieldfare.risk import scorecard

    def say(step: str) -> None:
        typer.echo(step, err=True)

    if labels is not None:
        from fieldfare.lab.review_decisions import read_decisions, refit

        card = scorecard.load(start) if start is not None else scorecard.shipped()
        card = card if prior is None else card.with_prior(prior)
        fitted, report = refit(paths, read_decisions(labels), card, spread=spread or 0.5)
        scorecard_file.write(out, fitted)
    else:
        from fieldfare.lab import calibration, fitted_card
        from fieldfare.lab.labelled_world import read_world
        from fieldfare.lab.moments import Look, observe
        from fieldfare.lab.views import BARE, VIEWS

        form = scorecard.load(start) if start is not None else scorecard.judgement()
        form = form if prior is None else form.with_prior(prior)
        look = Look(engine, memory, every_days)
        whole = replace(look, views=VIEWS + BARE)
        worlds = [observe(read_world(path), form, whole, say) for path in paths]
        others = [observe(read_world(path), form, look, say) for path in apart or ()]
        found = calibration.calibrate(
            worlds,
            form,
            apart=others,
            prior=form.prior,
            seed=seed,
            spread=spread or 3.0,
            draws=draws,
            per_million=per_million,
            per_million_with_text=per_million_with_text,
            say=say,
        )
        card = replace(
            found.card,
            version=name,
            basis=fitted_card.basis(worlds, form, apart=others, prior=form.prior, seed=seed),
        )
        card = scorecard_file.write(out, card, found.text, found.without_text)
        report = {"card": {"version": card.version, "sha256": card.sha256}, **found.report}
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
