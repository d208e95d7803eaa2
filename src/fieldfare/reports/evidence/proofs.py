"""Franked messages in a bag: what the operator states of verified reports, and the bytes it names.

``franking/statements.jsonl`` holds the operator's signed statements, one a report
(`safeguards.franking_statement`), and ``franking/messages.jsonl`` opening, context and tag of each
verified message whose text the bag shows: a statement names it by the SHA-256 of its opening. So
anyone can check, without the service's franking keys, that the words in the transcript are those
the operator vouches for. A redacted copy has neither: openings hold text and names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fieldfare.reports.frozen import FrozenMessage
from fieldfare.safeguards.franking import Franked, FrankingError, Opening, decode_opening
from fieldfare.safeguards.franking_statement import StatementError, read_statement
from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

STATEMENTS: Final = "franking/statements.jsonl"
FRANKED: Final = "franking/messages.jsonl"


@dataclass(frozen=True)
class Proof:
    """What is proved of one report."""

    statement: str
    """The signed envelope, one line of JSON."""
    messages: Sequence[Franked]
    """Those that are verified."""


@dataclass
class Proofs:
    """The proofs that go into a bag with its messages."""

    all: Sequence[Proof]
    _shown: set[str] = field(default_factory=set)

    def noting(self, messages: Iterable[FrozenMessage]) -> Iterator[FrozenMessage]:
        """The same messages; which of them the bag shows the text of is noted."""
        for message in messages:
            if message.text is not None and message.id is not None:
                self._shown.add(message.id)
            yield message

    def files(self) -> Mapping[str, Callable[[], bytes]]:
        """The payload files, to be asked for when all messages have gone by."""
        if not self.all:
            return {}
        return {STATEMENTS: self._statements, FRANKED: self._franked}

    def _statements(self) -> bytes:
        return b"".join(each.statement.encode() + b"\n" for each in self.all)

    def _franked(self) -> bytes:
        lines = {}
        for proof in self.all:
            for each in proof.messages:
                # What was redacted in the case must not come out by its opening.
                if decode_opening(each.opening).id in self._shown:
                    lines[each.opening] = json.dumps(
                        {name: base64.b64encode(part).decode() for name, part in vars(each).items()}
                    )
        return "".join(line + "\n" for line in lines.values()).encode()


@dataclass(frozen=True)
class Checked:
    """What the proofs of a bag come to."""

    problems: list[str]
    statements: int
    messages: int
    """Whose words the statements vouch for."""


def check(
    data: Path, key: Ed25519PublicKey | None, messages: Iterable[FrozenMessage]
) -> Checked | None:
    """Check the proofs in the payload folder of a bag, made with `key`; `messages` is its
    transcript. None: it has none. Raises InputError, with the line, for what cannot be read."""
    if not (data / STATEMENTS).is_file():
        return None
    if key is None:
        return Checked([f"{STATEMENTS}: the bag is not signed, so nobody vouches for these"], 0, 0)
    problems: list[str] = []
    vouched: set[str] = set()
    count = 0
    for count, line in _lines(data / STATEMENTS, STATEMENTS):
        try:
            stated = read_statement(line, key)
        except StatementError as error:
            problems.append(f"{STATEMENTS}, line {count}: {error}")
            continue
        vouched |= {
            each["opening_sha256"] for each in stated["messages"] if each["standing"] == "verified"
        }
    openings: dict[str, Opening] = {}
    for number, line in _lines(data / FRANKED, FRANKED):
        digest, opening = _opening(line, number)
        if digest not in vouched:
            problems.append(f"{FRANKED}, line {number}: no statement vouches for this message")
        openings[opening.id] = opening
    found = set()
    for message in messages:
        said = None if message.id is None else openings.get(message.id)
        if said is None or message.text is None:
            continue
        found.add(said.id)
        if (said.body, said.sender) != (message.text, message.sender):
            problems.append(f"message {message.number}: other words than the statement vouches for")
    if missing := openings.keys() - found:
        problems.append(f"{FRANKED}: {len(missing)} messages are not in the transcript")
    return Checked(problems, count, len(found))


def _lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{name}: cannot be read") from None
    yield from enumerate(lines, 1)


def _opening(line: str, number: int) -> tuple[str, Opening]:
    try:
        given: Any = json.loads(line)
        data = base64.b64decode(given["opening"], validate=True)
        return hashlib.sha256(data).hexdigest(), decode_opening(data)
    except (ValueError, KeyError, TypeError, binascii.Error, FrankingError):
        raise InputError(f"{FRANKED}, line {number}: not a franked message") from None
