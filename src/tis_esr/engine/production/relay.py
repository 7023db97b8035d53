"""The relay: sends what is in the outbox, outside any transaction, until RabbitMQ has confirmed it."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import structlog
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from tis_esr.engine.errors import Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.production import outbox
from tis_esr.engine.production.addresses import Addresses
from tis_esr.engine.production.broker import Broker
from tis_esr.engine.production.clock import ServerClock
from tis_esr.engine.production.faults import what

_log = structlog.get_logger()
_BATCH = 500
_ROOM = 5000
_FINISH_SECONDS = 5.0
_MARKED_AFTER = 4
"""Part of a lease after which a message that nobody has claimed is marked as sent; a claim does that by itself."""


class Relay:
    """Sends what this process has just committed at once, and what others left behind after their lease."""

    def __init__(
        self,
        database: AsyncDatabase[dict[str, Any]],
        broker: Broker,
        clock: ServerClock,
        addresses: Addresses,
    ) -> None:
        self._database = database
        self._broker = broker
        self._clock = clock
        self._addresses = addresses
        self._underway: set[asyncio.Task[None]] = set()
        self._confirmed: list[tuple[float, list[Message]]] = []
        self._count = 0
        self._free = asyncio.Event()
        self._free.set()

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages that were just committed, without waiting for it."""
        for start in range(0, len(messages), _BATCH):
            part = messages[start : start + _BATCH]
            self._count += len(part)
            task = asyncio.create_task(self._send(part))
            self._underway.add(task)
            task.add_done_callback(self._underway.discard)
        if self._count > _ROOM:
            self._free.clear()

    async def room(self) -> None:
        """Wait while much more has been committed than sent, but not for long: the outbox is patient."""
        if not self._free.is_set():
            try:
                await asyncio.wait_for(self._free.wait(), self._addresses.lease_seconds / 2)
            except TimeoutError:
                return

    async def finish(self) -> None:
        """Send what is under way; what can't be sent in time stays in the outbox."""
        if self._underway:
            await asyncio.wait(self._underway, timeout=_FINISH_SECONDS)
        self.abandon()
        with contextlib.suppress(PyMongoError):
            await self._mark(self._clock.now())

    def abandon(self) -> None:
        """Stop sending at once; what is left is in the outbox."""
        for task in self._underway:
            task.cancel()

    async def _send(self, messages: Sequence[Message]) -> None:
        try:
            await self.deliver(messages)
        except (Transient, PyMongoError) as error:
            reason = error.reason if isinstance(error, Transient) else what(error)
            _log.info("not sent yet", messages=len(messages), reason=reason)
        finally:
            self._count -= len(messages)
            if self._count <= _ROOM:
                self._free.set()

    async def deliver(self, messages: Sequence[Message]) -> int:
        """Publish messages; return how many were confirmed. They are marked as sent a little later."""
        confirmed = await self._broker.publish(messages)
        if confirmed:
            self._confirmed.append((self._clock.now(), confirmed))
        return len(confirmed)

    async def _mark(self, before: float) -> None:
        """Mark as sent what was confirmed by then and has not been claimed since."""
        while self._confirmed and self._confirmed[0][0] <= before:
            confirmed_at, messages = self._confirmed[0]
            await outbox.mark_sent(self._database, messages, confirmed_at)
            self._confirmed.pop(0)

    async def sweep(self, closing: asyncio.Event) -> None:
        """Look for what was left unsent, and for what RabbitMQ has lost, until the engine is closed."""
        last_look = self._clock.now()
        while not await soon(closing, self._addresses.poll_seconds):
            try:
                await self._mark(self._clock.now() - self._addresses.lease_seconds / _MARKED_AFTER)
                await self.sweep_once()
                if self._clock.now() - last_look > self._addresses.resend_seconds / 2:
                    last_look = self._clock.now()
                    await self._look_for_lost()
            except (Transient, PyMongoError) as error:
                reason = error.reason if isinstance(error, Transient) else what(error)
                _log.info("outbox not looked through", reason=reason)

    async def sweep_once(self) -> int:
        """Send what no living relay is sending; return how many were confirmed."""
        sent = 0
        while True:
            now = self._clock.now()
            left = await outbox.take_unsent(self._database, now, now + self._addresses.lease_seconds)
            if not left:
                return sent
            confirmed = await self.deliver(left)
            sent += confirmed
            if confirmed < len(left):
                return sent

    async def _look_for_lost(self) -> None:
        for queue in list(self._broker.inflows):
            inflow = self._broker.inflows[queue]
            if inflow.waiting or inflow.handed_out or await self._broker.ready_count(queue):
                continue
            now = self._clock.now()
            again = await outbox.send_again(self._database, queue, now - self._addresses.resend_seconds, now)
            if again:
                _log.warning("sent again", queue=queue, messages=again)


async def soon(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but not for longer than ``seconds``; return whether it came."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
