"""When a case may be filed: decided by two people, reported nowhere else, and by one process."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from fieldfare.cases import actions
from fieldfare.cases.desk import Work
from fieldfare.cases.errors import Taken, WrongState
from fieldfare.cases.tables import decisions
from fieldfare.reports.filing_records import AlreadyReported
from fieldfare.vocabulary.times import isoformat


def check_decided(work: Work, case: int) -> None:
    """Raises WrongState unless two people have decided to report the case, and cannot undo it any
    more."""
    reporting = [name for name, each in actions.shipped().actions.items() if each.to == "escalated"]
    found = work.connection.execute(
        select(decisions.c.id).where(
            decisions.c.case_id == case,
            decisions.c.action.in_(reporting),
            decisions.c.status == "stands",
            decisions.c.second_user.is_not(None),
            decisions.c.effective_at <= work.at,
        )
    ).first()
    row = work.case(case)
    if found is None:
        raise WrongState(
            f"two people have not decided to report case {case}, or can still undo it; use "
            "--dry-run to look at a draft"
        )
    if row.state == "declined":
        raise WrongState(f"the report of case {case} was declined; reopen the case first")


def check_once(
    earlier: Sequence[Row[Any]], destination: str, environment: str, *, supplement: bool = False
) -> None:
    """Raises AlreadyReported where an authority has the case, or may have it."""
    if environment == "test":
        return
    for row in earlier:
        if row.environment == "test" or row.state == "replaced":
            continue
        if row.state == "finished" and not (supplement and row.destination == destination):
            more = "; send a supplement (--supplement)" if row.destination == destination else ""
            raise AlreadyReported(
                f"this case was reported to {row.destination} as {row.report_id} on "
                f"{isoformat(row.finished_at)}; one report an incident{more}"
            )
        if row.state != "finished" and row.report_id and row.destination != destination:
            raise AlreadyReported(
                f"a report to {row.destination} ({row.report_id}) may have been filed; run it "
                "again first, so that it is known"
            )


def check_free(row: Row[Any], at: int) -> None:
    """Raises Taken where another process has the lease, and lives as far as can be seen."""
    if row.lease is None or row.lease_until <= at:
        return
    host, pid, _ = row.lease.split("/")
    if host == socket.gethostname() and not _alive(int(pid)):
        return
    raise Taken(
        f"another process is filing this (process {pid} of {host}, until "
        f"{isoformat(row.lease_until)}); wait for it"
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
