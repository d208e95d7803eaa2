"""Who may ask what: bearer tokens, their scopes, and limits. Nothing is allowed by default."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fieldfare.service.tokens import Scope, Token

if TYPE_CHECKING:
    from fieldfare.service.api.running import Running

REMEMBERED_SECONDS = 1.0
"""How long a token's check is remembered; a revoked one stops within that."""

_bearer = HTTPBearer(auto_error=False, description="A token made with `fieldfare token make`.")


# Not async would be a thread, and a wait for it, with every request.
async def running(request: Request) -> Running:
    """What the application opened."""
    return cast("Running", request.app.state.running)


class Gate:
    """Checks tokens and counts their requests."""

    def __init__(self, check: Callable[[str], Token | None], per_second: float) -> None:
        self._check, self._per_second = check, per_second
        self._remembered: dict[str, tuple[float, Token | None]] = {}
        self._left: dict[str, tuple[float, float]] = {}

    def token(self, secret: str) -> Token | None:
        now = time.monotonic()
        known = self._remembered.get(secret)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        if len(self._remembered) > 10_000:
            # Guesses must not fill the memory.
            self._remembered.clear()
        token = self._check(secret)
        self._remembered[secret] = (now, token)
        return token

    def wait(self, token: Token) -> int:
        """Seconds until the token may ask again; 0 where it may now, which counts. Its requests
        are a bucket that fills by the second and holds a second's worth, one at least."""
        if not self._per_second:
            return 0
        now, most = time.monotonic(), max(self._per_second, 1.0)
        at, left = self._left.get(token.name, (now, most))
        left = min(most, left + (now - at) * self._per_second)
        self._left[token.name] = (now, max(left - 1.0, 0.0) if left >= 1.0 else left)
        return 0 if left >= 1.0 else max(1, math.ceil((1.0 - left) / self._per_second))


def needs(scope: Scope) -> Any:
    """A dependency: the request carries a token with this scope."""

    async def check(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Token:
        gate: Gate = request.app.state.gate
        token = gate.token(credentials.credentials) if credentials is not None else None
        if token is None:
            raise HTTPException(
                401,
                "send a token in force: Authorization: Bearer …",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if scope not in token.scopes:
            raise HTTPException(403, f"the token lacks the scope {scope}")
        if wait := gate.wait(token):
            raise HTTPException(
                429, "too many requests with this token", headers={"Retry-After": str(wait)}
            )
        request.state.token = token
        return token

    check.scope = scope  # type: ignore[attr-defined]
    return Depends(check)


def token_of(request: Request) -> Token:
    """The token that opened the route."""
    return cast("Token", request.state.token)


async def body_of(request: Request, most: int) -> bytes:
    """The body, unpacked where it is gzip. Refuses with 413 what is longer than `most` bytes."""
    import zlib

    packed = request.headers.get("content-encoding", "identity").lower()
    if packed not in ("identity", "gzip"):
        raise HTTPException(415, "Content-Encoding may be gzip, or left out")
    unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
    parts: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            part = chunk if unpack is None else unpack.decompress(chunk, most + 1 - size)
            size += len(part)
            if size > most or (unpack is not None and unpack.unconsumed_tail):
                raise HTTPException(
                    413, f"the body is longer than {most:,} bytes; send less at once"
                )
            parts.append(part)
    except zlib.error as error:
        raise HTTPException(400, "the body is not gzip, as its header says") from error
    if unpack is not None and not unpack.eof:
        raise HTTPException(400, "the gzip body breaks off")
    return b"".join(parts)
