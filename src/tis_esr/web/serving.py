"""The HTTP side of a running process: health, metrics and, if other systems send events, the endpoints for them."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from tis_esr.errors import Exit, TisEsrError
from tis_esr.web.connections import Connections

Troubles = Callable[[], dict[str, str]]
Missing = Callable[[], Awaitable[dict[str, str]]]


class Hook(Protocol):
    """An endpoint for events of another system."""

    def add_to(self, app: web.Application) -> None:
        """Add its route."""
        ...


class PortTakenError(TisEsrError, OSError):
    """The port for health and metrics is in use, or can't be used."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, host: str, port: int, error: OSError) -> None:
        if error.errno == errno.EADDRINUSE:
            said = "is in use; set another TIS_ESR_HTTP_PORT (0 picks a free port)"
        else:
            said = f"can't be used ({type(error).__name__}); check TIS_ESR_HTTP_HOST and TIS_ESR_HTTP_PORT"
        super().__init__(f"{host}:{port} {said}")


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
    """Serve during the block; yields the address. Raises PortTakenError.

    ``troubles`` names background tasks that are down or stuck; the process is live if there are none.
    ``missing`` names what prevents it from working; it is ready if there is none.
    """
    connections = Connections()
    app = web.Application(middlewares=[connections.middleware()])

    async def live(_: web.Request) -> web.Response:
        return _health("live", troubles())

    async def ready(_: web.Request) -> web.Response:
        return _health("ready", await missing())

    async def measured(_: web.Request) -> web.Response:
        return web.Response(body=await metrics(), content_type="text/plain", charset="utf-8")

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", measured)
    for hook in hooks:
        hook.add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        if runner.server is None:
            raise RuntimeError("the runner was set up without a server")
        listening = connections.watched(runner.server)
        try:
            server = await asyncio.get_running_loop().create_server(listening, host, port)
        except OSError as error:
            raise PortTakenError(host, port, error) from error
        try:
            yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _health(name: str, troubles: dict[str, str]) -> web.Response:
    return web.json_response({name: not troubles, "troubles": troubles}, status=503 if troubles else 200)
