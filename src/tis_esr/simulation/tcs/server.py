"""Running the simulator: as a process of its own, or beside a test or the demo in a thread."""

import asyncio
import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from tis_esr.simulation.tcs.app import Simulator
from tis_esr.simulation.tcs.switches import Switches


async def serve(
    data: Path,
    port: int,
    *,
    on_ready: Callable[[str], None],
    switches: Switches | None = None,
    host: str = "127.0.0.1",
) -> None:
    """Serve until cancelled; ``port`` 0 picks a free port. Raises BadDataError, and OSError for a port in use."""
    try:
        runner, url = await _started(Simulator(data, switches), port, host)
    except OSError as error:
        said = "the port is in use" if error.errno == errno.EADDRINUSE else "this address can't be used"
        raise OSError(
            error.errno, f"{said}; give another --port (0 picks a free port) or --host", f"{host}:{port}"
        ) from error
    on_ready(url)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


class Running:
    """A simulator in a thread: its ``url``, and ``simulator`` with its store, switches and calls."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.url = url


@contextmanager
def running_simulator(data: Path, switches: Switches | None = None) -> Iterator[Running]:
    """Run a simulator in a thread of its own for as long as the block lasts."""
    simulator = Simulator(data, switches)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tcs-simulator", daemon=True)
    thread.start()
    try:
        runner, url = asyncio.run_coroutine_threadsafe(_started(simulator, 0), loop).result()
        try:
            yield Running(simulator, url)
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _started(simulator: Simulator, port: int, host: str = "127.0.0.1") -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    taken = runner.addresses[0][1]
    return runner, f"http://{host}:{taken}/tcs"
