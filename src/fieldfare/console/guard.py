"""What keeps the console apart from other sites: headers, where a request came from, its size."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from fieldfare.vocabulary import InputError

MOST_BYTES: Final = 2 << 20
"""Of a form; a policy file is the largest thing anybody sends."""

HEADERS: Final = {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
}

PAGE_HEADERS: Final = {**HEADERS, "cache-control": "no-store"}
"""Of pages: nothing that was shown stays in a cache, so Back asks again."""


def same_origin(request: Request) -> bool:
    """Whether a request that changes something came from a page of this console. Browsers send
    Sec-Fetch-Site, the older ones Origin; without either it is refused."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin == f"{request.url.scheme}://{request.url.netloc}"


async def form_of(request: Request) -> dict[str, list[str]]:
    """The fields of a form. Raises InputError for anything else, and for one that is too long."""
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InputError(f"a form may have at most {MOST_BYTES >> 20} MB")
    if body and kind != "application/x-www-form-urlencoded":
        raise InputError("only a form can be sent here")
    try:
        fields = parse_qs(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=5000
        )
    except ValueError:
        raise InputError("what was sent is not a form in UTF-8") from None
    return fields
