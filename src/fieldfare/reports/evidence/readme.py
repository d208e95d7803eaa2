"""The page in a bag that says what is in it, how to check it, and what that proves."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from fieldfare.reports.frozen import FrozenCase
from fieldfare.vocabulary.times import isoformat

_TEXT: Final = """\
Evidence of case {reference}
{underline}
{notice}
Taken out of the case {at} by {by}, for: {purpose}

report.pdf                    to begin with
transcript/transcript-*.pdf   every message, to be read
transcript/messages.csv       every message, for a spreadsheet
transcript/messages.jsonl     every message, exact; the other forms are made of it
case.json                     everything else about the case
case-uco.jsonld               the same in CASE/UCO 1.5.0
rsmf/                         the conversations for e-discovery systems (RSMF)
custody/trail.jsonl           what was done with the case, each entry with its hash
custody/form.json             form of custody, to be filled in by those who hand it on
franking/                     where children's reports are proved: the operator's signed word on
                              which messages its service passed on, and the bytes it names

Times are UTC. A message's `zone` says how its time became UTC.

To check it, with Fieldfare, offline:      fieldfare evidence verify FOLDER
To check the files, with standard tools:   sha256sum -c manifest-sha256.txt tagmanifest-sha256.txt

What a check shows: no file was changed, taken away or added since the manifests were written; the
audit entries of this case are in order and unchanged since they were taken out. Only a signature
shows who made the bag, and only a timestamp when. Nothing here shows that the service's own records
were true.
{fonts}"""


def text(case: FrozenCase, missing: Sequence[str]) -> str:
    """The page."""
    title = f"Evidence of case {case.reference}"
    return _TEXT.format(
        reference=case.reference,
        underline="=" * len(title),
        notice=_notice(case),
        at=isoformat(case.taken_at),
        by=case.taken_by,
        purpose=" ".join(case.purpose.split()),
        fonts=_fonts(missing),
    )


def _notice(case: FrozenCase) -> str:
    if case.redacted_from is not None:
        return (
            "REDACTED COPY: children's names and identifiers are pseudonyms; see "
            "redactions.jsonl.\n"
            f"Original bag (SHA-256 of its tag manifest): {case.redacted_from}\n"
        )
    if case.is_draft:
        return "DRAFT: two people have not agreed that this leaves the service.\n"
    return "CONFIDENTIAL: it names children.\n"


def _fonts(missing: Sequence[str]) -> str:
    if not missing:
        return ""
    scripts = Counter(script_of(each) for each in missing)
    said = ", ".join(f"{name} ({number})" for name, number in scripts.most_common())
    return (
        "\nIn the PDFs a box stands for characters that no font at hand could show; every other\n"
        f"file has them. By script, how many different ones: {said}\n"
    )


def script_of(character: str) -> str:
    """The script of a character, as far as its name says: THAI, TAMIL, CJK …"""
    return unicodedata.name(character, "UNNAMED").split()[0]
