"""RabbitMQ: one connection for publishing, one for consuming, each reopened whenever it is lost."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from pika import BasicProperties
from pika.exceptions import AMQPError

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.message_traces import traceparent
from tis_esr.engine.production.rabbitmq.amqp import Connection, Sender, UnroutableMessagesError, connect
from tis_esr.engine.production.rabbitmq.deliveries import ConsumerBuffer
from tis_esr.engine.production.rabbitmq.topology import EXCHANGE, Queue, declare, declare_one, own_key
from tis_esr.engine.supervision import Beat, Supervisor, wait_for_event

_log = structlog.get_logger()

TROUBLE = (AMQPError, OSError, TimeoutError)
_IN_FLIGHT = 200
_CONFIRM_SECONDS = 30.0
_LONGEST_PAUSE = 5.0
_BEAT_SECONDS = 30.0


class Broker:
    """Both connections to RabbitMQ. ``queues`` is the whole topology; only the queues of ``consume`` are read."""

    def __init__(self, url: str, queues: Sequence[Queue], supervisor: Supervisor) -> None:
        self._url = url
        self._supervisor = supervisor
        self._queues = {queue.name: queue for queue in queues}
        self.inflows: dict[str, ConsumerBuffer] = {}
        self._sending: Connection | None = None
        self._receiving: Connection | None = None
        self._sender: Sender | None = None
        self._send_lock = asyncio.Lock()
        self._not_connected = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._closed = False

    @property
    def connected(self) -> bool:
        """Return whether messages can be received now."""
        return self._receiving is not None and self._receiving.is_open

    def linger(self, queue: str) -> float:
        """Return how long no message must have arrived before a batch that is not full begins."""
        return self._queues[queue].linger

    def consume(self, queues: Iterable[str]) -> None:
        """Consume these queues until the broker is closed."""
        for name in queues:
            self.inflows.setdefault(name, ConsumerBuffer(name, asyncio.Event()))
        self._lost.set()
        if self._keeper is None and not self._closed:
            self._keeper = self._supervisor.start("rabbitmq receiver", self._keep_receiving)

    async def stop_consuming(self) -> None:
        """Stop consuming; deliveries may still be acknowledged."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        for inflow in self.inflows.values():
            inflow.waiting.clear()

    async def close(self) -> None:
        """Close both connections; RabbitMQ delivers unacknowledged messages to others."""
        self._closed = True
        await self.stop_consuming()
        connections = [one for one in (self._sending, self._receiving) if one is not None]
        await asyncio.gather(*(one.close() for one in connections), return_exceptions=True)

    async def publish(self, messages: Sequence[Message]) -> list[Message]:
        """Publish messages; return those that RabbitMQ has confirmed, up to the first 200 that it has not.

        Raises TransientError if it can't be reached, or accepts nothing because of an alarm: what is published then
        stays in buffers on its way, and would be published twice.
        """
        sender = await self._channel_to_send()
        confirmed: list[Message] = []
        for start in range(0, len(messages), _IN_FLIGHT):
            window = messages[start : start + _IN_FLIGHT]
            outgoing = [(own_key(m.queue), properties(m), m.body) for m in window]
            try:
                outcomes = await sender.send(EXCHANGE, outgoing, _CONFIRM_SECONDS)
            except AMQPError:
                break
            except UnroutableMessagesError as error:
                outcomes = error.confirmed
                await self._declare_again()
            confirmed += [message for message, taken in zip(window, outcomes, strict=True) if taken]
            if not all(outcomes):
                break
        return confirmed

    async def _channel_to_send(self) -> Sender:
        clock = asyncio.get_running_loop().time
        began = clock()
        async with self._send_lock:
            if self._sending is not None and self._sending.is_open and self._sending.is_blocked:
                raise TransientError("RabbitMQ accepts no messages: its memory or disk alarm is raised")
            if self._sender is not None and self._sender.is_open:
                return self._sender
            if self._not_connected > began:  # while this call waited for its turn
                raise TransientError("RabbitMQ: could not connect")
            try:
                if self._sending is None or not self._sending.is_open:
                    self._sending = await connect(self._url)
                self._sender = await self._sending.sender()
            except TROUBLE as error:
                self._not_connected = clock()
                raise TransientError(f"RabbitMQ: {type(error).__name__}") from error
            return self._sender

    async def _declare_again(self) -> None:
        """A queue was deleted: create it again, so that the messages can be sent again."""
        _log.warning("queues_created_again")
        with contextlib.suppress(*TROUBLE):
            if self._sending is not None:
                channel = await self._sending.channel()
                await declare(channel, self._queues.values())
                await channel.close()

    async def ready_count(self, queue: str) -> int:
        """Return the number of ready messages in a queue, on the connection that no alarm blocks. Raises TransientError."""
        try:
            if self._receiving is None:
                raise ConnectionError
            channel = await self._receiving.channel()
            try:
                return await channel.declare_queue(queue, passive=True)
            finally:
                await channel.close()
        except TROUBLE as error:
            raise TransientError(f"RabbitMQ: {type(error).__name__}") from error

    async def _keep_receiving(self, beat: Beat) -> None:
        pause = 0.1
        while True:
            beat()
            self._lost.clear()
            try:
                if self._receiving is None or not self._receiving.is_open:
                    self._receiving = await connect(self._url)
                    self._receiving.closed.add_done_callback(self._note_lost)
                    channel = await self._receiving.channel()
                    await declare(channel, self._queues.values())
                    await channel.close()
                await self._receive_all(self._receiving, beat)
                pause = 0.1
            except TROUBLE as error:
                _log.info("rabbitmq_unavailable", reason=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            await wait_for_event(self._lost, _BEAT_SECONDS)

    async def _receive_all(self, connection: Connection, beat: Beat) -> None:
        """Begin with every queue that is not received yet; raise an error when the others have begun."""
        errors = []
        for inflow in list(self.inflows.values()):
            beat()
            try:
                await self._receive(inflow, connection)
            except TROUBLE as error:
                errors.append(error)
        if errors:
            raise errors[0]

    async def _receive(self, inflow: ConsumerBuffer, connection: Connection) -> None:
        if inflow.channel is not None and inflow.channel.is_open:
            return
        channel = await connection.channel()
        channel.closed.add_done_callback(self._note_lost)
        queue = self._queues[inflow.queue]
        await declare_one(channel, queue)
        inflow.attach(channel)
        await channel.consume(queue.name, queue.prefetch, inflow.receiver(channel))

    def _note_lost(self, _: "asyncio.Future[Any]") -> None:
        """Wake the keeper."""
        self._lost.set()


def properties(message: Message) -> BasicProperties:
    """Return the envelope; the trace context follows from it, and is also there for other programs."""
    headers = {
        "sourceFile": message.source_file,
        "deanery": message.deanery,
        "row": message.row,
        "traceparent": traceparent(message),
    }
    if message.last_row:
        headers["lastRow"] = message.last_row
    return BasicProperties(
        content_type="application/json",
        delivery_mode=2,
        app_id="ESR",
        type=own_key(message.queue),
        message_id=message.id,
        correlation_id=message.correlation_id,
        headers=headers,
    )
