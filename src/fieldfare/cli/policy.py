"""``fieldfare policy``: check a policy file, show a policy, try one on past events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fieldfare.safeguards import Policy, Rule
    from fieldfare.scan.settings import ScanSettings

policy = typer.Typer(
    help="Check, show and try what is done at once to protect children.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@policy.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy (TOML).")],
) -> None:
    """Check a policy file, and print every mistake with its line and key.

    Exit codes: 0 it is valid; 1 it is not.
    """
    from fieldfare.safeguards import PolicyError, load

    try:
        found = load(file)
    except PolicyError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    in_shadow = sum(rule.shadow for rule in found.rules)
    shadow = "all in shadow" if found.shadow else f"{in_shadow} in shadow"
    typer.echo(
        f"{file}: valid; version {found.version}, {len(found.rules)} rules ({shadow}), "
        f"SHA-256 {found.sha256}"
    )


@policy.command()
def show(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: the shipped policy.")
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="text, markdown, or toml: the shipped file, to start your own from."
        ),
    ] = "text",
) -> None:
    """Print a policy's rules in plain words."""
    from fieldfare.safeguards import load, shipped
    from fieldfare.vocabulary.errors import SettingsError

    if format_ == "toml":
        typer.echo(_source(file), nl=False)
        return
    if format_ not in ("text", "markdown"):
        raise SettingsError(f"--format {format_}: choose text, markdown or toml")
    found = shipped() if file is None else load(file)
    typer.echo(markdown(found) if format_ == "markdown" else _text(found), nl=False)


def _source(file: Path | None) -> str:
    from importlib.resources import files

    from fieldfare.vocabulary.errors import SettingsError

    if file is None:
        return (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read ({error}); check the path") from error


def _text(found: Policy) -> str:
    lines = [f"{found.name}, version {found.version}, SHA-256 {found.sha256}", ""]
    for rule in found.rules:
        lines += [
            f"{rule.id}: {rule.verdict}{' (in shadow)' if rule.shadow or found.shadow else ''}",
            f"    {rule.says}",
            f"    When: {'; '.join(_conditions(rule))}.",
            f"    Basis: {rule.basis_marked}",
            "",
        ]
    return "\n".join(lines)


def _conditions(rule: Rule) -> Iterator[str]:
    yield " or ".join(rule.actions)
    if rule.service_has_connections is not None:
        yield f"the service has {'' if rule.service_has_connections else 'no '}connections"
    for name, value in rule.conditions.items():
        yield f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def markdown(found: Policy) -> str:
    """The rules as a table, as it stands in docs/policy.md."""
    lines = [
        "| rule | what it says | when | verdict, code | basis |",
        "|---|---|---|---|---|",
    ]
    for rule in found.rules:
        hours = f" {rule.retry_after_hours:g} h" if rule.retry_after_hours is not None else ""
        when = "; ".join(f"`{each}`" if "=" in each else each for each in _conditions(rule))
        basis = rule.basis_marked
        lines.append(
            f"| `{rule.id}` | {rule.says} | {when} | {rule.verdict}{hours}, `{rule.code}` "
            f"| {basis} |"
        )
    return "\n".join(lines) + "\n"


@policy.command("try")
def try_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy (TOML).")],
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Past events, or message archives.")
    ],
    against: Annotated[
        Path | None, typer.Option(help="Another policy to compare with, such as the one in force.")
    ] = None,
    engine: Annotated[str, typer.Option(help="duckdb, or spark for a cluster.")] = "duckdb",
    memory: Annotated[
        str | None, typer.Option(help="Keep below this by spilling to disk, such as 8GB.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Column mapping (TOML) for a service's own export.")
    ] = None,
    format_in: Annotated[
        str | None, typer.Option(help="Read the input as this format; see `fieldfare formats`.")
    ] = None,
    scorecard: Annotated[Path | None, typer.Option(help="Another scorecard (TOML).")] = None,
    metadata_only: Annotated[
        bool, typer.Option("--metadata-only", help="Read no message text at all.")
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="text, or json for machines.")] = "text",
) -> None:
    """Try a policy on past events: how many would have been delivered, asked of, withheld.

    Exit codes: as of `fieldfare scan`.
    """
    from fieldfare.cli.progress import reading
    from fieldfare.cli.scan import EXIT_WITH_PROBLEMS
    from fieldfare.safeguards import load
    from fieldfare.scan.settings import ScanSettings
    from fieldfare.scan.trial import try_policy
    from fieldfare.sources.reader import ReadOptions
    from fieldfare.vocabulary.errors import SettingsError

    if format_ not in ("text", "json"):
        raise SettingsError(f"--format {format_}: choose text or json")
    settings: ScanSettings = ScanSettings(
        engine=engine,
        memory=memory,
        mapping=mapping,
        format_in=format_in,
        scorecard=scorecard,
        read=ReadOptions(metadata_only=metadata_only),
    )
    tried = load(file)
    other = None if against is None else load(against)
    quiet = format_ == "json" or not sys.stderr.isatty()
    with reading(paths, settings, quiet=quiet) as (watched, step):
        trial = try_policy(tried, paths, watched, other, step)
    _print(trial, as_json=format_ == "json")
    if trial.gathered.problems.lost:
        raise typer.Exit(EXIT_WITH_PROBLEMS)


def _print(trial: Any, *, as_json: bool) -> None:
    from fieldfare.scan.trial import as_json as plain

    said = plain(trial)
    if as_json:
        import json

        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    _print_tally("", said)
    if "against" in said:
        _print_tally("Compared with: ", said["against"])
        typer.echo("Changes, from the policy compared with:")
        for change in said["changes"]:
            typer.echo(f"  {change['from']} to {change['to']}: {change['attempts']:,}")
    for what, count in said["problems"].items():
        typer.echo(f"{count:,} × {what}")


def _print_tally(lead: str, said: dict[str, Any]) -> None:
    typer.echo(f"{lead}policy {said['policy']['version']}, SHA-256 {said['policy']['sha256']}")
    for name, title in (("to_children", "to children"), ("to_adults", "to adults")):
        for what, counts in said[name].items():
            shown = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items() if count)
            typer.echo(f"  {what.replace('_', ' ')} {title}: {shown or 'none'}")
    for rule in said["rules"]:
        if rule["applied"]:
            shadow = ", in shadow" if rule["shadow"] else ""
            typer.echo(
                f"  {rule['id']} ({rule['verdict']}{shadow}): applied to {rule['applied']:,}, "
                f"decided {rule['decided']:,}"
            )
