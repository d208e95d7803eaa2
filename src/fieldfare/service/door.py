"""The door: arrivals of many requests are made durable together.

What enters: arrivals, from any thread. What leaves: for each, what came of it, once it is durable.
One thread writes; while it waits for the disk the next arrivals gather, so that the disk is asked
once for all of them (group commit). Where more waits than may, arrivals are refused at once: the
sender keeps them and tries again, and nothing collapses.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Final

from fieldfare.service.arrivals import Arrival
from fieldfare.service.journal import Appended, Journal

MOST_WAITING: Final = 100_000
"""Events at the door that are not durable yet."""
MOST_TOGETHER: Final = 20_000
"""Events made durable in one transaction."""

Waiting = tuple[Arrival, "Future[Appended]"]


class TooMuchError(Exception):
    """More waits at the door than may. The sender should try again in a second."""


class Door:
    """Takes arrivals until it is closed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._thread = threading.Thread(target=self._write, name="fieldfare-door", daemon=True)
        self._thread.start()

    def take(self, arrival: Arrival) -> Future[Appended]:
        """The future is done when the arrival is durable. Raises TooMuchError."""
        events = _events(arrival)
        with self._lock:
            if self._waiting > MOST_WAITING:
                raise TooMuchError
            self._waiting += events
        done: Future[Appended] = Future()
        self._queue.put((arrival, done))
        return done

    def close(self) -> None:
        """Make durable what waits, and stop."""
        self._queue.put(None)
        self._thread.join()
        self._journal.close()

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            together = [first]
            events = _events(first[0])
            last = False
            while events < MOST_TOGETHER:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                together.append(more)
                events += _events(more[0])
            self._append(together, events)
            if last:
                return

    def _append(self, together: list[Waiting], events: int) -> None:
        try:
            results = self._journal.append([arrival for arrival, _ in together])
        except Exception as error:  # noqa: BLE001  # whoever waits must be told
            for _, done in together:
                done.set_exception(error)
        else:
            for (_, done), result in zip(together, results, strict=True):
                done.set_result(result)
        with self._lock:
            self._waiting -= events


def _events(arrival: Arrival) -> int:
    return sum(batch.num_rows for batch in arrival.tables.values())
