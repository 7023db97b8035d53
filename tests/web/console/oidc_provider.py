"""A small OIDC provider on loopback, strict where Keycloak is, that a test can have lie, rotate its keys and be slow."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from msgspec import json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tis_esr.web.http_server import served

CLIENT, SECRET = "tis-esr-console", "an-invented-secret"


@dataclass
class Provider:
    """Signs ``claims`` in as soon as somebody is sent to it. ``lies`` replace claims of the token; None removes one."""

    issuer: str = ""
    claims: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "f3b0",
            "preferred_username": "testa.specimen",
            "realm_access": {"roles": ["tis-esr-operator", "offline_access"]},
        }
    )
    lies: dict[str, Any] = field(default_factory=dict)
    skew: float = 0.0
    key: RSAKey = field(default_factory=lambda: _first_key())
    signs_with: RSAKey | None = None
    signatures: list[str] = field(default_factory=lambda: ["RS256"])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ended: list[dict[str, str]] = field(default_factory=list)
    is_down: bool = False

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = another_key()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Provider"]:
        async with served(lambda _: self._app(), "127.0.0.1", 0, setting="") as port:
            self.issuer = f"http://127.0.0.1:{port}/realms/tis"
            yield self

    def _app(self) -> Starlette:
        path = "/realms/tis"
        routes = [
            Route(f"{path}/.well-known/openid-configuration", self._metadata),
            Route(f"{path}/keys", self._keys),
            Route(f"{path}/auth", self._authorize),
            Route(f"{path}/token", self._token, methods=["POST"]),
            Route(f"{path}/logout", self._logout),
        ]
        return Starlette(routes=routes)

    async def _metadata(self, _: Request) -> Response:
        self.asked.append("metadata")
        if self.is_down:
            return Response(status_code=502)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "id_token_signing_alg_values_supported": self.signatures,
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        assert len(query["state"]) >= 20
        assert len(query["nonce"]) >= 20
        code = uuid4().hex
        self.codes[code] = query
        return RedirectResponse(
            f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        )

    async def _token(self, request: Request) -> Response:
        name, _, secret = (
            base64.b64decode(request.headers["authorization"].split()[1]).decode().partition(":")
        )
        sent = {key: value[0] for key, value in parse_qs((await request.body()).decode()).items()}
        begun = self.codes.pop(sent["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if (
            begun is None
            or (unquote(name), unquote(secret)) != (CLIENT, SECRET)
            or challenge.rstrip(b"=").decode() != begun["code_challenge"]
            or sent["redirect_uri"] != begun["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": "opaque",
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": self._id_token(begun),
            }
        )

    def _id_token(self, begun: dict[str, str]) -> str:
        now = time.time() + self.skew
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "azp": CLIENT,
            "nonce": begun["nonce"],
            "iat": int(now),
            "exp": int(now + 300),
            **self.claims,
            **self.lies,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        kind = self.signatures[0]
        if kind == "none":
            parts = [json.encode({"alg": "none", "kid": self.key.kid}), json.encode(claims), b""]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        shared = OctKey.import_key(SECRET) if kind == "HS256" else None
        return jwt.encode(
            {"alg": kind, "kid": self.key.kid}, claims, shared or self.signs_with or self.key, [kind]
        )

    async def _logout(self, request: Request) -> Response:
        self.ended.append(dict(request.query_params))
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])


@cache
def _first_key() -> RSAKey:
    return another_key()


def another_key() -> RSAKey:
    """Return a key that no provider has."""
    return RSAKey.generate_key(2048, {"kid": uuid4().hex, "use": "sig", "alg": "RS256"})
