"""Signing in through OpenID Connect: authorization code with PKCE, state and nonce.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer of the answer), RFC
9700 (best practice). The provider is the operator's own, and the only other machine that the
console ever asks: nobody's browser brings it an address. What is under way is kept in a sealed
cookie of the browser that began, so that several processes may serve the console.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlencode

import msgspec

from fieldfare.cases.errors import KeyMissing, SignInRefused
from fieldfare.cases.users import Vouched
from fieldfare.cases.vault import Vault
from fieldfare.console.openid_settings import OpenIdSettings, is_safe
from fieldfare.vocabulary import FieldfareError
from fieldfare.vocabulary.keys import KEY_BYTES, KeyRing
from fieldfare.vocabulary.times import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    import httpx2
    from joserfc.jwk import GuestProtocol, Key

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""Of signatures; never a shared secret, and never none."""
LEEWAY_SECONDS: Final = 60
UNDER_WAY: Final = 10 * MINUTE
"""How long somebody may take at the provider."""
REMEMBERED: Final = HOUR
"""How long its addresses and keys are believed without asking again,"""
ASK_AGAIN: Final = 10 * SECOND
"""and how soon for a key that is not known yet: keys are rotated, and anybody can name one."""
MOST_BYTES: Final = 1 << 20
TIMEOUT_SECONDS: Final = 10.0

_AGAIN = "the sign-in was not begun here, or took too long; start again"
_NOT_ACCEPTED = "the identity provider did not vouch for you; start again"


class ProviderError(FieldfareError):
    """The identity provider cannot be reached, or does not keep to the standard."""


class _Provider(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Begun(msgspec.Struct):
    """A sign-in that is under way."""

    state: str
    nonce: str
    verifier: str
    until: int


class OpenId:
    """The provider of these settings. Safe for several threads."""

    def __init__(self, settings: OpenIdSettings, clock: Callable[[], int]) -> None:
        self.settings, self._clock = settings, clock
        self._vault = Vault(KeyRing("flow", {"flow": _flow_key(settings)}))
        self._lock = threading.Lock()
        self._provider: tuple[int, _Provider] | None = None
        self._keys: tuple[int, list[Key]] = (-(10**18), [])

    def begin(self) -> tuple[str, str]:
        """Where the browser is to go, and what it is to bring back in its cookie. Raises
        ProviderError."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = _Begun(state, nonce, verifier, self._clock() + UNDER_WAY)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.settings.client_id,
                "redirect_uri": self.settings.back,
                "scope": " ".join(self.settings.scopes),
                "state": begun.state,
                "nonce": begun.nonce,
                "code_challenge": challenge.rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        sealed = self._vault.seal(msgspec.json.encode(begun), "sign-in")
        return _with(self._known().authorization_endpoint, query), base64.urlsafe_b64encode(
            sealed
        ).decode()

    def finish(self, cookie: str | None, answer: Mapping[str, str]) -> Vouched:
        """Whom the provider recognised. `answer`: the query it sent the browser back with. Raises
        SignInRefused and ProviderError; neither repeats anything of what was sent."""
        begun = self._begun(cookie)
        if not secrets.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SignInRefused(_AGAIN)
        provider = self._known()
        issuer = answer.get("iss")
        if issuer != provider.issuer and (
            issuer is not None or provider.authorization_response_iss_parameter_supported
        ):
            raise SignInRefused(_NOT_ACCEPTED)
        if "error" in answer or not answer.get("code"):
            raise SignInRefused(_NOT_ACCEPTED)
        claims = self._claims(self._exchange(provider, answer["code"], begun), begun.nonce)
        name = claims.get(self.settings.name_claim)
        if not isinstance(name, str) or not name:
            raise SignInRefused(
                f"the identity provider gives no '{self.settings.name_claim}' to call you by"
            )
        return Vouched(self.settings.issuer, claims["sub"], name, self._roles(claims))

    def sign_out_address(self) -> str | None:
        """Where one signs out of the provider too; None where it has no such place."""
        try:
            place = self._known().end_session_endpoint
        except ProviderError:
            return None
        if place is None or not is_safe(place):
            return None
        back = f"{self.settings.address.rstrip('/')}/sign-in"
        return _with(
            place,
            urlencode({"client_id": self.settings.client_id, "post_logout_redirect_uri": back}),
        )

    def _begun(self, cookie: str | None) -> _Begun:
        try:
            sealed = base64.urlsafe_b64decode((cookie or "")[:4000])
            begun = msgspec.json.decode(self._vault.open(sealed, "sign-in"), type=_Begun)
        except (ValueError, IndexError, KeyMissing, msgspec.MsgspecError):
            raise SignInRefused(_AGAIN) from None
        if begun.until < self._clock():
            raise SignInRefused(_AGAIN)
        return begun

    def _exchange(self, provider: _Provider, code: str, begun: _Begun) -> str:
        settings = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.back,
            "code_verifier": begun.verifier,
        }
        headers = {}
        methods = provider.token_endpoint_auth_methods_supported
        if settings.secret is not None and "client_secret_basic" in methods:
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = settings.client_id
            if settings.secret is not None:
                form["client_secret"] = settings.secret
        status, found = self._ask("POST", provider.token_endpoint, data=form, headers=headers)
        token = found.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise SignInRefused(_NOT_ACCEPTED)
        return token

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        settings = self.settings
        registry = jwt.JWTClaimsRegistry(
            now=self._clock() // SECOND,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, self._key_of, algorithms=ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise SignInRefused(_NOT_ACCEPTED) from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else settings.client_id) != settings.client_id:
            raise SignInRefused(_NOT_ACCEPTED)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise SignInRefused(_NOT_ACCEPTED)
        return claims

    def _roles(self, claims: Mapping[str, Any]) -> frozenset[str]:
        found: Any = claims.get(self.settings.roles_claim)
        if found is None:
            found = claims
            for step in self.settings.roles_claim.split("."):
                found = found.get(step) if isinstance(found, Mapping) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        known = self.settings.roles
        return frozenset(known[each] for each in values if isinstance(each, str) and each in known)

    def _known(self) -> _Provider:
        with self._lock:
            if self._provider is None or self._clock() - self._provider[0] > REMEMBERED:
                self._provider = self._clock(), self._discover()
            return self._provider[1]

    def _discover(self) -> _Provider:
        issuer = self.settings.issuer
        status, found = self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            provider = msgspec.convert(found, type=_Provider)
        except msgspec.ValidationError:
            raise ProviderError("the identity provider does not describe itself") from None
        if status != 200 or provider.issuer != issuer:
            raise ProviderError("the identity provider calls itself by another name")
        places = (provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri)
        if not all(map(is_safe, places)):
            raise ProviderError("the identity provider has an address without TLS")
        return provider

    def _key_of(self, token: GuestProtocol) -> Key:
        headers = token.headers()
        place = self._known().jwks_uri
        with self._lock:
            asked_at, keys = self._keys
            age = self._clock() - asked_at
            found = _fitting(keys, headers)
            if age > REMEMBERED or (not found and age > ASK_AGAIN):
                self._keys = self._clock(), self._fetch_keys(place)
                found = _fitting(self._keys[1], headers)
        if len(found) != 1:
            raise SignInRefused(_NOT_ACCEPTED)
        return found[0]

    def _fetch_keys(self, place: str) -> list[Key]:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        status, found = self._ask("GET", place)
        wanted = found.get("keys")
        if status != 200 or not isinstance(wanted, list):
            raise ProviderError("the identity provider shows no keys")
        keys: list[Key] = []
        for each in wanted:
            if not isinstance(each, dict) or each.get("kty") == "oct":
                continue
            try:
                keys += KeySet.import_key_set({"keys": [each]}).keys
            except (JoseError, ValueError, TypeError, KeyError):
                # Of a kind that is not known here: the others may still do.
                continue
        return keys

    def _ask(self, method: str, place: str, **given: Any) -> tuple[int, dict[str, Any]]:
        import httpx2

        try:
            with (
                httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
                client.stream(method, place, **given) as answer,
            ):
                body = _read(answer)
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise ProviderError(
                f"the identity provider does not answer ({type(error).__name__}); try again, or "
                "ask whoever runs it"
            ) from None
        try:
            found = msgspec.json.decode(body)
        except msgspec.MsgspecError:
            found = None
        return status, found if isinstance(found, dict) else {}


def _read(answer: httpx2.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ProviderError("the identity provider answers with more than is ever needed")
    return bytes(body)


def _fitting(keys: list[Key], headers: Mapping[str, Any]) -> list[Key]:
    """Keys that can have signed this: the one it names; without a name, those of its kind."""
    name, algorithm = headers.get("kid"), str(headers.get("alg"))
    kind = {"R": "RSA", "P": "RSA"}.get(algorithm[:1], "OKP" if "Ed" in algorithm else "EC")
    own = [each for each in keys if each.key_type == kind and each.get("use", "sig") == "sig"]
    return own if name is None else [each for each in own if each.get("kid") == name]


def _with(place: str, query: str) -> str:
    return f"{place}{'&' if '?' in place else '?'}{query}"


def _flow_key(settings: OpenIdSettings) -> bytes:
    """The key of the cookie: the same in every process that has the client's secret."""
    if settings.secret is None:
        return secrets.token_bytes(KEY_BYTES)
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = f"fieldfare sign-in\n{settings.issuer}\n{settings.client_id}\n{settings.back}".encode()
    return HKDF(SHA256(), KEY_BYTES, None, info).derive(settings.secret.encode())
