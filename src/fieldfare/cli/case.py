"""``fieldfare case``: cases at the command line, as the operator of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl
from fieldfare.cli.serve import url_of as database_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fieldfare.cases import CaseStore
    from fieldfare.cases.records import CaseSummary
    from fieldfare.cases.vault import Vault

Keys = Annotated[
    Path | None,
    typer.Option(
        help="Key file for text at rest; or keys in the variable FIELDFARE_KEYS.", exists=True
    ),
]

case = typer.Typer(help="Cases that people decide about.", no_args_is_help=True)


@case.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The --out of a scan.", exists=True)
    ],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Open a case for each account that a scan flagged, or add to the one that is open."""
    from fieldfare.cases import OPERATOR
    from fieldfare.scan.evidence_folder import read

    store = open_store(data, database, keys)
    before = {each.id for each in _all(store)}
    opened, joined = 0, 0
    for _, snapshot in read(folder):
        number = store.open_case(OPERATOR, snapshot, "scan")
        opened, joined = opened + (number not in before), joined + (number in before)
    typer.echo(f"{opened:,} cases opened, {joined:,} open ones looked at again")


@case.command("list")
def list_(
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
) -> None:
    """List cases: number, state, urgency, band, children, account, deadline."""
    from fieldfare.cases.states import states
    from fieldfare.cli.terminal import printable
    from fieldfare.vocabulary.times import isoformat

    found = list(_all(open_store(data, database, None)))
    wanted = [each for each in found if all_ or states()[each.state].open]
    for each in sorted(wanted, key=lambda one: (one.rank, one.due_at, one.id)):
        row = (each.reference, each.state, each.level, each.band, str(each.children))
        due = isoformat(each.due_at // 1_000_000 * 1_000_000)
        typer.echo("\t".join((*row, printable(each.account), due)))


@case.command("show")
def show(
    number: Annotated[str, typer.Argument(help="Number of the case, such as C-12.")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Print what stands in the list about one case, as JSON; never text. To see more, sign in to
    the console: there it is audited who looks."""
    import json
    from dataclasses import asdict

    from fieldfare.cases import OPERATOR

    found = open_store(data, database, None).summary(OPERATOR, number_of(number))
    typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))


@case.command("labels")
def labels(
    out: Annotated[Path, typer.Option(help="File to write (JSON Lines).")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
) -> None:
    """Write what people decided, for `fieldfare calibrate --labels`."""
    import json

    from fieldfare.cases import OPERATOR
    from fieldfare.vocabulary.times import isoformat

    found = open_store(data, database, None).labels(OPERATOR)
    lines = [
        json.dumps(
            {
                "account": each.account,
                "decision": each.decision,
                "decided_at": isoformat(each.decided_at),
                "case": f"C-{each.case}",
            },
            ensure_ascii=False,
        )
        for each in found
    ]
    out.write_text("".join(line + "\n" for line in lines), "utf-8")
    typer.echo(f"{len(found):,} decisions written to {out}")


@case.command("agreed")
def agreed(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="policy or scorecard.")],
    out: Annotated[Path, typer.Option(help="File to write (TOML).")],
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    keys: Keys = None,
) -> None:
    """Write the policy or scorecard that two people agreed to last, byte by byte, for `fieldfare
    serve --policy` or `--scorecard`."""
    from typing import Literal, cast

    from fieldfare.cases import OPERATOR
    from fieldfare.vocabulary import InputError

    if kind not in ("policy", "scorecard"):
        raise InputError(f"{kind}: write policy or scorecard")
    wanted = cast("Literal['policy', 'scorecard']", kind)
    found = open_store(data, database, keys).agreed(OPERATOR, wanted)
    if found is None or "text" not in found.payload:
        raise InputError(f"two people have agreed to no {kind} yet")
    out.write_bytes(str(found.payload["text"]).encode())
    typer.echo(
        f"{out}: proposed by {found.by}, agreed to by {found.second}; SHA-256 "
        f"{found.payload['sha256']}"
    )


@case.command("new-key")
def new_key(
    name: Annotated[str, typer.Argument(help="Id of the key, such as a date.")],
) -> None:
    """Print a line for a key file, with a new random key. Put it first; keep the others below."""
    from fieldfare.vocabulary.keys import KeyRing, new_line

    line = new_line(name)
    KeyRing.parse(line, "new-key")
    typer.echo(line)


@case.command("rotate-keys")
def rotate_keys(data: Data = DEFAULT_DATA, database: DatabaseUrl = None, keys: Keys = None) -> None:
    """Encrypt all that is stored with the first key of the ring."""
    from fieldfare.cases import OPERATOR

    changed = open_store(data, database, keys).rotate_keys(OPERATOR)
    typer.echo(f"{changed:,} values are under the first key now")


def open_store(data: Path, database: str | None, keys: Path | None) -> CaseStore:
    """The store of cases, with the clocks of the folder's ``retention.toml``."""
    from fieldfare.cases import CaseStore
    from fieldfare.cases.clocks import of_data
    from fieldfare.cases.desk import StoreSettings

    clocks = of_data(data)
    engine, vault = open_parts(data, database, keys)
    return CaseStore(engine, vault=vault, settings=StoreSettings(clocks=clocks))


def open_parts(data: Path, database: str | None, keys: Path | None) -> tuple[Engine, Vault]:
    """The database of cases, up to date, and the vault."""
    from fieldfare.cases.database import connect, url_of
    from fieldfare.cases.vault import Vault, load

    ring = load(keys)
    return connect(url_of(data, database_of(database))), Vault(ring)


def _all(store: CaseStore) -> list[CaseSummary]:
    from fieldfare.cases import OPERATOR

    found: list[CaseSummary] = []
    while True:
        page = store.list_cases(OPERATOR, found[-1].id if found else 0, 1_000)
        found += page
        if len(page) < 1_000:
            return found


def number_of(text: str) -> int:
    """The number of a case that is written ``C-12``. Raises InputError."""
    from fieldfare.vocabulary import InputError

    number = text.upper().removeprefix("C-")
    if not number.isascii() or not number.isdigit():
        raise InputError(f"{text}: not the number of a case; write it like C-12")
    return int(number)
