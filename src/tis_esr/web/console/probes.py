"""Whether the console lives and is ready, for a load balancer or Kubernetes: under any host name, without sign-in."""

from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tis_esr.errors import TisEsrError
from tis_esr.operations.kept import kept_from
from tis_esr.web.console.console import console_of
from tis_esr.web.console.problems import ProblemError

_log = structlog.get_logger()
LIVE: Final = "/health/live"
READY: Final = "/health/ready"
PROBES: Final = (LIVE, READY)


def routes() -> list[Route]:
    """Return the routes of the probes."""
    return [Route(LIVE, _live), Route(READY, _ready)]


async def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


async def _ready(request: Request) -> Response:
    """Answer 200 while the store can be read, else 503; what is wrong is on the doctor's page, for those who sign in."""
    try:
        await console_of(request).questions.ask(kept_from)
    except (TisEsrError, ProblemError, OSError) as error:
        _log.warning("console_not_ready", error=type(error).__name__)
        return JSONResponse({"ready": False}, 503)
    return JSONResponse({"ready": True})
