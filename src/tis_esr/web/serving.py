"""The HTTP side of a running process: health, metrics and, if other systems send events, the endpoints for them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tis_esr.web.http_server import served

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
    app = Starlette(routes=[*routes, *(hook.route() for hook in hooks)])
    settings = {"setting": "TIS_ESR_HTTP_PORT", "host_setting": "TIS_ESR_HTTP_HOST"}
    async with served(lambda _: app, host, port, **settings) as taken:
        yield f"http://{host}:{taken}"


def _health(name: str, troubles: dict[str, str]) -> Response:
    return JSONResponse({name: not troubles, "troubles": troubles}, 503 if troubles else 200)
