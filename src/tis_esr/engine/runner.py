"""Takes messages from queues to handlers: batches, narrowing, retries and parking, on any engine."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

import msgspec
import structlog

from tis_esr.engine.errors import Conflict, Explained, Suspect, Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.protocol import Engine
from tis_esr.engine.work import Work

_log = structlog.get_logger()
T = TypeVar("T")

SUSPECT_ATTEMPTS = 5
_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 30.0
_IDLE = 1.0
_CONFLICTS = 6


@dataclass(frozen=True)
class Handler:
    """Which queue, bound to which routing key, and what is done with a batch of its messages.

    ``run`` reads and writes through the Work only; it raises Transient, Suspect, or anything else
    for a fault of the messages. ``alone`` has one process at a time read the queue, message by message.
    Where messages are delivered, a batch that isn't full is taken once none has come for ``linger`` seconds.
    Handlers that name the same ``turn`` write the same documents, so in one process they go one after the other.
    """

    queue: str
    routing_key: str
    run: Callable[[Work, Sequence[Message]], Awaitable[None]]
    batch: int = 500
    alone: bool = False
    linger: float = 0.02
    turn: str = ""


class Observer(Protocol):
    """Told of every batch when it has ended: ``done``, ``conflict``, ``released``, ``parked``, ``retried``."""

    def __call__(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        """Take note; must not fail and must not wait."""
        ...


def unobserved(queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
    """Take no note."""


class OutOfPatience(Exception):  # noqa: N818 - says what happened
    """A dependency stayed unavailable for longer than the caller wants to wait."""

    def __init__(self, queue: str, reason: str) -> None:
        super().__init__(
            f"{queue} could not go on: {reason}. Nothing is lost: run the same command again when it is back"
        )
        self.queue = queue
        self.reason = reason


class _Trouble:
    """Trouble without progress: growing pauses, until patience is at its end."""

    def __init__(self, what: str, patience: float) -> None:
        self._what, self._patience = what, patience
        self._since: float | None = None
        self._pause = _SHORTEST_PAUSE

    def over(self) -> None:
        """There was progress."""
        self._since, self._pause = None, _SHORTEST_PAUSE

    async def sit_out(self, fault: Transient) -> None:
        """Wait before the next try; raises OutOfPatience."""
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        if now - self._since > self._patience:
            raise OutOfPatience(self._what, fault.reason)
        await asyncio.sleep(max(self._pause, fault.retry_after))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


class Runner:
    """Drains queues. ``patience`` is how many seconds of trouble without progress a queue may have."""

    def __init__(
        self,
        engine: Engine,
        handlers: Iterable[Handler],
        *,
        today: Callable[[], date],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = 120.0,
        observe: Observer = unobserved,
    ) -> None:
        self.engine = engine
        self.handlers = list(handlers)
        self.handled = 0
        self._today, self._now, self._patience = today, now, patience
        self._observe = observe
        self._suspicions: dict[str, int] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._bindings: dict[str, list[str]] = {}
        for handler in self.handlers:
            self._bindings.setdefault(handler.routing_key, []).append(handler.queue)

    def work(self) -> Work:
        """Begin a unit of work of its own, for what no message causes: a file, an export."""
        return Work(self.engine, self._bindings, today=self._today(), now=self._now())

    async def drain(self, queues: Iterable[str]) -> None:
        """Handle the queues' messages until none is left; raises OutOfPatience."""
        wanted = set(queues)
        chosen = [handler for handler in self.handlers if handler.queue in wanted]
        while True:
            async with asyncio.TaskGroup() as group:
                drained = [group.create_task(self._drain_one(handler)) for handler in chosen]
            if not any(task.result() for task in drained):
                return

    async def patiently(self, what: str, step: Callable[[], Awaitable[T]]) -> T:
        """Take a step that no queue asks for, again while a dependency is in trouble; raises OutOfPatience."""
        trouble = _Trouble(what, self._patience)
        while True:
            try:
                return await step()
            except Transient as fault:
                await trouble.sit_out(fault)

    async def _drain_one(self, handler: Handler) -> bool:
        """Handle one queue's messages until none is left; return whether there was any."""
        trouble, found = _Trouble(handler.queue, self._patience), False
        while True:
            try:
                messages = await self.engine.claim(handler.queue, handler.batch)
                if not messages:
                    wait = await self.engine.next_ready([handler.queue])
                    if wait is None:
                        return found
                    await self.engine.wait(handler.queue, wait)
                    continue
                found = True
                fault = await self._in_turn(handler, messages)
            except Transient as passing:
                fault = passing
            if fault is None:
                trouble.over()
            else:
                await trouble.sit_out(fault)

    async def serve(self, queues: Iterable[str], stop: asyncio.Event, *, drain_seconds: float) -> None:
        """Handle the queues' messages as they come until ``stop``, then end what is under way.

        What takes longer than ``drain_seconds`` is given back unfinished: another process goes on with it.
        """
        wanted = set(queues)
        tasks = [
            asyncio.create_task(self._serve_one(handler, stop), name=handler.queue)
            for handler in self.handlers
            if handler.queue in wanted
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
            _, late = await asyncio.wait(tasks, timeout=drain_seconds)
            for task in late:
                _log.warning("given_back", queue=task.get_name())
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)

    async def _serve_one(self, handler: Handler, stop: asyncio.Event) -> None:
        pause = _SHORTEST_PAUSE
        while not stop.is_set():
            try:
                messages = await self.engine.claim(handler.queue, handler.batch)
                if not messages:
                    await self.engine.wait(handler.queue, _IDLE)
                    continue
                fault = await self._in_turn(handler, messages)
            except Transient as trouble:
                fault = trouble
            if fault is None:
                pause = _SHORTEST_PAUSE
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(pause, fault.retry_after))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _in_turn(self, handler: Handler, messages: Sequence[Message]) -> Transient | None:
        """Handle a batch, after those of the same turn that came before it."""
        if not handler.turn:
            return await self._handle(handler, messages)
        turn = self._turns.setdefault(handler.turn, asyncio.Lock())
        try:
            await turn.acquire()
        except asyncio.CancelledError:
            await self.engine.release(messages, 0)
            raise
        try:
            return await self._handle(handler, messages)
        finally:
            turn.release()

    async def _handle(
        self, handler: Handler, messages: Sequence[Message], conflicts: int = 0
    ) -> Transient | None:
        """Handle a batch; return the trouble that made it be released, if any.

        A faulty batch is halved until the faulty message stands alone; that one is parked. One that lost a
        race for a document is simply done again: that also takes two readers out of step with each other.
        """
        work = self.work()
        started = time.perf_counter()

        def ended(outcome: str) -> None:
            self._observe(handler.queue, outcome, messages, time.perf_counter() - started)

        try:
            await handler.run(work, messages)
            await work.commit(messages)
        except Conflict as fault:
            ended("conflict")
            if conflicts < _CONFLICTS:
                return await self._handle(handler, _once_more(messages), conflicts + 1)
            await self.engine.release(messages, 0)
            return fault
        except Transient as fault:
            _log.info("paused", queue=handler.queue, messages=len(messages), reason=fault.reason)
            await self.engine.release(messages, 0)
            ended("released")
            return fault
        except asyncio.CancelledError:
            await self.engine.release(messages, 0)
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, it must not cost the neighbours
            if len(messages) > 1:
                return await self._halved(handler, messages)
            return await self._single_fault(messages[0], fault, ended)
        self.handled += len(messages)
        ended("done")
        return None

    async def _halved(self, handler: Handler, messages: Sequence[Message]) -> Transient | None:
        """Handle the halves; what was called outside may have happened, so they know it isn't the first time."""
        again = _once_more(messages)
        middle = len(messages) // 2
        first = await self._handle(handler, again[:middle])
        second = await self._handle(handler, again[middle:])
        return first or second

    async def _single_fault(
        self, message: Message, fault: Exception, ended: Callable[[str], None]
    ) -> Transient | None:
        if isinstance(fault, Suspect):
            times = self._suspicions[message.id] = self._suspicions.get(message.id, 0) + 1
            if times < SUSPECT_ATTEMPTS:
                await self.engine.release([message], 0.2 * 2**times)
                ended("retried")
                return None
        reason = fault.reason if isinstance(fault, Suspect) else _describe(fault)
        work = self.work()
        work.park(message, reason)
        try:
            await work.commit()
        except Transient as trouble:
            await self.engine.release([message], 0)
            ended("released")
            return trouble
        self._suspicions.pop(message.id, None)
        _log.warning("parked", queue=message.queue, correlation_id=message.correlation_id, reason=reason)
        ended("parked")
        return None


def _once_more(messages: Sequence[Message]) -> list[Message]:
    return [msgspec.structs.replace(message, attempts=message.attempts + 1) for message in messages]


def _describe(fault: Exception) -> str:
    """Name a fault by its own words only where they are known to hold no personal data."""
    if isinstance(fault, Explained):
        return str(fault)
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(fault).__name__}{where}"
