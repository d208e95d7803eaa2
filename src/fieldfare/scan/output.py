"""Write what a scan found, for machines: assessments.jsonl and assessments.parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from fieldfare.scan.run import AccountAssessment, ScanResult
from fieldfare.vocabulary.times import isoformat

SLICE_ROWS = 131_072
TABLE_DRAFT = "assessments.parquet.part"


def write(result: ScanResult, folder: Path) -> None:
    """Write both files into the folder, which exists. A file is complete or not there."""
    write_table(result, folder)
    write_lines(result, folder)
    finish(folder)


def write_lines(result: ScanResult, folder: Path) -> None:
    """Write assessments.jsonl: the accounts that are written out."""
    lines = b"".join(
        msgspec.json.encode(row(account, result)) + b"\n" for account in result.accounts
    )
    _replace(folder / "assessments.jsonl", lines)


def write_table(result: ScanResult, folder: Path) -> None:
    """Write the draft of assessments.parquet: all accounts assessed. Needs no evidence, so that it
    can be written while that is looked up; `finish` lets it appear."""
    draft = folder / TABLE_DRAFT
    order = result.assessed.ranked()
    # In slices: a sorted copy of everything would double the memory of a large scan.
    slices = [order[start : start + SLICE_ROWS] for start in range(0, len(order), SLICE_ROWS)]
    schema = result.assessed.take(order[:0]).table().schema.with_metadata(_rests_on(result))
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for rows in slices:
            writer.write_table(result.assessed.take(rows).table().cast(schema))


def finish(folder: Path) -> None:
    """Let the table appear, once everything else is written."""
    (folder / TABLE_DRAFT).replace(folder / "assessments.parquet")


def row(account: AccountAssessment, result: ScanResult) -> dict[str, Any]:
    """One account as a row of assessments.jsonl; documented in docs/scan.md."""
    first = account.first_flag
    return {
        "account": account.account,
        "probability": round(account.probability, 6),
        "band": account.band,
        "as_of": isoformat(result.as_of),
        "first_flagged_at": isoformat(first.at) if first else None,
        "children_contacted_when_flagged": first.children_contacted if first else None,
        "children_contacted": account.signals["children_contacted"],
        "children_first_contacted_30d": round(account.signals["children_first_contacted_30d"], 2),
        "countries": account.evidence.countries(),
        "reasons": [
            {
                "signal": reason.signal,
                "value": round(reason.value, 4),
                "contribution": reason.contribution,
                "sentence": reason.sentence,
                "messages": account.evidence.message_ids(reason.signal),
            }
            for reason in account.reasons
        ],
        "second_look": _second_look(account),
        "prior": result.scorecard.prior,
        "scorecard": f"{result.scorecard.version} sha256:{result.scorecard.sha256}",
        "language": result.gathered.language or None,
    }


def _second_look(account: AccountAssessment) -> dict[str, Any] | None:
    seen = account.second_look
    if seen is None:
        return None
    return {
        "model": seen.model,
        "messages_read": seen.messages_read,
        "found": [
            {"indicator": name, "messages": count, "ids": seen.messages[name]}
            for name, count in sorted(seen.counts.items())
        ],
    }


def _rests_on(result: ScanResult) -> dict[str, str]:
    return {
        "fieldfare.as_of": isoformat(result.as_of),
        "fieldfare.prior": str(result.scorecard.prior),
        "fieldfare.scorecard": f"{result.scorecard.version} sha256:{result.scorecard.sha256}",
        "fieldfare.language": result.gathered.language,
    }


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    draft.replace(path)
