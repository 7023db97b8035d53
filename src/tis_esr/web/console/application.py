"""The console as an ASGI application: routes to pages, and who may open them."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tis_esr.errors import TisEsrError
from tis_esr.web.console.acts import notice_of
from tis_esr.web.console.assets import assets, serve
from tis_esr.web.console.console import Console, Page
from tis_esr.web.console.front_door import FrontDoor
from tis_esr.web.console.probes import routes as routes_of_probes
from tis_esr.web.console.problems import ProblemError, fault, http_problem, own_problem
from tis_esr.web.console.rendering import session_of


def application(console: Console) -> ASGIApp:
    """Return the application of a console."""
    routes = [
        Route(f"{assets().folder}/{{name:path}}", serve),
        *routes_of_probes(),
        *console.sign_in.routes(),
        *(Route(page.path, _guarded(page), methods=list(page.methods)) for page in console.pages),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: http_problem, TisEsrError: own_problem, Exception: fault},
    )
    app.router.redirect_slashes = False
    return FrontDoor(app, console)


def _guarded(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """Return a page's endpoint for signed-in people with its role; others are sent to the sign-in, or refused."""

    async def answer(request: Request) -> Response:
        session = session_of(request)
        if session is None:
            if request.method not in {"GET", "HEAD"}:
                if page.interrupted is not None and (kept := await page.interrupted(request)) is not None:
                    return kept
                raise ProblemError(
                    401,
                    "Your session has ended. Nothing was done.",
                    "Sign in again, then open the page and send the form again.",
                    "Sign in",
                )
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", 303)
        if not session.account.may(page.role):
            raise ProblemError(
                403,
                f"This page needs the role {page.role.value}, which your account doesn't have.",
                "An administrator of your sign-in can grant it.",
            )
        if not page.is_for(session.account):
            raise ProblemError(
                403,
                "This page shows things of other offices or trusts, and your account is limited to some.",
                "Ask the support team for the answer.",
            )
        request.scope["console.notice"] = await notice_of(request)
        return await page.answer(request)

    return answer
