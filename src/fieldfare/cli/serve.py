"""``fieldfare serve``, ``fieldfare token`` and ``fieldfare replay``: the live service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from fieldfare.service.arrivals import TextUse
    from fieldfare.service.report_intake import ReportText
    from fieldfare.service.settings import ServiceSettings

Data = Annotated[Path, typer.Option(help="Folder of the embedded database; made if missing.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="PostgreSQL instead, postgresql://…; or in the variable FIELDFARE_DATABASE.",
    ),
]
Oidc = Annotated[
    Path | None,
    typer.Option(help="File (TOML) of the identity provider people may sign in to the console by."),
]
DEFAULT_DATA = Path("fieldfare-data")


def serve(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8080,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that assess; more than 1 with PostgreSQL only.")
    ] = 1,
    text: Annotated[
        str,
        typer.Option(help="Message text: read (and forget), keep, or refuse (metadata only)."),
    ] = "read",
    policy: Annotated[Path | None, typer.Option(help="Another policy (TOML).")] = None,
    scorecard: Annotated[Path | None, typer.Option(help="Another scorecard (TOML).")] = None,
    prior: Annotated[
        float | None, typer.Option(help="Base rate of grooming accounts. Default: scorecard's.")
    ] = None,
    unknown_age_child_probability: Annotated[
        float, typer.Option(help="Probability that an account of unknown age is a child's.")
    ] = 0.1,
    keep_days: Annotated[
        int,
        typer.Option(min=0, help="Days after which pairs that fell silent age out; 0: never."),
    ] = 0,
    webhooks: Annotated[
        Path | None, typer.Option(help="File of webhooks (TOML) that are told of changes.")
    ] = None,
    cases: Annotated[
        bool, typer.Option(help="Open cases for flagged accounts and on users' reports.")
    ] = True,
    requests_per_second: Annotated[
        float, typer.Option(min=0, help="Most requests a second and token; 0: no limit.")
    ] = 0.0,
    most_waiting: Annotated[
        int,
        typer.Option(min=1, help="Events that may wait for the worker before more get a 429."),
    ] = 200_000,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate chain (PEM), to speak TLS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(help="Authorities (PEM) one of which every client's certificate is of."),
    ] = None,
    console: Annotated[
        bool, typer.Option(help="The console for reviewers too, under /console.")
    ] = True,
    oidc: Oidc = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Key file for the text of cases; or the variable FIELDFARE_KEYS."),
    ] = None,
    franking_keys: Annotated[
        Path | None,
        typer.Option(
            help="Key file that reported messages are verified with; or the variable"
            " FIELDFARE_FRANKING_KEYS."
        ),
    ] = None,
    report_text: Annotated[
        str | None,
        typer.Option(
            help="Messages of users' reports: keep (sealed, for cases), verify (and forget) or"
            " refuse. Left out: refuse with --text refuse, else keep."
        ),
    ] = None,
    log_level: Annotated[
        str, typer.Option(help="debug, info (each request by its route), warning or error.")
    ] = "warning",
) -> None:
    """Serve the live API: events in, decisions and assessments out."""
    from fieldfare.contacts.intake import ContactSettings
    from fieldfare.service.logs import LEVELS
    from fieldfare.service.serve import Listening
    from fieldfare.service.serve import serve as run
    from fieldfare.service.settings import ServiceSettings
    from fieldfare.vocabulary import SettingsError

    if log_level not in LEVELS:
        raise SettingsError(f"--log-level {log_level}: choose {', '.join(LEVELS)}")
    settings = ServiceSettings(
        data=data,
        database=url_of(database),
        text_use=text_use_of(text),
        contacts=ContactSettings(unknown_child_probability=unknown_age_child_probability),
        scorecard=scorecard,
        policy=policy,
        prior=prior,
        requests_per_second=requests_per_second,
        most_waiting=most_waiting,
        keep_days=keep_days,
        log_level=log_level,
        webhooks=webhooks,
        cases=cases,
        keys=keys,
        franking_keys=franking_keys,
        report_text=report_text_of(report_text),
    )
    mounted = {}
    if console:
        from fieldfare.cli.console import open_console
        from fieldfare.console.app import create_console

        found = open_console(data, database, keys, policy=policy, scorecard=scorecard, oidc=oidc)
        mounted["/console"] = create_console(found)
    listening = Listening(host, port, tls_certificate, tls_key, tls_client_ca)
    run(settings, listening, workers, typer.echo, mounted)


token = typer.Typer(help="Bearer tokens of the live service.", no_args_is_help=True)


@token.command("make")
def token_make(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What it may do; may be given several times: events:write, notices:write,"
            " reports:write, reports:read, decisions:ask, assessments:read, appeals:write,"
            " appeals:read, accounts:manage, webhooks:manage, metrics:read."
        ),
    ],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Make a token and print it. It is shown this once and kept nowhere."""
    from fieldfare.service.tokens import Tokens

    journal = settings_of(data, database).open_journal()
    typer.echo(Tokens(journal.database).make(name, scope))


@token.command("revoke")
def token_revoke(
    name: Annotated[str, typer.Argument(help="Name it was made with.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Make a token worthless, within a second also for a service that runs."""
    from fieldfare.service.tokens import Tokens

    Tokens(settings_of(data, database).open_journal().database).revoke(name)
    typer.echo(f"revoked {name}")


@token.command("list")
def token_list(data: Data = DEFAULT_DATA, database: DatabaseUrl = None) -> None:
    """List names, scopes and dates; never the tokens themselves."""
    from fieldfare.service.tokens import Tokens
    from fieldfare.vocabulary.times import isoformat

    for each in Tokens(settings_of(data, database).open_journal().database).all():
        state = f"revoked {isoformat(each.revoked_at)}" if each.revoked_at else "in force"
        typer.echo(
            f"{each.name}\t{' '.join(sorted(each.scopes))}\t{isoformat(each.made_at)}\t{state}"
        )


def replay(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    webhooks: Annotated[
        Path | None, typer.Option(help="Webhooks to tell where a band has become another.")
    ] = None,
) -> None:
    """Throw the state away and rebuild it from the journal. Stop the service first."""
    from dataclasses import replace

    from fieldfare.service.serve import replay as run

    settings = replace(settings_of(data, database), webhooks=webhooks)
    typer.echo(f"{run(settings):,} events folded anew")


def settings_of(data: Path, database: str | None) -> ServiceSettings:
    """Where the service keeps its data."""
    from fieldfare.service.settings import ServiceSettings

    return ServiceSettings(data=data, database=url_of(database))


def text_use_of(given: str) -> TextUse:
    from fieldfare.vocabulary import SettingsError

    if given not in ("read", "keep", "refuse"):
        raise SettingsError(f"--text {given}: choose read, keep or refuse")
    return cast("TextUse", given)


def report_text_of(given: str | None) -> ReportText | None:
    from fieldfare.vocabulary import SettingsError

    if given not in (None, "keep", "verify", "refuse"):
        raise SettingsError(f"--report-text {given}: choose keep, verify or refuse")
    return cast("ReportText | None", given)


def url_of(given: str | None) -> str | None:
    # A URL may hold a password, and a command line is read by others on the machine.
    return given or os.environ.get("FIELDFARE_DATABASE") or None
