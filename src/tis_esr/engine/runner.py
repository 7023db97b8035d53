"""Takes messages from queues to handlers: batches, narrowing, retries and parking, on any engine."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec
import structlog

from tis_esr.engine.errors import Explained, Suspect, Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.protocol import Engine
from tis_esr.engine.work import Work

_log = structlog.get_logger()

SUSPECT_ATTEMPTS = 5
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Handler:
    """Which queue, bound to which routing key, and what is done with a batch of its messages.

    ``run`` reads and writes through the Work only; it raises Transient, Suspect, or anything else
    for a fault of the messages.
    """

    queue: str
    routing_key: str
    run: Callable[[Work, Sequence[Message]], Awaitable[None]]
    batch: int = 500


class OutOfPatience(Exception):  # noqa: N818 - says what happened
    """A dependency stayed unavailable for longer than the caller wants to wait."""

    def __init__(self, queue: str, reason: str) -> None:
        super().__init__(
            f"{queue} could not go on: {reason}. Nothing is lost: run the same command again when it is back"
        )
        self.queue = queue
        self.reason = reason


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
    ) -> None:
        self.engine = engine
        self.handlers = list(handlers)
        self.handled = 0
        self._today, self._now, self._patience = today, now, patience
        self._suspicions: dict[str, int] = {}
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
        while await self.engine.next_ready([h.queue for h in chosen]) is not None:
            async with asyncio.TaskGroup() as group:
                for handler in chosen:
                    group.create_task(self._drain_one(handler))

    async def _drain_one(self, handler: Handler) -> None:
        trouble_since: float | None = None
        pause = 0.05
        clock = asyncio.get_running_loop().time
        while True:
            messages = await self.engine.claim(handler.queue, handler.batch)
            if not messages:
                wait = await self.engine.next_ready([handler.queue])
                if wait is None:
                    return
                await asyncio.sleep(wait)
                continue
            fault = await self._handle(handler, messages)
            if fault is None:
                trouble_since, pause = None, 0.05
                continue
            trouble_since = clock() if trouble_since is None else trouble_since
            if clock() - trouble_since > self._patience:
                raise OutOfPatience(handler.queue, fault.reason)
            await asyncio.sleep(max(pause, fault.retry_after))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _handle(self, handler: Handler, messages: Sequence[Message]) -> Transient | None:
        """Handle a batch; return the trouble that made it be released, if any.

        A faulty batch is halved until the faulty message stands alone; that one is parked.
        """
        work = self.work()
        try:
            await handler.run(work, messages)
            await work.commit(messages)
        except Transient as fault:
            _log.info("paused", queue=handler.queue, messages=len(messages), reason=fault.reason)
            await self.engine.release(messages, 0)
            return fault
        except Exception as fault:  # noqa: BLE001 - whatever it is, it must not cost the neighbours
            if len(messages) > 1:
                # What was called outside may have happened: the halves have to know that it isn't the first time.
                again = [
                    msgspec.structs.replace(message, attempts=message.attempts + 1) for message in messages
                ]
                middle = len(messages) // 2
                first = await self._handle(handler, again[:middle])
                second = await self._handle(handler, again[middle:])
                return first or second
            await self._single_fault(messages[0], fault)
            return None
        self.handled += len(messages)
        return None

    async def _single_fault(self, message: Message, fault: Exception) -> None:
        if isinstance(fault, Suspect):
            times = self._suspicions[message.id] = self._suspicions.get(message.id, 0) + 1
            if times < SUSPECT_ATTEMPTS:
                await self.engine.release([message], 0.2 * 2**times)
                return
            del self._suspicions[message.id]
        reason = fault.reason if isinstance(fault, Suspect) else _describe(fault)
        _log.warning("parked", queue=message.queue, correlation_id=message.correlation_id, reason=reason)
        work = self.work()
        work.park(message, reason)
        await work.commit()


def _describe(fault: Exception) -> str:
    """Name a fault by its own words only where they are known to hold no personal data."""
    if isinstance(fault, Explained):
        return str(fault)
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(fault).__name__}{where}"
