"""What every request passes: its host and origin are checked, its session is found, security headers are set."""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tis_esr.errors import TisEsrError
from tis_esr.web.console.console import Console
from tis_esr.web.console.probes import PROBES
from tis_esr.web.console.problems import fault, http_problem, own_problem

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_OWN: Final = {"same-origin", "none"}
_LONGEST_ADDRESS: Final = 4096
_STATIC: Final = "/static/"
_REFRESH: Final = "x-refresh"
"""A page that refreshes by itself sends this header: an open window alone keeps nobody signed in."""
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action {}; base-uri 'none'; frame-ancestors 'none'"
)


class FrontDoor:
    """Wraps the pages. No request reaches one that came from another site, or to another host name (DNS rebinding)."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self._app, self._console = app, console
        self._headers = {
            **_ALWAYS,
            "Content-Security-Policy": _POLICY.format(" ".join(["'self'", *console.sign_in.origins])),
        }
        if console.is_secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; an error that nothing else answered becomes a page."""
        if scope["type"] != "http":
            return
        scope["console"] = self._console
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(message)
            await send(message)

        request = Request(scope, receive)
        try:
            if scope["path"] not in PROBES:
                self._refuse_strangers(request)
            if scope["path"] not in PROBES and not scope["path"].startswith(_STATIC):
                await self._find_session(request)
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last place before the server, which would log its text
            if not started:
                answer = await self._problem(request, error)
                await answer(scope, receive, send_with_headers)

    async def _problem(self, request: Request, error: Exception) -> ASGIApp:
        if isinstance(error, HTTPException):
            return await http_problem(request, error)
        return await (own_problem if isinstance(error, TisEsrError) else fault)(request, error)

    def _refuse_strangers(self, request: Request) -> None:
        if request.headers.get("host", "").lower() not in self._console.hosts:
            raise HTTPException(421)
        if len(request.url.path) + len(request.url.query) > _LONGEST_ADDRESS:
            raise HTTPException(414)
        site = request.headers.get("sec-fetch-site")
        if request.method in _SAFE:
            if site not in _OWN and site is not None and not _is_link(request):
                raise HTTPException(403)
        elif site is not None:
            if site not in _OWN:
                raise HTTPException(403)
        elif request.headers.get("origin") not in self._console.origins:
            raise HTTPException(403)

    async def _find_session(self, request: Request) -> None:
        secret = request.cookies.get(self._console.cookie, "")
        if secret:
            is_use = _REFRESH not in request.headers
            request.scope["console.session"] = await self._console.sessions.current(secret, is_use=is_use)

    def _add_headers(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")


def _is_link(request: Request) -> bool:
    """Return whether a person follows a link of another site, as opposed to an image, frame or script of it that asks."""
    return (
        request.headers.get("sec-fetch-mode") == "navigate"
        and request.headers.get("sec-fetch-dest", "document") == "document"
    )
