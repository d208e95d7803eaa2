"""``--to ncmec``."""

from __future__ import annotations

from contextlib import suppress

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.cybertip.client import BASES, CyberTipline
from fieldfare.reports.cybertip.compose import Composed, compose
from fieldfare.reports.cybertip.filing import Filer, Package
from fieldfare.reports.cybertip.schema import Schema, read
from fieldfare.reports.cybertip.xml import file_details_xml, report_xml
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.packing import Job, Made, write_noted
from fieldfare.reports.settings import schema_path
from fieldfare.vocabulary import InputError, SettingsError
from fieldfare.vocabulary.times import isoformat

UNKNOWN_REPORT, UNKNOWN_FILE = "0", "0" * 32
"""In the place of numbers that only the authority gives."""


def make(job: Job) -> Made:
    """File a case, or in a dry run write what would be sent."""
    case = job.open()
    environment = job.settings.ncmec.environment
    composed = compose(
        case,
        job.settings,
        job.details,
        prior=job.filings.prior(job.actor, job.case, "ncmec", environment),
        annotations=job.annotations,
    )
    said = list(job.advice(case))
    if job.dry_run:
        return _written(job, composed, said)
    if not job.settings.reporter.known:
        raise SettingsError(
            "say who reports: first_name, last_name and email or phone under [reporter] in the "
            "settings"
        )
    return _filed(job, case, composed, said)


def connect(job: Job) -> CyberTipline:
    """A connection to the system that the settings name, with its credentials."""
    about = job.settings.ncmec
    return job.credentials.use(
        job.actor,
        "ncmec",
        about.environment,
        lambda given: CyberTipline(about.url or BASES[about.environment], given),
    )


def fetch_schema(job: Job, client: CyberTipline) -> Schema:
    """The schema as it is now; kept beside the settings for dry runs."""
    text = client.schema()
    schema = Schema(text, "the schema of the CyberTipline")
    # Filing does not depend on its being kept.
    with suppress(OSError):
        schema_path(job.settings, job.settings_file).write_bytes(text)
    return schema


def _written(job: Job, composed: Composed, said: list[str]) -> Made:
    document = report_xml(composed.report)
    found = {"report.xml": document}
    described = []
    for file in composed.files:
        found[f"files/{file.name}"] = file.content
        details = file_details_xml(file.details(UNKNOWN_REPORT, UNKNOWN_FILE))
        found[f"files/{file.name}.fileinfo.xml"] = details
        described.append(details)
    path = schema_path(job.settings, job.settings_file)
    if path.exists():
        problems = _problems(read(path), document, described)
        said.append(f"Valid by {path.name}" if not problems else "The schema rejects it:")
        said += [f"  {each}" for each in problems]
    else:
        problems = []
        said.append("Not validated: no schema is here; fetch it with `fieldfare report schema`")
    write_noted(job, found)
    kinds = f"{len(composed.report.victim)} victims, {len(composed.report.intended_recipient)}"
    said.append(f"{kinds} intended recipients, {len(composed.files)} files; nothing was sent")
    said.append(f"{len(found)} files written to {job.out}")
    return Made(tuple(said), "the schema rejects the report" if problems else None)


def _filed(job: Job, case: CaseFile, composed: Composed, said: list[str]) -> Made:
    package = Package(report_xml(composed.report), composed.files)
    described = [
        file_details_xml(each.details(UNKNOWN_REPORT, UNKNOWN_FILE)) for each in package.files
    ]
    environment = job.settings.ncmec.environment
    with connect(job) as client:
        problems = _problems(fetch_schema(job, client), package.report, described)
        if problems:
            raise InputError(
                f"the CyberTipline's schema rejects this report ({problems[0]}"
                f"{f', and {len(problems) - 1} more' if len(problems) > 1 else ''}); nothing was "
                "sent"
            )
        filing = job.filings.prepare(
            job.actor,
            job.case,
            "ncmec",
            environment,
            package.encode(),
            [(each.name, each.content) for each in package.files],
            case.as_of,
            supplement=job.supplement,
        )
        filing = Filer(job.filings, job.actor, client).file(filing.id)
    if filing.state != "finished":
        return Made(tuple(said), _failure(filing))
    said.append(
        f"Filed at the {'TEST SYSTEM' if environment == 'test' else 'CyberTipline'} as report "
        f"{filing.report_id}, {isoformat(filing.finished_at or 0)}"
    )
    if environment == "test":
        said.append("The test system throws reports away; the case is still to be reported")
    return Made(tuple(said))


def _failure(filing: Filing) -> str:
    clock = filing.expires_at
    until = "" if clock is None else f"; what is open there ends by {isoformat(clock)}"
    return f"filing {filing.id} failed: {filing.problem}{until}"


def _problems(schema: Schema, report: bytes, described: list[bytes]) -> list[str]:
    found = [str(each) for each in schema.problems(report)]
    for each in described:
        found += [str(problem) for problem in schema.problems(each)]
    return list(dict.fromkeys(found))
