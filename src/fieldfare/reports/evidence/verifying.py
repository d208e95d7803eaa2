"""A bag is checked, by anyone, offline, without any database: what is wrong with it, what is
proved, and what is not.

A bag comes from somebody else: names in it are not trusted, links are not followed, and nothing is
written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fieldfare.reports.evidence import making, proofs, signing, timestamping
from fieldfare.reports.evidence.bag import (
    DECLARATION,
    INFO,
    MANIFEST,
    SAFE,
    SEALS,
    TAG_MANIFEST,
    TAGS,
    sha256_of,
)
from fieldfare.reports.evidence.custody import check_trail
from fieldfare.reports.frozen import FrozenCase
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\s].*)")
_SEALED: Final = (signing.SIGNATURE, signing.PUBLIC_KEY, timestamping.TIMESTAMP)
MOST_PROBLEMS: Final = 100


@dataclass
class Verification:
    """What was found."""

    problems: list[str] = field(default_factory=list)
    """Each names the file, or the line, and what is wrong with it. Empty: the bag is whole."""
    facts: list[str] = field(default_factory=list)
    """What the bag says of itself."""
    proved: list[str] = field(default_factory=list)
    not_proved: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Nothing is wrong with it."""
        return not self.problems


def verify(
    folder: Path, *, public_key: Path | None = None, roots: Path | None = None
) -> Verification:
    """Check a bag. `public_key`: of whoever is expected to have signed it; `roots`: certificates of
    timestamping authorities that are trusted. Raises InputError where there is no bag."""
    if not (folder / "bagit.txt").is_file() and not (folder / TAG_MANIFEST).is_file():
        raise InputError(f"{folder}: not a bag; give the folder that holds bagit.txt")
    found = Verification()
    _check_files(folder, found)
    _check_signature(folder, found, public_key)
    _check_timestamp(folder, found, roots)
    _check_content(folder, found)
    _check_proofs(folder, found)
    del found.problems[MOST_PROBLEMS:]
    if found.whole:
        found.proved.insert(
            0, "No file was changed, taken away or added since the manifests were written."
        )
    found.not_proved += [
        "That the service's records were true, or complete, when this was taken out of them.",
        "Who used the accounts.",
    ]
    return found


def _check_files(folder: Path, found: Verification) -> None:
    if _bytes(folder / "bagit.txt") != DECLARATION.encode():
        found.problems.append("bagit.txt: was changed, or is not BagIt 1.0")
    listed = _read_manifest(folder / MANIFEST, found, lambda name: name.startswith("data/"))
    tags = _read_manifest(folder / TAG_MANIFEST, found, lambda name: name in TAGS)
    for name in TAGS:
        if name not in tags:
            found.problems.append(f"{TAG_MANIFEST}: does not list {name}")
    seals: dict[str, str] = {}
    if (folder / SEALS).exists():
        seals = _read_manifest(folder / SEALS, found, lambda name: name in _SEALED)
    present = _walk(folder, found)
    expected = {**listed, **tags, **seals}
    for name, sha256 in expected.items():
        if name not in present:
            found.problems.append(f"{name}: is missing")
        elif sha256_of(folder / name) != sha256:
            found.problems.append(f"{name}: was changed")
    for name in sorted(present - set(expected) - {TAG_MANIFEST, SEALS}):
        found.problems.append(f"{name}: does not belong to the bag; it was added")


def _read_manifest(
    path: Path, found: Verification, belongs: Callable[[str], bool]
) -> dict[str, str]:
    """SHA-256 by name, of the lines that are right."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except FileNotFoundError:
        found.problems.append(f"{path.name}: is missing")
        return {}
    except (OSError, UnicodeDecodeError):
        found.problems.append(f"{path.name}: was changed; it cannot be read")
        return {}
    listed: dict[str, str] = {}
    if lines.pop() != "":
        found.problems.append(f"{path.name}: was changed; its last line is cut")
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            found.problems.append(f"{path.name}, line {number}: was changed; not a hash and a name")
        elif SAFE.fullmatch(match[2]) is None or not belongs(match[2]):
            found.problems.append(f"{path.name}, line {number}: a name that leads elsewhere")
        elif match[2] in listed:
            found.problems.append(f"{path.name}, line {number}: lists {match[2]} again")
        else:
            listed[match[2]] = match[1]
    return listed


def _walk(folder: Path, found: Verification) -> set[str]:
    """Every file, by its name in the bag. Links are told, and not followed."""
    present = set()
    for where, folders, names in os.walk(folder, followlinks=False):
        for name in [*names, *folders]:
            path = Path(where) / name
            shown = path.relative_to(folder).as_posix()
            if path.is_symlink():
                found.problems.append(f"{shown!r}: is a link; a bag has none")
            elif path.is_file():
                present.add(shown)
            elif not path.is_dir():
                found.problems.append(f"{shown!r}: is no file")
    return present


def _check_signature(folder: Path, found: Verification, wanted: Path | None) -> None:
    signature, public = (_bytes(folder / name) for name in (signing.SIGNATURE, signing.PUBLIC_KEY))
    if signature is None or public is None:
        if signature is not None or public is not None:
            found.problems.append(f"{TAG_MANIFEST}: signature or public key is missing")
        elif wanted is not None:
            found.problems.append(f"{signing.SIGNATURE}: is missing; the bag is not signed")
        found.not_proved.append("Who made the bag: it is not signed.")
        return
    try:
        key = signing.load_public_key(public, signing.PUBLIC_KEY)
    except InputError as error:
        found.problems.append(f"{error}; was changed")
        return
    name = signing.fingerprint(key)
    if signing.pem(key) != public:
        found.problems.append(f"{signing.PUBLIC_KEY}: was changed")
    if not signing.is_signed(key, signature, _bytes(folder / TAG_MANIFEST) or b""):
        found.problems.append(f"{signing.SIGNATURE}: the signature is wrong")
        return
    if wanted is None:
        found.facts.append(f"Signed with the key {name}")
        found.not_proved.append(
            "Whose key signed it: compare its fingerprint with the maker's, or give --key."
        )
        return
    expected = signing.load_public_key(wanted.read_bytes(), wanted)
    if signing.fingerprint(expected) == name:
        found.proved.append(f"It was signed with the key you gave ({name}).")
    else:
        found.problems.append(
            f"{signing.SIGNATURE}: signed with another key ({name}) than the one you gave"
        )


def _check_timestamp(folder: Path, found: Verification, roots: Path | None) -> None:
    data = _bytes(folder / timestamping.TIMESTAMP)
    if data is None:
        found.not_proved.append(
            "When the bag was made: it has no timestamp; the times in it are its maker's."
        )
        return
    try:
        stamp = timestamping.read(data, _bytes(folder / TAG_MANIFEST) or b"", roots)
    except InputError as error:
        found.problems.append(f"{error}; was changed")
        return
    if not stamp.covers:
        found.problems.append(f"{timestamping.TIMESTAMP}: is about another bag")
    elif stamp.trusted is None:
        found.facts.append(f"Timestamp says {stamp.at}")
        found.not_proved.append(
            "That an authority stamped it then: give its root certificate with --roots."
        )
    elif stamp.trusted:
        found.proved.append(f"It existed at {stamp.at}, by an authority under the roots you gave.")
    else:
        found.problems.append(
            f"{timestamping.TIMESTAMP}: not by an authority under these roots ({stamp.why})"
        )


def _check_content(folder: Path, found: Verification) -> None:
    data = folder / "data"
    try:
        case = making.read_case(data / making.CASE)
        _facts(case, found)
        count = 0
        for count, message in enumerate(making.read_messages(data / making.MESSAGES), 1):
            if message.number != count:
                found.problems.append(
                    f"{making.MESSAGES}, line {count}: is message {message.number}; messages "
                    "were reordered or taken away"
                )
                break
        else:
            if count != case.message_count:
                found.problems.append(
                    f"{making.MESSAGES}: holds {count} messages, and {making.CASE} says "
                    f"{case.message_count}"
                )
        problems, withheld = check_trail(making.read_trail(data / making.TRAIL), case)
    except InputError as error:
        found.problems.append(str(error))
        return
    except OSError as error:
        found.problems.append(f"data: cannot be read ({error.strerror})")
        return
    found.problems += problems
    info = (_bytes(folder / INFO) or b"").decode("utf-8", "replace").splitlines()
    if f"Fieldfare-Trail-End: {case.trail_end}" not in info:
        found.problems.append(f"{INFO}: names another end of the trail than {making.CASE}")
    if not problems:
        found.proved.append(
            "The audit entries about this case are in their order, and none was edited since they "
            "were taken out" + (f"; {withheld} are withheld and not checked." if withheld else ".")
        )
    found.not_proved.append(
        "That the service left no entry out before: its whole audit, or an anchor of it, shows it."
    )


def _check_proofs(folder: Path, found: Verification) -> None:
    public = _bytes(folder / signing.PUBLIC_KEY)
    data = folder / "data"
    try:
        key = None if public is None else signing.load_public_key(public, signing.PUBLIC_KEY)
        done = proofs.check(data, key, making.read_messages(data / making.MESSAGES))
    except (InputError, OSError) as error:
        found.problems.append(str(error))
        return
    if done is None:
        return
    found.problems += done.problems
    if not done.problems:
        found.proved.append(
            f"{done.messages:,} messages that children reported have the words that whoever signed "
            f"the bag vouches for having passed on ({done.statements:,} statements)."
        )
        found.not_proved.append(
            "That the operator did not make up what it vouches for: it holds the franking keys."
        )


def _facts(case: FrozenCase, found: Verification) -> None:
    found.facts.insert(
        0,
        f"Case {case.reference}: {case.message_count:,} messages with {len(case.children):,} "
        f"probable children, taken out {isoformat(case.taken_at)} by {case.taken_by}",
    )
    if case.is_draft:
        found.facts.insert(1, "A draft: two people had not agreed that it leaves the service")
    if case.redacted_from is not None:
        found.facts.insert(1, f"A redacted copy of the bag {case.redacted_from}")


def _bytes(path: Path) -> bytes | None:
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None
