"""The policy of a running service: re-read when its file changes, and never worse than before."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from fieldfare.safeguards.policy import load
from fieldfare.safeguards.rules import Policy
from fieldfare.vocabulary import FieldfareError

log = logging.getLogger("fieldfare.safeguards")


class PolicyFile:
    """A policy file that may change while it is used; safe to share between threads.

    Raises PolicyError or SettingsError when it is made, if the file is not a valid policy, or does
    not know all `bands` of the scorecard: a service must not start without one. After that the
    last good policy stands.
    """

    def __init__(self, path: Path, bands: Sequence[str] = ()) -> None:
        self.path = path
        self._bands = bands
        self.error: str | None = None
        """What is wrong with the file as it is now, while an earlier one is in force; else None."""
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._policy = self._load()

    def current(self) -> Policy:
        """The policy in force: that of the file, or the last one that was valid. Looks at the
        file's time and size each time, and reads it only when they differ."""
        stamp = self._stamp()
        if stamp != self._seen:
            with self._lock:
                if stamp != self._seen:
                    self._read_again()
                    self._seen = stamp
        return self._policy

    def _read_again(self) -> None:
        try:
            self._policy = self._load()
            self.error = None
            log.info("policy %s sha256:%s is in force", self._policy.version, self._policy.sha256)
        except FieldfareError as error:
            self.error = str(error)
            log.error("the policy in force stays; the changed file: %s", error)

    def _load(self) -> Policy:
        policy = load(self.path)
        policy.require_bands(self._bands)
        return policy

    def _stamp(self) -> tuple[int, int, int] | None:
        # Taken before the file is read: a change while reading shows as another stamp next time.
        try:
            found = os.stat(self.path)  # noqa: PTH116 - each decision asks, and Path is slower
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
