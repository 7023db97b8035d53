"""Sign-in on one's own machine: an address with a one-time token, printed in the terminal, as Jupyter does."""

import hmac
from collections.abc import Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tis_esr.operations.access.accounts import Account
from tis_esr.operations.access.sessions import new_secret
from tis_esr.web.console.console import console_of
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.rendering import page, session_of
from tis_esr.web.console.sign_in.next_address import next_address

_ATTEMPTS_A_MINUTE: Final = 10


class LocalSignIn:
    """A person with the token, which only the terminal shows, is ``account``. A token is used once; then there is a new one.

    ``show`` gets the path of each new sign-in address that somebody asked for.
    """

    origins: tuple[str, ...] = ()

    def __init__(self, account: Account, show: Callable[[str], None]) -> None:
        self._account, self._show = account, show
        self._token = new_secret()
        self._attempts = RateLimit(_ATTEMPTS_A_MINUTE)

    @property
    def path(self) -> str:
        """Return the path, with its token, that signs in once."""
        return f"/sign-in?token={self._token}"

    def routes(self) -> Sequence[BaseRoute]:
        """Return its routes."""
        return [
            Route("/sign-in", self._sign_in, methods=["GET"]),
            Route("/sign-in/new", self._new, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
        ]

    async def _sign_in(self, request: Request) -> Response:
        given = request.query_params.get("token")
        if given is None:
            if session_of(request) is not None:
                return RedirectResponse(next_address(request.query_params.get("next", "/")), 303)
            return page(request, "sign_in_local.html", "Sign in", {"used": False}, status=401)
        if request.method != "GET":
            raise ProblemError(405, "This address signs in when it is opened.", "Open it in a browser.")
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            raise ProblemError(
                403, "A link of another site doesn't sign in.", "Open the address from the terminal."
            )
        self._attempts.take(_client(request))
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return page(request, "sign_in_local.html", "Sign in", {"used": True}, status=403)
        self._token = new_secret()
        console = console_of(request)
        if (earlier := session_of(request)) is not None:
            await console.sessions.end(earlier)
        secret = new_secret()
        await console.sessions.begin(self._account, secret)
        response = RedirectResponse("/", 303)
        console.set_cookie(response, secret)
        return response

    async def _new(self, request: Request) -> Response:
        """Print a new address in the terminal: only its owner can read it there."""
        self._attempts.take(_client(request))
        self._show(self.path)
        return page(request, "sign_in_local.html", "Sign in", {"printed": True})

    async def _sign_out(self, request: Request) -> Response:
        console = console_of(request)
        session = session_of(request)
        if session is not None:
            await read_form(request)
            await console.sessions.end(session)
        request.scope["console.session"] = None
        response = page(request, "sign_in_local.html", "Signed out", {"signed_out": True})
        console.drop_cookie(response)
        return response


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
