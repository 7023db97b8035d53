"""The relay: publishes the outbox, outside any transaction, until RabbitMQ has confirmed it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.message_traces import sending
from tis_esr.engine.production.mongodb import open_packets, outbox
from tis_esr.engine.production.mongodb.mongodb_errors import describe
from tis_esr.engine.production.mongodb.schema import OUTBOX
from tis_esr.engine.production.mongodb.server_clock import ServerClock
from tis_esr.engine.production.rabbitmq.broker import Broker
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.supervision import Beat, Supervisor, no_beat, wait_for_event

Json = dict[str, Any]
_log = structlog.get_logger()
_ROOM = 5000
_MISSED = 1000
_FINISH_SECONDS = 5.0


class Relay:
    """Publishes what this process has committed at once, and what other processes left once their lease expires."""

    def __init__(
        self,
        database: AsyncDatabase[Json],
        broker: Broker,
        clock: ServerClock,
        addresses: ServerAddresses,
        supervisor: Supervisor,
    ) -> None:
        self._database = database
        self._broker = broker
        self._clock = clock
        self._addresses = addresses
        self._supervisor = supervisor
        self._underway: set[asyncio.Task[None]] = set()
        self._missed: dict[str, set[str]] = {}
        self._count = 0
        self._free = asyncio.Event()
        self._free.set()

    def send(self, packets: Sequence[Json]) -> None:
        """Send packets that were just committed, without waiting for it."""
        for packet in packets:
            self._count += len(packet["keys"])
            task = self._supervisor.run_once("outbox send", self._send(packet))
            self._underway.add(task)
            task.add_done_callback(self._underway.discard)
        if self._count > _ROOM:
            self._free.clear()

    async def room(self) -> None:
        """Wait briefly while much more has been committed than sent."""
        if not self._free.is_set():
            await wait_for_event(self._free, self._addresses.lease_seconds / 2)

    async def finish(self) -> None:
        """Finish sending; what can't be sent in time stays in the outbox."""
        if self._underway:
            await asyncio.wait(self._underway, timeout=_FINISH_SECONDS)
        self.abandon()

    def abandon(self) -> None:
        """Stop sending at once; unsent messages stay in the outbox."""
        for task in self._underway:
            task.cancel()

    async def _send(self, packet: Json) -> None:
        try:
            await self.deliver(packet)
        except (TransientError, PyMongoError) as error:
            reason = error.reason if isinstance(error, TransientError) else describe(error)
            _log.info("outbox_not_sent_yet", messages=len(packet["keys"]), reason=reason)
        finally:
            self._count -= len(packet["keys"])
            if self._count <= _ROOM:
                self._free.set()

    async def deliver(self, packet: Json) -> bool:
        """Publish a packet and record its confirmation; return whether all of it was confirmed."""
        return await self._deliver(packet, outbox.messages_of(packet))

    async def _deliver(self, packet: Json, messages: Sequence[Message]) -> bool:
        with sending(packet["queue"], messages):
            confirmed = await self._broker.publish(messages)
        if len(confirmed) < len(messages):
            await outbox.release(self._database, packet, self._clock.now())
            return False
        await outbox.mark_sent(self._database, packet, self._clock.now())
        return True

    async def sweep(self, closing: asyncio.Event, beat: Beat) -> None:
        """Poll for packets that are unsent, finished, or lost by RabbitMQ, until the engine is closed."""
        while not await wait_for_event(closing, self._addresses.poll_seconds):
            for step in (self.send_what_is_left, self.look_at_what_is_due):
                beat()
                try:
                    await step(beat)
                except (TransientError, PyMongoError) as error:
                    reason = error.reason if isinstance(error, TransientError) else describe(error)
                    _log.info("outbox_poll_failed", reason=reason)

    async def send_what_is_left(self, beat: Beat = no_beat) -> None:
        """Send of packets whose relay no longer runs, or that were not confirmed, what is not finished; each once.

        A queue that takes nothing holds up its own packets only: no more of them are sent until the next time.
        """
        began = self._clock.now()
        held_up: list[str] = []
        while True:
            beat()
            until = self._clock.now() + self._addresses.lease_seconds
            packet = await outbox.take_unsent(self._database, began, until, held_up)
            if packet is None:
                return
            left = set(await open_packets.unfinished(self._database, packet["keys"]))
            messages = [m for m in outbox.messages_of(packet) if outbox.entry_id(m) in left]
            if not await self._deliver(packet, messages):
                held_up.append(packet["queue"])

    async def look_at_what_is_due(self, beat: Beat = no_beat) -> None:
        """Delete handled packets; publish messages of the others again that RabbitMQ no longer has."""
        now = self._clock.now()
        packets = await open_packets.due(self._database, now)
        if not packets:
            return
        for packet, left in await open_packets.settle(self._database, packets, now):
            beat()
            if packet["sent_at"] < now - self._addresses.resend_seconds:
                await self._send_again(packet, left, now)

    async def _send_again(self, packet: Json, left: Sequence[str], now: float) -> None:
        """Publish messages again that are neither in their queue nor with any process.

        While this process has others of the queue, one that is missing for the first time may be on its way or done by
        now: only what was missing at the previous check too is lost.
        """
        inflow = self._broker.inflows.get(packet["queue"])
        if inflow is None:
            return
        if await self._broker.ready_count(packet["queue"]):
            return
        since = now - self._addresses.resend_seconds
        here = inflow.keys()
        lost = await open_packets.lost(self._database, left, now, since) - here
        before, self._missed[packet["_id"]] = self._missed.pop(packet["_id"], set()), lost
        if len(self._missed) > _MISSED:
            del self._missed[next(iter(self._missed))]
        if here:
            lost = lost & before
        whole = await self._database[OUTBOX].find_one({"_id": packet["_id"]})
        if whole is None or not lost:
            return
        messages = [m for m in outbox.messages_of(whole) if outbox.entry_id(m) in lost]
        _log.warning("outbox_sent_again", queue=packet["queue"], messages=len(messages))
        if len(await self._broker.publish(messages)) == len(messages):
            await outbox.mark_sent(self._database, packet, now)
