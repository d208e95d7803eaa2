"""``fieldfare evidence``: bags that a court can trust, and anyone can check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.case import Keys, number_of, open_store
from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl

if TYPE_CHECKING:
    from fieldfare.reports.evidence import BagMade, BagOptions

EXIT_WRONG = 1

Key = Annotated[Path | None, typer.Option(help="Private key that signs the bag.", exists=True)]
Authority = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Timestamping authority (RFC 3161): it is sent a hash, nothing else."
    ),
]
Recipient = Annotated[
    list[str] | None,
    typer.Option(help="age or SSH public key; only its holder can open the bag. Repeatable."),
]
Fonts = Annotated[
    Path | None,
    typer.Option(help="Folder of fonts for PDFs, beside the system's.", exists=True),
]
FrankingKeys = Annotated[
    Path | None,
    typer.Option(
        help="Key file that reported messages are verified with; or the variable"
        " FIELDFARE_FRANKING_KEYS."
    ),
]
Organisation = Annotated[str, typer.Option(help="Whose bag it is, for bag-info.txt.")]
Bag = Annotated[Path, typer.Argument(metavar="BAG", help="Folder of a bag.", exists=True)]

evidence = typer.Typer(
    help="Evidence bags: made, checked offline, redacted, opened.", no_args_is_help=True
)


@evidence.command("make")
def make(
    number: Annotated[str, typer.Argument(metavar="CASE", help="Number of the case: C-12.")],
    out: Annotated[Path, typer.Option(help="Folder of the bag; must not exist.")],
    purpose: Annotated[str, typer.Option(help="What for; goes into bag and audit.")] = "evidence",
    draft: Annotated[
        bool, typer.Option("--draft", help="Before two people have agreed; marked everywhere.")
    ] = False,
    key: Key = None,
    timestamp: Authority = None,
    recipient: Recipient = None,
    fonts: Fonts = None,
    organisation: Organisation = "",
    franking_keys: FrankingKeys = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Make an evidence bag of a case. Where children's reports are verified and the bag is signed,
    it holds the operator's statement of that."""
    from fieldfare.cases import OPERATOR
    from fieldfare.cli.statements import proofs_of, statement_settings
    from fieldfare.reports.case_file import open_case_file
    from fieldfare.reports.evidence import make_bag

    case, options = number_of(number), _options(key, timestamp, recipient, fonts, organisation)
    with open_store(data, database, keys) as store:
        case_file = open_case_file(store, OPERATOR, case, purpose, draft=draft)
        settings = statement_settings(data, database, keys, franking_keys)
        proofs = proofs_of(settings, case_file, key, organisation)
        made = make_bag(case_file, out, options, proofs)
        store.note_export(OPERATOR, case, "bag", made.sha256, made.path)
    if case_file.is_draft:
        typer.echo("A draft: two people have not agreed that this leaves the service.", err=True)
    _say(made)


@evidence.command("statement")
def statement(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="Id of a user's report.")],
    key: Annotated[Path, typer.Option(help="Private key that signs it.", exists=True)],
    out: Annotated[Path, typer.Option(help="File of the statement; must not exist.")],
    organisation: Organisation = "",
    franking_keys: FrankingKeys = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """State, signed, what is verified of a user's report: no text, and no franking key is needed to
    check it. It can be made as long as the report's messages are kept."""
    from fieldfare.cli.statements import statement_of, statement_settings
    from fieldfare.reports.evidence.bag import private
    from fieldfare.vocabulary import InputError

    if out.exists():
        raise InputError(f"{out}: exists already; choose another name for the statement")
    settings = statement_settings(data, database, keys, franking_keys)
    envelope, count = statement_of(settings, report, key, organisation)
    with private(out) as file:
        file.write(envelope.encode() + b"\n")
    typer.echo(f"{count:,} messages vouched for in {out}")


@evidence.command("read-statement")
def read_statement(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A statement.", exists=True)],
    key: Annotated[Path, typer.Option(help="Public key of the operator.", exists=True)],
) -> None:
    """Check a statement, offline, and print what was stated, as JSON."""
    import json

    from fieldfare.cli.terminal import printable
    from fieldfare.reports.evidence.signing import load_public_key
    from fieldfare.safeguards.franking_statement import read_statement as read

    public = load_public_key(key.read_bytes(), key)
    stated = read(file.read_text("utf-8", "replace"), public)
    for line in json.dumps(stated, indent=2, ensure_ascii=False).splitlines():
        typer.echo(printable(line))


@evidence.command("verify")
def verify(
    bag: Bag,
    key: Annotated[
        Path | None,
        typer.Option(help="Public key of whoever is expected to have signed it.", exists=True),
    ] = None,
    roots: Annotated[
        Path | None,
        typer.Option(help="Certificates (PEM) of trusted timestamping authorities.", exists=True),
    ] = None,
) -> None:
    """Check a bag, offline and without any database: what is wrong with it, what is proved and what
    is not. Exit code 1 where anything is wrong."""
    from fieldfare.cli.terminal import printable
    from fieldfare.reports.evidence.verifying import verify as check

    found = check(bag, public_key=key, roots=roots)
    for problem in found.problems:
        typer.echo(printable(problem), err=True)
    for title, lines in (
        ("", found.facts),
        ("Proved:", found.proved),
        ("Not proved:", found.not_proved),
    ):
        if title and lines:
            typer.echo(title)
        for line in lines:
            typer.echo(printable(f"  {line}" if title else line))
    if not found.whole:
        typer.echo(f"{len(found.problems)} things are wrong with this bag", err=True)
        raise typer.Exit(EXIT_WRONG)


@evidence.command("redact")
def redact(
    bag: Bag,
    out: Annotated[Path, typer.Option(help="Folder of the redacted copy; must not exist.")],
    also: Annotated[
        Path | None,
        typer.Option(help="File of further words to hide, one a line: nicknames, schools."),
    ] = None,
    key: Key = None,
    timestamp: Authority = None,
    recipient: Recipient = None,
    fonts: Fonts = None,
    organisation: Organisation = "",
) -> None:
    """Make a copy for disclosure: children by pseudonym, no media, with a log of what was taken
    out. Have a person read it before it is handed on: only listed names are found."""
    from fieldfare.reports.evidence.redacting import redact as hide

    words = [] if also is None else also.read_text("utf-8").splitlines()
    options = _options(key, timestamp, recipient, fonts, organisation)
    done = hide(bag, out, options, [word for word in words if word.strip()])
    typer.echo(
        f"{done.replaced:,} names, addresses and numbers replaced, {done.media:,} media taken out, "
        f"{done.withheld:,} audit entries held back"
    )
    _say(done.made)


@evidence.command("open")
def open_(
    sealed: Annotated[Path, typer.Argument(metavar="FILE", help="A .tar.age file.", exists=True)],
    identity: Annotated[Path, typer.Option(help="File of age identities.", exists=True)],
    out: Annotated[Path, typer.Option(help="Folder that the bag is put into.")],
) -> None:
    """Open a bag that was encrypted to you."""
    from fieldfare.reports.evidence.sealing import decrypt

    typer.echo(f"The bag is in {decrypt(sealed, identity, out)}")


@evidence.command("key")
def key_(
    out: Annotated[Path, typer.Option(help="File of the private key; the public one is .pub.")],
) -> None:
    """Make a key pair (Ed25519) to sign bags with; print its fingerprint."""
    from fieldfare.reports.evidence.signing import new_key

    typer.echo(f"Fingerprint {new_key(out)}")


def _options(
    key: Path | None,
    authority: str | None,
    recipients: list[str] | None,
    fonts: Path | None,
    organisation: str,
) -> BagOptions:
    from fieldfare.reports.evidence import BagOptions

    return BagOptions(key, authority, tuple(recipients or ()), fonts, organisation)


def _say(made: BagMade) -> None:
    typer.echo(f"{made.messages:,} messages in {made.path}")
    typer.echo(f"SHA-256 of its tag manifest: {made.sha256}")
    if made.missing:
        typer.echo(
            f"{len(made.missing)} characters have no font here and are boxes in the PDFs; install "
            "fonts such as Noto, or give --fonts",
            err=True,
        )
