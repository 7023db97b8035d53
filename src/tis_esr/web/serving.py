"""The HTTP side of a running process: health, metrics and, where S3 tells of files, the event hook."""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tis_esr.web.hook import S3Hook

Report = Callable[[], Awaitable[dict[str, str]]]


class PortTaken(OSError):  # noqa: N818 - says what the matter is
    """The port for health and metrics is in use, or can't be used at all."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        if error.errno == errno.EADDRINUSE:
            said = "is in use; give another TIS_ESR_HTTP_PORT (0 takes a free one)"
        else:
            said = f"can't be used ({type(error).__name__}); look at TIS_ESR_HTTP_HOST and TIS_ESR_HTTP_PORT"
        super().__init__(f"{host}:{port} {said}")


@asynccontextmanager
async def http(
    host: str, port: int, *, report: Report, metrics: Callable[[], Awaitable[bytes]], hook: S3Hook | None
) -> AsyncIterator[str]:
    """Serve for as long as the block lasts; yields the address. Raises PortTaken.

    ``report`` names what keeps the process from working; it is ready while that is nothing.
    """
    app = web.Application()

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        troubles = await report()
        return web.json_response(
            {"ready": not troubles, "troubles": troubles}, status=503 if troubles else 200
        )

    async def measured(_: web.Request) -> web.Response:
        return web.Response(body=await metrics(), content_type="text/plain", charset="utf-8")

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", measured)
    if hook is not None:
        hook.add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortTaken(host, port, error) from error
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
