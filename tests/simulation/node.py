"""A simulated ``tis-esr run``: all services on one engine of their own, killed, frozen and started again."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import date, datetime, timedelta

from tests.simulation.engine import SimEngine
from tests.simulation.files import SimFiles
from tests.simulation.loop import Process, SimLoop
from tests.simulation.tcs import SimTcs
from tests.simulation.wiring import client

from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import Runner
from tis_esr.engine.supervision import Supervisor
from tis_esr.services.flow import Dependencies, handlers
from tis_esr.services.inbound_data_reader.arrivals import Arrivals

_SWEEP_SECONDS = 30.0
_DRAIN_SECONDS = 25.0


class Node:
    """One process of the system, in its successive lives. ``engine_of`` makes the engine of each life."""

    def __init__(
        self,
        number: int,
        loop: SimLoop,
        tcs: SimTcs,
        inbound: SimFiles,
        out: SimFiles,
        engine_of: Callable[[frozenset[str]], SimEngine],
        today: Callable[[], date],
        *,
        acknowledges: bool = False,
    ) -> None:
        self.number = number
        self.skew = timedelta(0)
        self.ended: list[str] = []
        self.process: Process | None = None
        self._loop, self._tcs, self._inbound, self._out = loop, tcs, inbound, out
        self._engine_of = engine_of
        self._today = today
        self._acknowledges = acknowledges
        self._lives = 0
        self._stop = asyncio.Event()
        self.is_over = True

    def start(self) -> None:
        """Begin a life."""
        self._lives += 1
        self.process = Process(f"P{self.number}" + "'" * (self._lives - 1))
        self._stop = asyncio.Event()
        self.is_over = False
        self._loop.create_task(self._live(), context=self.process.context())

    def kill(self) -> None:
        """End the life, without a word to it."""
        if self.process is not None:
            self._loop.kill(self.process)
            self.process = None

    def stop(self) -> None:
        """Ask it to end, as SIGTERM does: what is under way is ended first, for ``_DRAIN_SECONDS`` at most."""
        self._stop.set()

    def freeze(self, seconds: float) -> None:
        """Have it stand still."""
        if self.process is not None and not self.process.frozen:
            self._loop.freeze(self.process, seconds)

    def now(self) -> datetime:
        """Return the moment by this process's own clock."""
        return self._loop.now() + self.skew

    async def _live(self) -> None:
        try:
            await self._serve(self._stop)
            self.is_over = True
        except Exception as error:  # noqa: BLE001 - whatever ended it is what we want to know
            self.ended.append(f"process {self.number} ended by itself: {error!r}")
            self._loop.note(self.ended[-1])

    async def _serve(self, stop: asyncio.Event) -> None:
        async with client(self._tcs, self._loop) as tcs:
            found = handlers(Dependencies(tcs, self._inbound, self._out, acknowledges=self._acknowledges))
            engine = self._engine_of(frozenset(handler.queue for handler in found if handler.single_active))
            runner = Runner(engine, found, today=self._today, now=self.now)
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(engine.renew())
                group.create_task(self._sweep(runner, stop))
                queues = [handler.queue for handler in found]
                serving = group.create_task(
                    runner.serve(queues, stop, Supervisor(restarts=0), drain_seconds=_DRAIN_SECONDS)
                )
                serving.add_done_callback(lambda _: renewing.cancel())

    async def _sweep(self, runner: Runner, stop: asyncio.Event) -> None:
        arrivals = Arrivals(self._inbound)
        while not stop.is_set():
            try:
                await arrivals.sweep(runner.work)
            except (TransientError, OSError) as error:
                self._loop.note(f"store not swept: {error}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await stop.wait()
