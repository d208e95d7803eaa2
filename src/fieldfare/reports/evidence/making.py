"""A bag is made: the frozen case and its messages once, and everything else out of them.

In one pass over the messages, in flat memory. A redacted copy is made by the same `fill`, from a
case and messages that hold no name any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.document import Gathered, Gatherer, case_report
from fieldfare.reports.evidence import readme, sealing, signing, timestamping
from fieldfare.reports.evidence.bag import TAG_MANIFEST, BagWriter
from fieldfare.reports.evidence.custody import TrailEntry, form, trail_of, write_trail
from fieldfare.reports.evidence.ontology import Graph
from fieldfare.reports.evidence.pages import TranscriptPages
from fieldfare.reports.evidence.proofs import Proofs
from fieldfare.reports.evidence.rsmf import RsmfConversation
from fieldfare.reports.evidence.transcript import Csv, JsonLines
from fieldfare.reports.frozen import FrozenCase, FrozenMessage, freeze, freeze_messages
from fieldfare.reports.typesetting import Typeset
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

CASE: Final = "case.json"
MESSAGES: Final = "transcript/messages.jsonl"
TRAIL: Final = "custody/trail.jsonl"


@dataclass(frozen=True)
class BagOptions:
    """What the operator chooses."""

    key: Path | None = None
    """Ed25519 private key (`signing.new_key`); None: the bag is not signed."""
    authority: str | None = None
    """URL of a timestamping authority; None: no timestamp, and nothing connects anywhere."""
    recipients: tuple[str, ...] = ()
    """age or SSH public keys; with any, what is left is ``BAG.tar.age`` only they can open."""
    fonts: Path | None = None
    """Folder of fonts beside those of the system."""
    organisation: str = ""
    """Into ``bag-info.txt``."""


@dataclass(frozen=True)
class BagMade:
    """A bag that is there."""

    path: Path
    """The folder, or the sealed file."""
    sha256: str
    """Of the tag manifest: stands for the bag."""
    messages: int
    missing: tuple[str, ...]
    """Characters that no font could show in the PDFs."""


def make_bag(
    case_file: CaseFile,
    folder: Path,
    options: BagOptions | None = None,
    proofs: Proofs | None = None,
) -> BagMade:
    """Make an evidence bag in `folder`, which must not exist. Complete or not there. `proofs`: of
    the users' reports that are verified."""
    chosen, proofs = options or BagOptions(), proofs or Proofs(())
    case = freeze(case_file)
    messages = proofs.noting(freeze_messages(case_file))
    trail = trail_of(case_file.trail())
    return write_bag(case, messages, trail, folder, chosen, extra=proofs.files())


def write_bag(
    case: FrozenCase,
    messages: Iterable[FrozenMessage],
    trail: Iterable[TrailEntry],
    folder: Path,
    options: BagOptions,
    extra: Mapping[str, Callable[[], bytes]] | None = None,
    report: Callable[[Gathered], Typeset] | None = None,
) -> BagMade:
    """Make a bag of a frozen case. `extra`: further payload files, asked for when all messages have
    gone by. `report`: another ``report.pdf`` than that of a case."""
    sealing.check_recipients(options.recipients)
    key = None if options.key is None else signing.load_key(options.key)
    sealed = folder.with_name(folder.name + sealing.SUFFIX)
    if options.recipients and sealed.exists():
        raise InputError(f"{sealed}: exists already; choose another name for the bag")
    writer = BagWriter(folder)
    try:
        missing = _fill(writer, case, messages, trail, options, report)
        for name, data in (extra or {}).items():
            writer.add(name, data())
        sha256 = writer.finish(_info(case, options))
        manifest = (writer.draft / TAG_MANIFEST).read_bytes()
        seals: dict[str, bytes] = {}
        if key is not None:
            seals[signing.SIGNATURE], seals[signing.PUBLIC_KEY] = signing.sign(key, manifest)
        if options.authority is not None:
            seals[timestamping.TIMESTAMP] = timestamping.stamp(options.authority, manifest)
        writer.seal(seals)
        if options.recipients:
            sealing.encrypt(writer.draft, options.recipients, sealed, name=folder.name)
            writer.discard()
            return BagMade(sealed, sha256, case.message_count, missing)
        writer.appear()
        return BagMade(folder, sha256, case.message_count, missing)
    except BaseException:
        writer.discard()
        raise


def software() -> str:
    """What made it, with its version."""
    return f"Fieldfare {version('fieldfare')}"


def _fill(
    writer: BagWriter,
    case: FrozenCase,
    messages: Iterable[FrozenMessage],
    trail: Iterable[TrailEntry],
    options: BagOptions,
    made: Callable[[Gathered], Typeset] | None,
) -> tuple[str, ...]:
    pages = TranscriptPages(writer, case, options.fonts)
    try:
        found = _transcripts(writer, case, messages, pages)
        pages.finish()
    finally:
        pages.close()
    report = made(found) if made else case_report(case, found, software(), options.fonts)
    writer.add("report.pdf", report.data)
    writer.add(CASE, pretty(case))
    with writer.writing(TRAIL) as file:
        write_trail(file, trail)
    writer.add("custody/form.json", pretty(form(case, software())))
    missing = tuple(sorted(pages.missing | report.missing))
    writer.add("README.txt", readme.text(case, missing).encode())
    return missing


def _transcripts(
    writer: BagWriter, case: FrozenCase, messages: Iterable[FrozenMessage], pages: TranscriptPages
) -> Gathered:
    children = {child.number: child for child in case.children}
    gatherer, count, current = Gatherer(case), 0, 0
    with (
        writer.writing(MESSAGES) as lines_file,
        writer.writing("transcript/messages.csv") as csv_file,
        writer.writing("case-uco.jsonld") as graph_file,
        ExitStack() as conversation,
    ):
        lines, rows = JsonLines(lines_file), Csv(csv_file)
        graph = Graph(graph_file, case, version("fieldfare"))
        rsmf: RsmfConversation | None = None
        for message in messages:
            if message.conversation != current:
                current = message.conversation
                child = children[current]
                conversation.close()
                name = f"rsmf/conversation-{current:04}.rsmf"
                rsmf_file = conversation.enter_context(writer.writing(name))
                rsmf = conversation.enter_context(RsmfConversation(rsmf_file, case.suspect, child))
                graph.conversation(child, message.number)
                pages.conversation(child)
            count += 1
            lines.add(message)
            rows.add(message)
            graph.add(message)
            pages.add(message)
            gatherer.add(message)
            if rsmf is not None:
                rsmf.add(message)
        conversation.close()
        graph.close()
    if count != case.message_count:
        raise InputError(
            f"case {case.reference}: {case.message_count} messages were counted and {count} read; "
            "it was changed meanwhile, take it out again"
        )
    return gatherer.finish()


def _info(case: FrozenCase, options: BagOptions) -> dict[str, str]:
    info = {
        "Bag-Software-Agent": software(),
        "Bagging-Date": isoformat(case.taken_at)[:10],
        "External-Identifier": case.reference,
        "External-Description": (
            f"Evidence of case {case.reference}: {case.message_count} messages with "
            f"{len(case.children)} probable children"
        ),
        "Fieldfare-Format": case.format,
        "Fieldfare-Draft": "yes" if case.is_draft else "no",
        "Fieldfare-Purpose": case.purpose,
        "Fieldfare-Audit-Entry": f"{case.trail_entry} {case.trail_entry_hash}",
        "Fieldfare-Trail-End": case.trail_end,
    }
    if options.organisation:
        info["Source-Organization"] = options.organisation
    if case.redacted_from is not None:
        info["Fieldfare-Redacted-From"] = case.redacted_from
    return info


def pretty(value: object) -> bytes:
    """JSON to be read by people."""
    found = json.loads(msgspec.json.encode(value, order="deterministic"))
    return (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def read_messages(path: Path) -> Iterator[FrozenMessage]:
    """The messages of a bag. Raises InputError, with the line, for one that is none."""
    decoder = msgspec.json.Decoder(FrozenMessage)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise InputError(f"{MESSAGES}, line {number}: not a message") from None


def read_trail(path: Path) -> Iterator[tuple[int, TrailEntry]]:
    """The trail of a bag with line numbers. Raises InputError, with the line."""
    decoder = msgspec.json.Decoder(TrailEntry)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield number, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise InputError(f"{TRAIL}, line {number}: not an entry") from None


def read_case(path: Path) -> FrozenCase:
    """The case of a bag. Raises InputError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=FrozenCase)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{CASE}: not the case of a bag ({type(error).__name__})") from None
