"""Passes messages from queues to handlers: batches, narrowing, retries and parking, on any engine."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import TypeVar

import structlog

from tis_esr import wall_clock
from tis_esr.engine.batches import SUSPECT_ATTEMPTS, Batches, Outcome
from tis_esr.engine.consumer import Consumer
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.handlers import Handler, Observer, unobserved
from tis_esr.engine.pauses import PatienceExhaustedError, Pauses
from tis_esr.engine.protocol import Engine
from tis_esr.engine.serial_groups import SerialGroups
from tis_esr.engine.supervision import Beat, Supervisor
from tis_esr.engine.work import Work

__all__ = ["SUSPECT_ATTEMPTS", "Handler", "Observer", "PatienceExhaustedError", "Runner", "unobserved"]

_log = structlog.get_logger()
T = TypeVar("T")


class Runner:
    """Drains queues. ``patience`` is how many seconds of errors without progress a queue may have."""

    def __init__(
        self,
        engine: Engine,
        handlers: Iterable[Handler],
        *,
        today: Callable[[], date],
        now: Callable[[], datetime] = wall_clock.now,
        patience: float = 120.0,
        observe: Observer = unobserved,
    ) -> None:
        self.engine = engine
        self.handlers = list(handlers)
        self._today, self._now, self._patience = today, now, patience
        self._batches = Batches(engine, self._work_on, observe)
        self._serial_groups = SerialGroups()
        self._bindings: dict[str, list[str]] = {}
        for handler in self.handlers:
            self._bindings.setdefault(handler.routing_key, []).append(handler.queue)

    @property
    def handled(self) -> int:
        """Return how many messages were done or parked."""
        return self._batches.handled

    def work(self) -> Work:
        """Begin a unit of work that no message causes: for a file or an export."""
        return self._work_on(())

    def _work_on(self, messages: Sequence[Message]) -> Work:
        return Work(self.engine, self._bindings, today=self._today(), now=self._now(), messages=messages)

    async def drain(self, queues: Iterable[str]) -> None:
        """Handle the queues' messages until none is left; raises PatienceExhaustedError."""
        wanted = set(queues)
        chosen = {handler.queue: handler for handler in self.handlers if handler.queue in wanted}
        while await self.patiently("queues", lambda: self.engine.next_ready(list(chosen))) is not None:
            async with asyncio.TaskGroup() as group:
                for handler in chosen.values():
                    group.create_task(self._consumer(handler, self._patience).until_empty())

    @asynccontextmanager
    async def beside(self, queues: Iterable[str]) -> AsyncIterator[None]:
        """Handle the queues' messages while the block runs, and after it until none is left; raises PatienceExhaustedError."""
        wanted = set(queues)
        stop = asyncio.Event()
        consuming = [
            asyncio.create_task(self._consumer(handler, self._patience).until_empty(after=stop))
            for handler in self.handlers
            if handler.queue in wanted
        ]
        try:
            yield
            stop.set()
            await asyncio.gather(*consuming)
        finally:
            for task in consuming:
                task.cancel()
            await asyncio.gather(*consuming, return_exceptions=True)
        await self.drain(wanted)

    async def patiently(self, what: str, step: Callable[[], Awaitable[T]]) -> T:
        """Run a step that no message causes, and retry it while a dependency is unavailable; raises PatienceExhaustedError."""
        pauses = Pauses(what, self._patience)
        while True:
            try:
                return await step()
            except TransientError as fault:
                pauses.trouble(fault)
                await asyncio.sleep(pauses.left())

    async def serve(
        self, queues: Iterable[str], stop: asyncio.Event, supervisor: Supervisor, *, drain_seconds: float
    ) -> None:
        """Handle the queues' messages as they arrive until ``stop``, then finish work in progress.

        What takes longer than ``drain_seconds`` is released unfinished for another process. Raises TaskFailedError if a
        queue's consumer fails repeatedly.
        """
        wanted = set(queues)
        chosen = [handler for handler in self.handlers if handler.queue in wanted]
        tasks = {
            supervisor.start(f"consumer {handler.queue}", self._consuming(handler, stop), stop): handler.queue
            for handler in chosen
        }
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
            _, late = await asyncio.wait(tasks, timeout=drain_seconds)
            for task in late:
                _log.warning("released", queue=tasks[task])
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)

    def _consuming(self, handler: Handler, stop: asyncio.Event) -> Callable[[Beat], Awaitable[None]]:
        return lambda beat: self._consumer(handler, math.inf).until(stop, beat)

    def _consumer(self, handler: Handler, patience: float) -> Consumer:
        return Consumer(self.engine, handler, self._in_turn, Pauses(handler.queue, patience))

    async def _in_turn(self, handler: Handler, messages: Sequence[Message]) -> Outcome:
        """Handle a batch, after earlier ones of the same group."""
        if not handler.serial_group:
            return await self._batches.handle(handler, messages)
        begun = False
        try:
            async with self._serial_groups.taken(handler.serial_group, handler.is_waiting):
                begun = True
                return await self._batches.handle(handler, messages)
        except asyncio.CancelledError:
            if not begun:
                await self.engine.release(messages, 0)
            raise
