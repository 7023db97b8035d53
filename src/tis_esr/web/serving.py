"""The HTTP side of a running process: health, metrics and, if other systems send events, the endpoints for them."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tis_esr.web.http_server import served

_log = structlog.get_logger()
Troubles = Callable[[], dict[str, str]]
Missing = Callable[[], Awaitable[dict[str, str]]]


class Hook(Protocol):
    """An endpoint for events of another system."""

    def route(self) -> Route:
        """Return its route."""
        ...


@asynccontextmanager
async def http(
    host: str,
    port: int,
    *,
    troubles: Troubles,
    missing: Missing,
    metrics: Callable[[], Awaitable[bytes]],
    hooks: Sequence[Hook],
) -> AsyncIterator[str]:
    """Serve during the block; yields the address. Raises PortUnusableError.

    ``troubles`` names background tasks that are down or stuck; the process is live if there are none.
    ``missing`` names what prevents it from working; it is ready if there is none.
    """

    async def live(_: Request) -> Response:
        return _health("live", troubles())

    async def ready(_: Request) -> Response:
        return _health("ready", await missing())

    async def measured(_: Request) -> Response:
        return Response(await metrics(), media_type="text/plain")

    routes = [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", measured)]
    app = Starlette(
        routes=[*routes, *(hook.route() for hook in hooks)], exception_handlers={Exception: _fault}
    )
    settings = {"setting": "TIS_ESR_HTTP_PORT", "host_setting": "TIS_ESR_HTTP_HOST"}
    async with served(lambda _: app, host, port, **settings) as taken:
        yield f"http://{host}:{taken}"


def _health(name: str, troubles: dict[str, str]) -> Response:
    return JSONResponse({name: not troubles, "troubles": troubles}, 503 if troubles else 200)


async def _fault(request: Request, error: Exception) -> Response:
    """Return the answer to a request that failed, and log its type and place alone: its text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    _log.error("endpoint_failed", path=request.url.path, fault=type(error).__name__, place=place)
    return JSONResponse({"error": "internal error, which is logged"}, 500)
