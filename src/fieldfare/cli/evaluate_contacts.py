"""``fieldfare evaluate contacts``: how early offenders are found, and at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def contacts(
    worlds: Annotated[
        list[Path], typer.Argument(help="Worlds of `fieldfare simulate`.", exists=True)
    ],
    out: Annotated[Path, typer.Option(help="Folder for figures.json and page.html.")],
    scorecard: Annotated[
        Path | None, typer.Option(help="Another scorecard (TOML), or judgement.")
    ] = None,
    threshold_from: Annotated[
        list[Path] | None,
        typer.Option(
            help="World to choose thresholds on, never measured. May be given several times. "
            "Default: the card's own threshold.",
            exists=True,
        ),
    ] = None,
    per_million: Annotated[
        float, typer.Option(min=0, help="False alarms aimed at, of a million innocent accounts.")
    ] = 10.0,
    robustness: Annotated[
        Path | None,
        typer.Option(help="World to measure with less in it and with errors.", exists=True),
    ] = None,
    ablation: Annotated[
        bool, typer.Option(help="Also leave out each signal and family in turn.")
    ] = True,
    every_days: Annotated[int, typer.Option(min=1, help="Days from one look to the next.")] = 7,
    seed: Annotated[int, typer.Option(min=0, help="Of the errors of --robustness.")] = 0,
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    memory: Annotated[str | None, typer.Option(help="Memory limit of the engine.")] = None,
) -> None:
    """Measure detection of contact with children on worlds whose truth is known; print JSON and
    write it with a page of plots."""
    import json

    from fieldfare.lab import ablation as ablations
    from fieldfare.lab import contact_evaluation as evaluation
    from fieldfare.lab.contact_page import write_page
    from fieldfare.lab.labelled_world import read_world
    from fieldfare.lab.moments import Look, observe
    from fieldfare.lab.robustness import robustness as measure_robustness
    from fieldfare.risk import scorecard as scorecards

    def say(step: str) -> None:
        typer.echo(step, err=True)

    card = scorecards.load(scorecard) if scorecard is not None else scorecards.shipped()
    look = Look(engine, memory, every_days)
    chosen_on = [observe(read_world(path), card, look, say) for path in threshold_from or ()]
    observed = [observe(read_world(path), card, look, say) for path in worlds]
    figures = evaluation.evaluate(observed, card, chosen_on=chosen_on, per_million=per_million)
    if ablation:
        ablations.add_to(figures, observed, card, chosen_on=chosen_on, per_million=per_million)
    figures["looked_at_every_days"] = every_days
    if robustness is not None:
        figures["robustness"] = measure_robustness(
            read_world(robustness),
            card,
            figures["thresholds_log_odds"],
            look=look,
            seed=seed,
            say=say,
        )
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    (out / "figures.json").write_text(text + "\n", "utf-8")
    write_page(out / "page.html", figures)
    typer.echo(text)
