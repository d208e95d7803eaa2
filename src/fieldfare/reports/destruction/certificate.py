"""The certificate of a destruction: what was destroyed, by hash; when, by whom and on what ground;
what is kept, and until when. No personal data of those the case was about, but its number.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from fieldfare.cases.errors import WrongState
from fieldfare.cases.retention_records import Destruction
from fieldfare.reports.evidence import signing
from fieldfare.reports.evidence.bag import private
from fieldfare.reports.evidence.making import pretty, software
from fieldfare.reports.typesetting import typeset
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import SECOND, isoformat

FORMAT: Final = "fieldfare-destruction-1"
LIMITS: Final = (
    "Of files only those are meant that Fieldfare wrote and found where it had put them; copies "
    "that people made, and what was handed to authorities, are not.",
    "Backups, copies of disks, and what a server's files keep until they are written over are the "
    "operator's to see to.",
    "A hash is over the rows as they were stored, in order; it shows that a copy found later is of "
    "the same case, and gives nothing back.",
)
STAGES: Final = {
    "content": "The content of the case: texts, media hashes, reported messages, snapshots, notes, "
    "words of decisions and reports, and files made of it",
    "reference": "The reference of the case: its account, states, decisions, and numbers of "
    "reports",
}


def certificate(destruction: Destruction) -> dict[str, Any]:
    """What it says. The same destruction gives the same. Raises WrongState before it is done."""
    if destruction.state != "done":
        raise WrongState(
            f"destruction D-{destruction.id} of case {destruction.reference} is not done: it is "
            f"{destruction.state}"
        )
    manifest = destruction.manifest
    return {
        "format": FORMAT,
        "number": f"D-{destruction.id}",
        "case": destruction.reference,
        "stage": destruction.stage,
        "what": STAGES[destruction.stage],
        "ground": [
            each | {"started_at": _second(each["started_at"]), "ends_at": _second(each["ends_at"])}
            for each in destruction.ground
        ],
        "proposed": {"by": destruction.by, "at": _second(destruction.proposed_at)},
        "agreed": {"by": destruction.second, "at": _second(destruction.agreed_at)},
        "begun_at": _second(destruction.begun_at),
        "erased_at": _second(destruction.erased_at),
        "done_at": _second(destruction.done_at),
        "destroyed": manifest["destroyed"],
        "snapshots": manifest.get("snapshots", []),
        "files": [
            each | {"made_at": _second(each["made_at"])} for each in manifest.get("files", [])
        ],
        "kept": manifest["kept"],
        "limits": list(LIMITS),
    }


def write_certificate(
    destruction: Destruction, folder: Path, key: Path | None = None
) -> tuple[Path, ...]:
    """Write it as JSON and PDF; with an evidence key also its signature and the public key. The
    files. Raises InputError where it is there already, WrongState before it is done."""
    found = certificate(destruction)
    name = f"destruction-{found['number']}-{found['case']}"
    data = pretty(found)
    written = {f"{name}.json": data}
    fingerprint = ""
    if key is not None:
        secret = signing.load_key(key)
        fingerprint = signing.fingerprint(secret.public_key())
        written[f"{name}.json.sig"], written[f"{name}.json.pub"] = signing.sign(secret, data)
    written[f"{name}.pdf"] = _page(found, data, fingerprint, destruction.done_at or 0)
    folder.mkdir(parents=True, exist_ok=True)
    for each in written:
        if (folder / each).exists():
            raise InputError(f"{folder / each}: exists already; choose another folder")
    for each, content in written.items():
        with private(folder / each) as file:
            file.write(content)
    return tuple(folder / each for each in sorted(written))


def _page(found: dict[str, Any], data: bytes, fingerprint: str, at: int) -> bytes:
    ground = [
        [
            each["title"],
            f"{each['source']}{f' ({mark})' if (mark := each['mark']) else ''}; "
            f"{'set by ' + each['basis'] if each['basis'] != 'law' else 'law'}",
            each["started_at"][:10],
            each["ends_at"][:10],
        ]
        for each in found["ground"]
    ]
    files = [
        [each["kind"], f"{each['number']:,}", _outcome(each), each["sha256"]]
        for each in found["files"]
    ]
    kept = found["kept"]["reference"]
    return typeset(
        "certificate",
        {
            "number": found["number"],
            "case": found["case"],
            "what": found["what"],
            "done_at": found["done_at"],
            "people": [
                ["Proposed", found["proposed"]["by"], found["proposed"]["at"]],
                ["Agreed, second person", found["agreed"]["by"], found["agreed"]["at"]],
            ],
            "steps": [
                ["Begun: what was to go was written down", found["begun_at"]],
                ["Out of the database", found["erased_at"]],
                ["Out of its files; destroyed", found["done_at"]],
            ],
            "ground": ground,
            "destroyed": [
                [each["kind"], f"{each['number']:,}", each["sha256"]] for each in found["destroyed"]
            ],
            "snapshots": found["snapshots"],
            "files": files,
            "kept": [
                [
                    "Reference: number, account, state, decisions, numbers of reports",
                    f"until {kept}" if kept else "destroyed",
                ],
                [f"Audit: {found['kept']['audit']}", "for good"],
            ],
            "limits": found["limits"],
            "sha256": hashlib.sha256(data).hexdigest(),
            "key": fingerprint,
            "software": software(),
        },
        at=at,
    ).data


def _outcome(each: dict[str, Any]) -> str:
    ways = (
        ("removed", "removed"),
        ("changed", "changed since, left alone"),
        ("not_found", "not found where they were put"),
        ("elsewhere", "on another machine, left alone"),
    )
    return ", ".join(f"{each[key]:,} {says}" for key, says in ways if each.get(key))


def _second(at: int | None) -> str:
    return "" if at is None else isoformat(at // SECOND * SECOND)
