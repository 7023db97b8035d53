"""Sign-in by an OIDC provider: authorization code with PKCE, state and nonce; sign-out at the provider too."""

import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from cryptography.fernet import Fernet, InvalidToken
from joserfc.errors import JoseError
from msgspec import json
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tis_esr.operations.access.claims import ClaimMapping, NoRoleError
from tis_esr.operations.access.sessions import key_from, new_secret
from tis_esr.web.console.console import console_of
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.rendering import page, session_of
from tis_esr.web.console.sign_in.next_address import next_address

_log = structlog.get_logger()
_ATTEMPTS_A_MINUTE: Final = 20
_MINUTES: Final = 10
"""How long a person may take at the provider."""
_LONGEST_NEXT: Final = 1000
"""Characters of the address to return to: browsers drop a cookie of more than 4,096, and the sign-in with it."""
_SKEW_SECONDS: Final = 60
_KEYS_SECONDS: Final = 3600
"""How long the provider's addresses and keys are kept; an unknown key is asked for at once."""
_TIMEOUT: Final = 10.0
_SIGNATURES: Final = "id_token_signing_alg_values_supported"
_STRONG: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


class OidcSignIn:
    """Sign-in by the provider ``issuer``, for the console at ``url``; ``mapping`` gives roles and offices."""

    def __init__(self, issuer: str, client_id: str, secret: str, url: str, mapping: ClaimMapping) -> None:
        self._issuer, self._client_id, self._secret = issuer.rstrip("/"), client_id, secret
        self._callback, self._home, self._mapping = f"{url}/sign-in/callback", f"{url}/signed-out", mapping
        parts = urlsplit(issuer)
        self.origins: tuple[str, ...] = (f"{parts.scheme}://{parts.netloc}",)
        # Any process of the installation opens what another one has sealed.
        self._sealing = Fernet(key_from(secret, "sign-in"))
        self._attempts = RateLimit(_ATTEMPTS_A_MINUTE)
        self._made_at = 0.0
        self._app: StarletteOAuth2App | None = None

    def routes(self) -> Sequence[BaseRoute]:
        """Return its routes."""
        return [
            Route("/sign-in", self._sign_in, methods=["GET"]),
            Route("/sign-in/callback", self._answered, methods=["GET"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/signed-out", self._signed_out, methods=["GET"]),
        ]

    async def _sign_in(self, request: Request) -> Response:
        """Lead to the provider. What has to come back is in a sealed cookie, for this browser and ten minutes alone."""
        target = next_address(request.query_params.get("next", "/"))
        if session_of(request) is not None:
            return RedirectResponse(target, 303)
        self._attempts.take(_client(request))
        begun: dict[str, Any] = {"next": target if len(target) <= _LONGEST_NEXT else "/"}
        state = new_secret()
        request.scope["session"] = begun
        try:
            response: Response = await self._provider().authorize_redirect(
                request, self._callback, state=state, code_challenge_method="S256"
            )
        except (httpx2.HTTPError, AuthlibBaseError, ValueError, KeyError, RuntimeError) as error:
            raise self._unavailable(error) from None
        console = console_of(request)
        sealed = self._sealing.encrypt(json.encode(_shortened(begun))).decode()
        console.set_cookie(response, sealed, name=_cookie(console.cookie, state), seconds=60 * _MINUTES)
        return response

    async def _answered(self, request: Request) -> Response:
        """Begin a session for the person that the provider names, and forget what led there: no answer is used twice."""
        self._attempts.take(_client(request))
        console = console_of(request)
        cookie = _cookie(console.cookie, request.query_params.get("state", ""))
        begun = self._opened(request.cookies.get(cookie, ""))
        target = next_address(str(begun.get("next", "/")))
        request.scope["session"] = begun
        try:
            provider = self._provider()
            _refuse_weak_signatures(await provider.load_server_metadata())
            token = await provider.authorize_access_token(request, leeway=_SKEW_SECONDS)
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            _log.warning("console_sign_in_refused", error=type(error).__name__)
            raise ProblemError(
                403,
                "The answer of the sign-in can't be used: it is old, was used already, or isn't for this browser.",
                "Sign in again.",
                "Not signed in",
            ) from None
        except (httpx2.HTTPError, RuntimeError) as error:
            raise self._unavailable(error) from None
        claims = token.get("userinfo")
        if not claims or not self._is_for_us(claims):
            _log.warning("console_sign_in_refused", error="another audience or issuer")
            raise ProblemError(403, "The sign-in is for another service.", "Sign in again.", "Not signed in")
        try:
            account = self._mapping.account(claims)
        except NoRoleError as error:
            _log.warning("console_sign_in_without_role", lacks=error.lacks)
            raise ProblemError(
                403,
                f"You are signed in, but have no {error.lacks} here.",
                "An administrator of your sign-in can grant it.",
                "Not allowed",
            ) from None
        secret = new_secret()
        if (earlier := session_of(request)) is not None:
            await console.sessions.end(earlier)
        hint = Fernet(key_from(secret, "sign-out")).encrypt(token["id_token"].encode()).decode()
        await console.sessions.begin(account, secret, hint)
        response = RedirectResponse(target, 303)
        console.set_cookie(response, secret)
        console.drop_cookie(response, cookie)
        return response

    async def _sign_out(self, request: Request) -> Response:
        """End the session here, then at the provider; at the provider also if the one here has ended by itself."""
        console = console_of(request)
        session = session_of(request)
        values = {"post_logout_redirect_uri": self._home, "client_id": self._client_id}
        if session is not None:
            await read_form(request)
            await console.sessions.end(session)
            key = key_from(request.cookies.get(console.cookie, ""), "sign-out")
            values["id_token_hint"] = Fernet(key).decrypt(session.sealed.encode()).decode()
        response = RedirectResponse(await self._end_address(values), 303)
        console.drop_cookie(response)
        return response

    async def _end_address(self, values: dict[str, str]) -> str:
        """Return where the provider ends its own session; our page if it has no such place, or can't be asked."""
        try:
            address = (await self._provider().load_server_metadata()).get("end_session_endpoint")
        except (httpx2.HTTPError, ValueError, KeyError, RuntimeError):
            address = None
        return f"{address}?{urlencode(values)}" if address else "/signed-out"

    async def _signed_out(self, request: Request) -> Response:
        return page(request, "signed_out.html", "Signed out")

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        """Return whether the token names this provider and us: also as one of several, if it was issued to us."""
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        return (
            str(claims.get("iss", "")).rstrip("/") == self._issuer
            and self._client_id in named
            and claims.get("azp", self._client_id) == self._client_id
        )

    def _provider(self) -> StarletteOAuth2App:
        """Return the client of the provider, which keeps its addresses and keys for an hour."""
        now = time.monotonic()
        if self._app is None or now - self._made_at > _KEYS_SECONDS:
            self._app, self._made_at = self._client(), now
        return self._app

    def _client(self) -> StarletteOAuth2App:
        return OAuth().register(
            "provider",
            client_id=self._client_id,
            client_secret=self._secret,
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT,
                "trust_env": False,
            },
        )

    def _opened(self, sealed: str) -> dict[str, Any]:
        """Return what was sealed when this browser went to the provider; nothing if that was not here, or long ago."""
        try:
            found = json.decode(self._sealing.decrypt(sealed, ttl=60 * _MINUTES))
        except (InvalidToken, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _unavailable(self, error: Exception) -> ProblemError:
        self._app = None
        _log.warning("console_provider_unavailable", error=type(error).__name__)
        return ProblemError(
            503,
            "The sign-in service can't be reached.",
            "Try again in a minute. TIS_ESR_CONSOLE_OIDC_ISSUER names it.",
        )


def _cookie(session_cookie: str, state: str) -> str:
    """Return the name of the cookie of one attempt: several tabs may sign in at once, as when a browser reopens them."""
    return f"{session_cookie}-sign-in-{sha256(state.encode()).hexdigest()[:8]}"


def _shortened(begun: dict[str, Any]) -> dict[str, Any]:
    """Return what has to come back, without the provider's address: proxies limit the cookies of all attempts together."""
    return {
        name: {**kept, "data": {key: one for key, one in kept["data"].items() if key != "url"}}
        if isinstance(kept, dict)
        else kept
        for name, kept in begun.items()
    }


def _refuse_weak_signatures(metadata: dict[str, Any]) -> None:
    """Leave of the signatures that a provider offers those by a private key of its own: never none, never our secret."""
    offered = metadata.get(_SIGNATURES) or ["RS256"]
    metadata[_SIGNATURES] = [name for name in offered if name in _STRONG] or ["RS256"]


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
