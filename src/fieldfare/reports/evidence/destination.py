"""``fieldfare report CASE --to evidence``: a plain bag. Signed, stamped and encrypted ones, and
redacted copies: ``fieldfare evidence``.
"""

from __future__ import annotations

from fieldfare.reports.evidence.making import BagOptions, make_bag
from fieldfare.reports.packing import Job, Made


def make(job: Job) -> Made:
    """Make the bag of a case; in a dry run, of a case that is not decided too, marked a draft."""
    case = job.open()
    made = make_bag(case, job.out, BagOptions(organisation=job.settings.provider.name))
    job.store.note_export(job.actor, job.case, "bag", made.sha256, made.path)
    draft = ("DRAFT: two people have not decided to report this case",) if case.is_draft else ()
    return Made(
        (
            *draft,
            f"{made.messages:,} messages in {made.path}",
            f"SHA-256 of its tag manifest: {made.sha256}",
        )
    )
