"""``--to nca``."""

from __future__ import annotations

import msgspec

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.nca.pack import pack
from fieldfare.reports.nca.page import render
from fieldfare.reports.packing import PORTAL, Files, Job, Made, packed_by_hand


def make(job: Job) -> Made:
    """Write the pack of a case, or a supplement to one that was handed in."""

    def files(case: CaseFile, before: Filing | None) -> Files:
        packed = pack(
            case,
            job.settings,
            job.details,
            prior=job.filings.prior(job.actor, job.case, "nca", PORTAL),
            supplement_to=None if before is None else before.report_id,
            since=None if before is None else before.as_of,
        )
        texts = {
            name: text.encode("utf-8", "backslashreplace") for name, text in packed.transcripts
        }
        return {
            "portal.json": msgspec.json.format(msgspec.json.encode(packed.pack), indent=2),
            "report.html": render(packed).encode("utf-8", "backslashreplace"),
            **texts,
        }

    return packed_by_hand(job, files)
