"""The command line: arguments in, a command's work, one clear line and an exit code out.

One module a command; each imports what it needs when it runs, so that ``--help`` is quick. To add
a command, write its function in a module here and register it in `app`.

Exit codes: 0 done; 1 the input or a setting is not usable, nothing was written; 2 the command
line is wrong; 3 done, but some of the input could not be read (it is counted and located).
"""

from __future__ import annotations

import os
import sys

import typer

from fieldfare.cli.account import account
from fieldfare.cli.accountability import accountability
from fieldfare.cli.appeal import appeal
from fieldfare.cli.audit import audit
from fieldfare.cli.bench import bench
from fieldfare.cli.calibrate import calibrate
from fieldfare.cli.case import case
from fieldfare.cli.console import console
from fieldfare.cli.demo import demo
from fieldfare.cli.device import device
from fieldfare.cli.evaluate import evaluate
from fieldfare.cli.evidence import evidence
from fieldfare.cli.formats import formats
from fieldfare.cli.investigate import investigate
from fieldfare.cli.investigation import investigation
from fieldfare.cli.norms import norms
from fieldfare.cli.policy import policy
from fieldfare.cli.report import report
from fieldfare.cli.retention import retention
from fieldfare.cli.scan import scan
from fieldfare.cli.serve import replay, serve, token
from fieldfare.cli.signals import signals
from fieldfare.cli.simulate import simulate
from fieldfare.cli.stream import stream
from fieldfare.cli.terminal import printable
from fieldfare.cli.train import train
from fieldfare.cli.user import user
from fieldfare.cli.webhook import webhook
from fieldfare.vocabulary.errors import FieldfareError

app = typer.Typer(
    name="fieldfare",
    help="Find adults whose contact with children looks like grooming: early, and explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    scan,
    investigate,
    demo,
    serve,
    stream,
    console,
    replay,
    simulate,
    calibrate,
    signals,
    norms,
    accountability,
    formats,
    bench,
):
    app.command()(command)
for name, group in (
    ("train", train),
    ("evaluate", evaluate),
    ("policy", policy),
    ("token", token),
    ("webhook", webhook),
    ("account", account),
    ("appeal", appeal),
    ("device", device),
    ("case", case),
    ("investigation", investigation),
    ("report", report),
    ("user", user),
    ("audit", audit),
    ("evidence", evidence),
    ("retention", retention),
):
    app.add_typer(group, name=name)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from fieldfare import __version__

        typer.echo(f"fieldfare {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; errors of ours become one line on standard error."""
    try:
        app()
    except FieldfareError as error:
        typer.echo(f"fieldfare: {printable(str(error))}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        # Of a file of ours: what is wrong with input is an InputError long before.
        where = f" {error.filename}" if error.filename else ""
        typer.echo(
            printable(f"fieldfare: cannot read or write{where} ({error.strerror or error})"),
            err=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("fieldfare: stopped; nothing was written", err=True)
        sys.exit(130)
