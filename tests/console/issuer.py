"""A small OpenID Connect provider on this machine: discovery, codes bound to PKCE, signed tokens.

It is a real one over HTTP, and lets nobody sign in but whoever a test says is at the keyboard.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "fieldfare", "a secret & of the client"


@cache
def _first_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Issuer:
    """Who is at the keyboard is `person`: the claims of the next id token."""

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [_first_key()]
        self.person: dict[str, Any] = {"sub": "0001", "preferred_username": "mara", "groups": []}
        self.changes: dict[str, Any] = {}
        """What is wrong with the next id tokens; None: the claim is left out."""
        self.algorithm = "RS256"
        self.declared: dict[str, Any] = {}
        """What is different in what it says of itself."""
        self.asked: list[str] = []
        self.denies = False
        self._codes: dict[str, dict[str, str]] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None: ...

            def do_GET(self) -> None:
                issuer._get(self)

            def do_POST(self) -> None:
                issuer._post(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # Another host than the console's, as in life: cookies of the one are not the other's.
        self.address = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def rotate(self) -> None:
        """Sign with another key from now on, and show it alone."""
        self.keys = [ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})]
        self.algorithm = "ES256"

    def about(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
            "authorization_response_iss_parameter_supported": True,
        } | self.declared

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        place = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        self.asked.append(place.path)
        if place.path == "/.well-known/openid-configuration":
            _json(request, 200, self.about())
        elif place.path == "/keys":
            _json(request, 200, dict(KeySet(list(self.keys)).as_dict(private=False)))
        elif place.path == "/authorize":
            answer = {"state": query["state"], "iss": self.address}
            if self.denies:
                answer["error"] = "access_denied"
            else:
                answer["code"] = secrets.token_urlsafe(16)
                self._codes[answer["code"]] = query
            _to(request, f"{query['redirect_uri']}?{urlencode(answer)}")
        elif place.path == "/end":
            _to(request, query["post_logout_redirect_uri"])
        else:
            _json(request, 404, {})

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append(urlsplit(request.path).path)
        begun = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        pair = base64.b64encode(b"fieldfare:a+secret+%26+of+the+client").decode()
        right = (
            begun is not None
            and begun["code_challenge_method"] == "S256"
            and begun["code_challenge"] == challenge
            and begun["redirect_uri"] == form["redirect_uri"]
            and request.headers["authorization"] == f"Basic {pair}"
        )
        if begun is None or not right:
            _json(request, 400, {"error": "invalid_grant"})
            return
        _json(request, 200, {"token_type": "Bearer", "id_token": self.token(begun["nonce"])})

    def token(self, nonce: str) -> str:
        """An id token for whoever is at the keyboard."""
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
        } | self.person | self.changes  # fmt: skip
        header = {"alg": self.algorithm, "kid": self.keys[0].kid}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, kept, self.keys[0], algorithms=[self.algorithm])


def _json(request: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("content-type", "application/json")
    request.send_header("content-length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


def _to(request: BaseHTTPRequestHandler, place: str) -> None:
    request.send_response(302)
    request.send_header("location", place)
    request.send_header("content-length", "0")
    request.end_headers()
