"""Where the service is, and how long a client waits for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx2
import msgspec

from fieldfare.client.answers import Change
from fieldfare.client.calls import Call
from fieldfare.client.errors import NotUnderstoodError, UnavailableError
from fieldfare.vocabulary import SettingsError

SILENCE_SECONDS = 45.0
"""A stream of changes says something every 15 seconds; one that does not is lost."""


@dataclass(frozen=True)
class Address:
    """A service as one client sees it."""

    url: str
    token: str = field(repr=False)
    patience: float
    timeout: float
    decision_timeout: float

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise SettingsError(f"{self.url}: not an address; give http://… or https://…")
        object.__setattr__(self, "url", self.url.rstrip("/"))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def timeout_of(self, call: Call | None) -> httpx2.Timeout:
        """For a call; None: for the stream of changes."""
        if call is None:
            return httpx2.Timeout(self.timeout, read=SILENCE_SECONDS)
        return httpx2.Timeout(self.timeout if call.patient else self.decision_timeout)

    def give_up(self, since: float, error: Exception, *, patient: bool = True) -> None:
        """Raise UnavailableError where there is no time left to try again."""
        if not patient or time.monotonic() - since >= self.patience:
            if isinstance(error, UnavailableError):
                raise error
            raise UnavailableError(
                f"{self.url}: no answer from the service ({type(error).__name__})"
            ) from error


def changes_path(after: int, *, follow: bool) -> str:
    """The address of the stream of changes."""
    return "/v1/changes?" + urlencode({"after": after, "follow": str(follow).lower()})


def decoded_change(data: str) -> Change:
    """A change as the stream holds it."""
    try:
        return msgspec.json.decode(data, type=Change)
    except msgspec.DecodeError as error:
        raise NotUnderstoodError("the stream holds something that is no change") from error
