"""The calls of the CyberTipline's interface, one method each. Connects to the one base it is given.

Nothing is tried again here: what may be repeated, and when, is `filing`'s to know.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from fieldfare.reports.credentials import Credentials
from fieldfare.reports.cybertip.answers import Answer, Unanswered

if TYPE_CHECKING:
    import httpx2

BASES: Final = {
    "test": "https://exttest.cybertip.org/ispws",
    "production": "https://report.cybertip.org/ispws",
}
"""By environment. What the test system gets it throws away; it has credentials of its own."""

TIMEOUT_SECONDS: Final = 60.0
_XML: Final = {"content-type": "text/xml; charset=utf-8"}
_LONGEST_ANSWER: Final = 1_000_000


class CyberTipline:
    """One account at one system of the CyberTipline."""

    def __init__(
        self, base: str, credentials: Credentials, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        import httpx2

        self.base = base.rstrip("/")
        # trust_env: no proxy or .netrc that the operator did not set here.
        self._http = httpx2.Client(
            auth=httpx2.BasicAuth(credentials.user, credentials.password),
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def __repr__(self) -> str:
        return f"CyberTipline({self.base!r})"

    def status(self) -> Answer:
        """Whether it can be reached, and knows the credentials."""
        return self._ask("GET", "/status")

    def schema(self) -> bytes:
        """The schema as it is now. Raises Unanswered."""
        response = self._send("GET", "/xsd")
        if response.status_code != 200:
            raise Unanswered("/xsd", f"HTTP {response.status_code}", _request_id(response))
        return response.content

    def submit(self, report: bytes) -> Answer:
        """Open a report; its number is in the answer."""
        return self._ask("POST", "/submit", content=report, headers=_XML)

    def upload(self, report_id: str, name: str, content: bytes) -> Answer:
        """Add a file to an open report."""
        files = {"file": (name, content, "application/octet-stream")}
        return self._ask("POST", "/upload", data={"id": report_id}, files=files)

    def fileinfo(self, details: bytes) -> Answer:
        """Describe an uploaded file."""
        return self._ask("POST", "/fileinfo", content=details, headers=_XML)

    def finish(self, report_id: str) -> Answer:
        """File the report. Cannot be taken back."""
        return self._ask("POST", "/finish", data={"id": report_id})

    def retract(self, report_id: str) -> Answer:
        """Take an open report back."""
        return self._ask("POST", "/retract", data={"id": report_id})

    def _send(self, method: str, call: str, **what: Any) -> httpx2.Response:
        import httpx2

        try:
            return self._http.request(method, self.base + call, **what)
        except (httpx2.HTTPError, OSError) as error:
            raise Unanswered(call, type(error).__name__) from None

    def _ask(self, method: str, call: str, **what: Any) -> Answer:
        response = self._send(method, call, **what)
        request_id = _request_id(response)
        if response.status_code == 401:
            # Its body is empty.
            return Answer(2000, request_id=request_id)
        if response.status_code == 403:
            return Answer(3000, request_id=request_id)
        return _read(call, response.status_code, response.content, request_id)


def _request_id(response: httpx2.Response) -> str | None:
    found = response.headers.get("request-id")
    return None if found is None else found[:200]


def _read(call: str, status: int, body: bytes, request_id: str | None) -> Answer:
    from lxml import etree

    if len(body) > _LONGEST_ANSWER:
        raise Unanswered(call, "the answer is too long", request_id)
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
        found = {
            etree.QName(each).localname: (each.text or "").strip()
            for each in root.iter(etree.Element)
        }
        code = int(found["responseCode"])
    except (etree.XMLSyntaxError, KeyError, ValueError):
        raise Unanswered(call, f"HTTP {status}", request_id) from None
    return Answer(
        code,
        found.get("responseDescription", ""),
        found.get("reportId") or None,
        found.get("fileId") or None,
        found.get("hash", "").lower() or None,
        request_id,
    )
