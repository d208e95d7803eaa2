"""Filing a report at the CyberTipline: once, and for certain.

A report becomes final with ``/finish`` only, and a number is written down before that. So whatever
was interrupted begins by taking back what its number names: if that is gone, nothing was filed and
one starts again; if the answer is that it is finished, it was filed and there is nothing to do.
An unfinished report whose number was lost with the process is forgotten there by itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from fieldfare.cases import Actor
from fieldfare.reports.cybertip.answers import CLEARED, FINISHED, Answer, Follows, Unanswered
from fieldfare.reports.cybertip.compose import ReportFile
from fieldfare.reports.cybertip.xml import file_details_xml
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.filings import Filings

ATTEMPTS: Final = 3
"""Of one run. Each further run may try so often again."""
FIRST_PAUSE_SECONDS: Final = 2.0


class Interface(Protocol):
    """The calls that filing makes (`client.CyberTipline`)."""

    def submit(self, report: bytes) -> Answer: ...
    def upload(self, report_id: str, name: str, content: bytes) -> Answer: ...
    def fileinfo(self, details: bytes) -> Answer: ...
    def finish(self, report_id: str) -> Answer: ...
    def retract(self, report_id: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Package:
    """A report as it goes out: frozen, so that what is resumed is what was begun."""

    report: bytes
    files: tuple[ReportFile, ...]

    def encode(self) -> bytes:
        """The same package always gives the same bytes."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes) -> Package:
        """From `encode`."""
        return msgspec.msgpack.decode(data, type=Package)


class _Stopped(Exception):
    """Why an attempt ended."""

    def __init__(self, problem: str, description: str = "") -> None:
        super().__init__(problem)
        self.problem, self.description = problem, description


class _TryAgain(_Stopped):
    """It may go better the next time."""


class _Rejected(_Stopped):
    """It will not."""


class _AlreadyFiled(Exception):
    """It is filed."""


@dataclass(frozen=True)
class Filer:
    """One run of filing."""

    filings: Filings
    actor: Actor
    interface: Interface
    attempts: int = ATTEMPTS
    pause: Callable[[float], None] = field(default=time.sleep)

    def file(self, filing: int) -> Filing:
        """File it, or show that it could not be filed. Ends ``finished``, or ``failed`` with a
        problem; a number that stays with the latter may be filed, and the next run finds out.

        Raises Taken where another process has it."""
        package = Package.decode(self.filings.package(self.actor, filing))
        lease = self.filings.take(self.actor, filing)
        run = _Run(self, filing, lease, package)
        stopped = _Stopped("it was not tried")
        for attempt in range(self.attempts):
            if attempt:
                self.pause(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                run.attempt()
            except _TryAgain as again:
                stopped = again
            except _Rejected as rejected:
                stopped = rejected
                break
            else:
                return self.filings.get(self.actor, filing)
        return run.give_up(stopped)


@dataclass(frozen=True)
class _Run:
    filer: Filer
    filing: int
    lease: str
    package: Package

    def attempt(self) -> None:
        """From the beginning to the end. Raises _TryAgain or _Rejected."""
        now = self._now()
        try:
            if now.report_id is not None:
                self._take_back(now.report_id)
            report_id = self._open()
            for file in self.package.files:
                self._add(report_id, file)
            self._step(state="finishing")
            self._ask("/finish", lambda interface: interface.finish(report_id))
        except _AlreadyFiled:
            pass
        filed = self._now().report_id
        if filed is None:
            raise _Rejected("the CyberTipline says that it is finished, under no number known here")
        self.filer.filings.finished(self.filer.actor, self.filing, filed, self.lease)

    def give_up(self, stopped: _Stopped) -> Filing:
        """Leave nothing open, and show what went wrong."""
        actor, filings = self.filer.actor, self.filer.filings
        open_there = self._now().report_id
        problem = stopped.problem
        if open_there is not None:
            try:
                self._take_back(open_there)
            except _AlreadyFiled:
                filings.finished(actor, self.filing, open_there, self.lease)
                return self._now()
            except _Stopped:
                problem += (
                    f"; whether report {open_there} is still open there is not known: run it again"
                )
        filings.failed(actor, self.filing, self.lease, problem, stopped.description)
        return self._now()

    def _open(self) -> str:
        attempts = self._now().attempts + 1
        self._step(state="opening", attempts=attempts)
        answer = self._ask("/submit", lambda interface: interface.submit(self.package.report))
        if answer.report_id is None:
            raise _TryAgain("the CyberTipline gave no number to /submit")
        self.filer.filings.opened(self.filer.actor, self.filing, self.lease, answer.report_id)
        return answer.report_id

    def _add(self, report_id: str, file: ReportFile) -> None:
        answer = self._ask(
            "/upload", lambda interface: interface.upload(report_id, file.name, file.content)
        )
        # Not for security: it is the hash that the interface answers with.
        wanted = hashlib.md5(file.content, usedforsecurity=False).hexdigest()
        if answer.file_id is None or answer.md5 not in (None, wanted):
            raise _TryAgain(f"the CyberTipline did not get {file.name} as it was sent")
        file_id = answer.file_id
        self._file_step(file.name, file_id, described=False)
        details = file_details_xml(file.details(report_id, file_id))
        self._ask("/fileinfo", lambda interface: interface.fileinfo(details))
        self._file_step(file.name, file_id, described=True)

    def _take_back(self, report_id: str) -> None:
        try:
            answer = self.filer.interface.retract(report_id)
        except Unanswered as error:
            self._called("/retract", None, error.request_id)
            raise _TryAgain(str(error)) from None
        self._called("/retract", answer.code, answer.request_id)
        if answer.code == FINISHED:
            raise _AlreadyFiled
        if answer.code not in CLEARED:
            kind = _TryAgain if answer.follows is Follows.TRY_AGAIN else _Rejected
            raise kind(f"the CyberTipline answered {answer.words} to /retract", answer.description)
        self.filer.filings.cleared(self.filer.actor, self.filing, self.lease)

    def _ask(self, call: str, ask: Callable[[Interface], Answer]) -> Answer:
        # Renews the lease, and stops before the call where it has passed to somebody else.
        self._step()
        try:
            answer = ask(self.filer.interface)
        except Unanswered as error:
            self._called(call, None, error.request_id)
            raise _TryAgain(str(error)) from None
        self._called(call, answer.code, answer.request_id)
        if answer.follows is Follows.GO_ON:
            return answer
        if answer.follows is Follows.ALREADY_FILED:
            raise _AlreadyFiled
        kind = _TryAgain if answer.follows is Follows.TRY_AGAIN else _Rejected
        raise kind(f"the CyberTipline answered {answer.words} to {call}", answer.description)

    def _now(self) -> Filing:
        return self.filer.filings.get(self.filer.actor, self.filing)

    def _step(self, **values: object) -> None:
        self.filer.filings.step(self.filer.actor, self.filing, self.lease, **values)

    def _file_step(self, name: str, file_id: str, *, described: bool) -> None:
        self.filer.filings.file_step(
            self.filer.actor, self.filing, self.lease, name, file_id, described=described
        )

    def _called(self, call: str, code: int | None, request_id: str | None) -> None:
        self.filer.filings.called(self.filer.actor, self.filing, call, code, request_id)
