"""Deliver: the outbox is emptied to the endpoints that the operator configured, and only there.

Runs beside the worker, in a thread of its own. Each endpoint has its own task, so that one that
hangs holds up no other. Redirects are not followed, proxies of the environment not used, answers
not read: what counts is that the status is 2xx within the time.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from fieldfare import __version__
from fieldfare.service.outbox import Delivery, Outbox
from fieldfare.service.webhooks import Endpoint, sign

if TYPE_CHECKING:
    import httpx2

TOGETHER: Final = 8
"""Deliveries to one endpoint at the same time."""
POLL_SECONDS: Final = 0.25

log = logging.getLogger("fieldfare.service")


class Deliverer:
    """Delivers until it is closed. `outboxes` opens them anew, in the thread that uses them."""

    def __init__(
        self, outboxes: Callable[[], Sequence[Outbox]], endpoints: Sequence[Endpoint]
    ) -> None:
        self._outboxes, self._endpoints = outboxes, endpoints
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name="fieldfare-deliver", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop. What was under way is sent again by the next."""
        self._stop.set()
        self._thread.join(30)

    @property
    def alive(self) -> bool:
        """False when it has broken off, as where the database went away."""
        return self._thread.is_alive()

    async def _run(self) -> None:
        outboxes = self._outboxes()
        for outbox in outboxes:
            if buried := outbox.bury_others(self._endpoints):
                log.warning("%d deliveries are for webhooks that there are no more", buried)
        tasks = [asyncio.create_task(self._serve(each, outboxes)) for each in self._endpoints]
        try:
            while not self._stop.is_set() and not any(task.done() for task in tasks):
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):
                    log.error("deliveries to webhooks broke off: %s", type(ended).__name__)
            for outbox in outboxes:
                outbox.database.close()

    async def _serve(self, endpoint: Endpoint, outboxes: Sequence[Outbox]) -> None:
        import httpx2

        trusted = ssl.create_default_context(cafile=endpoint.ca_file)
        async with httpx2.AsyncClient(
            verify=trusted, follow_redirects=False, trust_env=False, timeout=None
        ) as client:
            while True:
                sent = 0
                for outbox in outboxes:
                    deliveries = outbox.lease(endpoint, TOGETHER)
                    sent += len(deliveries)
                    await asyncio.gather(
                        *(self._deliver(client, endpoint, outbox, each) for each in deliveries)
                    )
                if not sent:
                    await asyncio.sleep(POLL_SECONDS)

    async def _deliver(
        self, client: httpx2.AsyncClient, endpoint: Endpoint, outbox: Outbox, delivery: Delivery
    ) -> None:
        error = await _post(client, endpoint, delivery)
        if error is None:
            outbox.delivered(delivery)
            return
        dead = outbox.failed(endpoint, delivery, error)
        log.warning(
            "webhook %s: attempt %d failed (%s)%s",
            endpoint.name,
            delivery.attempts + 1,
            error,
            "; it is a dead letter now" if dead else "",
        )


async def _post(client: httpx2.AsyncClient, endpoint: Endpoint, delivery: Delivery) -> str | None:
    """Send it; None, or what went wrong, in words that hold nothing of the answer."""
    import httpx2

    body = delivery.body.encode()
    headers = {
        "content-type": "application/json",
        "user-agent": f"fieldfare/{__version__}",
        **sign(endpoint.secrets, delivery.id, int(time.time()), body),
    }
    try:
        # One time for everything: a receiver that answers a byte now and then has not answered.
        async with (
            asyncio.timeout(endpoint.timeout_seconds),
            client.stream("POST", endpoint.url, content=body, headers=headers) as answer,
        ):
            return None if answer.is_success else f"status {answer.status_code}"
    except TimeoutError:
        return "no answer in time"
    except (httpx2.HTTPError, OSError) as error:
        return type(error).__name__
