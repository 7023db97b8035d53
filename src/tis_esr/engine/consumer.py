"""Consumes one queue: claims batches and handles several of them concurrently."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence

from tis_esr.engine.batches import Outcome
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.handlers import Handler
from tis_esr.engine.message_traces import received
from tis_esr.engine.pauses import Pauses
from tis_esr.engine.protocol import Engine
from tis_esr.engine.serial_groups import LOOK_SECONDS
from tis_esr.engine.supervision import Beat, no_beat
from tis_esr.tracing.spans import Start

_IDLE = 1.0
_BEAT_SECONDS = 30.0
_STUCK_BATCH_SECONDS = 3600.0


class Consumer:
    """Claims from one queue while no batch is in progress, or fewer than ``at_once`` that wait for something slow.

    An error of a batch pauses the next claims, not the batches in progress; progress of any batch ends the pause.
    A message that fails again has a pause of its own; it uses up the queue's patience but does not pause the queue.
    """

    def __init__(
        self,
        engine: Engine,
        handler: Handler,
        handle: Callable[[Handler, Sequence[Message]], Awaitable[Outcome]],
        pauses: Pauses,
    ) -> None:
        self._engine, self._handler, self._handle = engine, handler, handle
        self._pauses = pauses
        self._under_way: dict[asyncio.Task[Outcome], float] = {}
        self._not_begun: list[Sequence[Message]] = []
        self._begun = 0.0

    async def until_empty(self, after: asyncio.Event | None = None) -> None:
        """Consume until nothing is left or in progress, after ``after`` if it is given; raises PatienceExhaustedError."""
        try:
            if after is not None:
                await self._until(after)
            while await self._step():
                pass
        finally:
            await self._cancel()

    async def until(self, stop: asyncio.Event, beat: Beat = no_beat) -> None:
        """Consume until ``stop``, then finish the batches in progress.

        ``beat`` is called continuously, except while the oldest batch in progress has taken more than an hour.
        """
        try:
            await self._until(stop, beat)
            while self._under_way:
                await asyncio.wait(self._under_way)
                self._collect()
        finally:
            await self._cancel()

    async def _until(self, stop: asyncio.Event, beat: Beat = no_beat) -> None:
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if not self._is_stuck():
                    beat()
                await self._step(stopping)
        finally:
            stopping.cancel()

    async def _step(self, stopping: "asyncio.Task[bool] | None" = None) -> bool:
        """Begin a batch, or wait for the next event; return False if nothing is left."""
        try:
            self._collect()
            idle = _IDLE
            if self._may_claim():
                start = Start.now()
                messages = await self._engine.claim(self._handler.queue, self._handler.batch)
                if messages:
                    with received(self._handler.queue, messages, start):
                        self._begin(messages)
                    return True
                if stopping is None and not self._under_way:
                    ready = await self._engine.next_ready([self._handler.queue])
                    if ready is None:
                        return False
                    self._pauses.idle(ready)
                    idle = ready
            await self._wait(idle, stopping)
        except TransientError as fault:
            self._pauses.trouble(fault)
        return True

    def _begin(self, messages: Sequence[Message]) -> None:
        self._begun = asyncio.get_running_loop().time()
        self._not_begun.append(messages)
        self._under_way[asyncio.create_task(self._ran(messages))] = self._begun

    async def _ran(self, messages: Sequence[Message]) -> Outcome:
        self._not_begun.remove(messages)
        return await self._handle(self._handler, messages)

    def _may_claim(self) -> bool:
        return self._left() == 0.0

    def _left(self) -> float:
        """Return in how many seconds another batch may begin; infinite if another one must end first."""
        if len(self._under_way) >= self._handler.at_once:
            return math.inf
        slow = 0.0
        if self._under_way:
            look = 0.0 if self._handler.is_waiting() and not self._handler.is_busy() else LOOK_SECONDS
            slow = max(look, self._begun + LOOK_SECONDS - asyncio.get_running_loop().time())
        return max(0.0, slow, self._pauses.left())

    def _collect(self) -> None:
        """Record the batches that have ended. Raises PatienceExhaustedError, and any unexpected error of a batch."""
        for task in [task for task in self._under_way if task.done()]:
            del self._under_way[task]
            outcome = task.result()
            if outcome.progress:
                self._pauses.progress()
            if outcome.trouble is not None:
                pause = outcome.pauses and not outcome.progress
                self._pauses.trouble(outcome.trouble, pause=pause)

    async def _wait(self, idle: float, stopping: "asyncio.Task[bool] | None") -> None:
        """Wait until a batch ends, the pause is over, there may be something to claim, or the consumer must stop."""
        events: set[asyncio.Task[object]] = {*self._under_way, *([stopping] if stopping else [])}
        left = self._left()
        claimable = None
        if self._may_claim():
            claimable = asyncio.create_task(self._engine.wait(self._handler.queue, idle))
            events.add(claimable)
        elif not events:
            await asyncio.sleep(left)
            return
        longest = min(left, _BEAT_SECONDS) if left else _BEAT_SECONDS
        try:
            await asyncio.wait(events, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if claimable is not None and not claimable.done():
                claimable.cancel()
                await asyncio.gather(claimable, return_exceptions=True)
        if claimable is not None and not claimable.cancelled():
            claimable.result()

    def _is_stuck(self) -> bool:
        """Return whether a batch takes longer than even a slow TCS explains: its handler waits forever."""
        now = asyncio.get_running_loop().time()
        return any(now - begun > _STUCK_BATCH_SECONDS for begun in self._under_way.values())

    async def _cancel(self) -> None:
        """Release the messages of the batches in progress; a task that has not begun cannot do so itself."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for messages in self._not_begun:
            await self._engine.release(messages, 0)
