"""RabbitMQ: one connection to send by, one to receive by, each opened again whenever it is lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import aiormq
import structlog
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, PublishError
from pamqp import commands as spec
from pamqp.common import FieldTable

from tis_esr.engine.errors import Transient
from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.production.consuming import Inflow
from tis_esr.engine.production.topology import EXCHANGE, Queue, declare, own_key

_log = structlog.get_logger()

TROUBLE = (AMQPError, ChannelInvalidStateError, OSError, asyncio.TimeoutError, RuntimeError)
_IN_FLIGHT = 200
_CONFIRM_SECONDS = 30.0
_LONGEST_PAUSE = 5.0


class Broker:
    """See the module. ``queues`` is the whole topology; only queues asked for by ``consume`` are read."""

    def __init__(self, url: str, queues: Sequence[Queue]) -> None:
        self._url = url
        self._queues = {queue.name: queue for queue in queues}
        self.inflows: dict[str, Inflow] = {}
        self._sending: AbstractConnection | None = None
        self._receiving: AbstractConnection | None = None
        self._channel: Channel | None = None
        self._send_lock = asyncio.Lock()
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Say whether messages can be received now."""
        return self._receiving is not None and not self._receiving.is_closed

    def consume(self, queues: Iterable[str]) -> None:
        """Begin to receive these queues' messages, and go on for as long as the broker is open."""
        for name in queues:
            self.inflows.setdefault(name, Inflow(name, asyncio.Event()))
        self._lost.set()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_receiving())

    async def stop_consuming(self) -> None:
        """Receive nothing more; what was delivered may still be acknowledged."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        for inflow in self.inflows.values():
            inflow.waiting.clear()

    async def close(self) -> None:
        """Let go of both connections; RabbitMQ hands what was not acknowledged to others."""
        await self.stop_consuming()
        for connection in (self._sending, self._receiving):
            if connection is not None:
                with contextlib.suppress(*TROUBLE):
                    await asyncio.wait_for(connection.close(), 5)

    async def publish(self, messages: Sequence[Message]) -> list[Message]:
        """Send messages; return those that RabbitMQ has confirmed. Raises Transient where it can't be reached."""
        channel = await self._channel_to_send()
        done = await asyncio.gather(*(self._publish(channel, m) for m in messages), return_exceptions=True)
        confirmed, unroutable = [], False
        for message, outcome in zip(messages, done, strict=True):
            if outcome is None:
                confirmed.append(message)
            elif isinstance(outcome, PublishError):
                unroutable = True
            elif not isinstance(outcome, TROUBLE):
                raise outcome
        if unroutable:
            await self._declare_again()
        return confirmed

    async def _publish(self, channel: Channel, message: Message) -> None:
        async with self._in_flight:
            confirmation = await channel.basic_publish(
                message.body,
                exchange=EXCHANGE,
                routing_key=own_key(message.queue),
                properties=properties(message),
                mandatory=True,
                timeout=_CONFIRM_SECONDS,
                wait=False,
            )
        if not isinstance(confirmation, spec.Basic.Ack):
            raise ConnectionError("not confirmed")

    async def _channel_to_send(self) -> Channel:
        async with self._send_lock:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            try:
                if self._sending is None or self._sending.is_closed:
                    self._sending = await connect(self._url)
                    self._sending.closing.add_done_callback(self._note_lost)
                self._channel = await _confirming(self._sending)
            except TROUBLE as error:
                raise Transient(f"RabbitMQ: {type(error).__name__}") from error
            return self._channel

    async def _declare_again(self) -> None:
        """A queue is gone: make it anew, so that the messages find it when they are sent again."""
        _log.warning("queues made anew")
        with contextlib.suppress(*TROUBLE):
            if self._sending is not None:
                channel = await self._sending.channel()
                await declare(channel, self._queues.values())
                await channel.close()

    async def ready_count(self, queue: str) -> int:
        """Return how many messages wait in a queue undelivered. Raises Transient."""
        await self._channel_to_send()
        try:
            if self._sending is None:
                raise ConnectionError
            channel = await self._sending.channel()
            try:
                answer = await channel.queue_declare(queue, passive=True, timeout=10)
            finally:
                with contextlib.suppress(*TROUBLE):
                    await channel.close()
        except TROUBLE as error:
            raise Transient(f"RabbitMQ: {type(error).__name__}") from error
        return answer.message_count or 0

    async def _keep_receiving(self) -> None:
        pause = 0.1
        while True:
            self._lost.clear()
            try:
                if self._receiving is None or self._receiving.is_closed:
                    self._receiving = await connect(self._url)
                    self._receiving.closing.add_done_callback(self._note_lost)
                    await self._with_channel(lambda channel: declare(channel, self._queues.values()))
                for inflow in list(self.inflows.values()):
                    await self._receive(inflow)
                pause = 0.1
                await self._lost.wait()
            except TROUBLE as error:
                if _cancelled():
                    return
                _log.info("rabbitmq is away", reason=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _receive(self, inflow: Inflow) -> None:
        if (
            inflow.channel is not None
            and not inflow.channel.is_closed
            and inflow.channel.connection is self._receiving
        ):
            return
        if self._receiving is None:
            return
        channel = await self._receiving.channel(publisher_confirms=False)
        queue = self._queues[inflow.queue]
        inflow.attach(channel)
        await channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
        for key in queue.keys:
            await channel.queue_bind(queue.name, EXCHANGE, key)
        await channel.basic_qos(prefetch_count=queue.prefetch)

        async def cancelled(_: object) -> None:
            await channel.close()

        channel.on_consumer_cancel_callbacks.add(cancelled)
        channel.closing.add_done_callback(self._note_lost)
        await channel.basic_consume(queue.name, inflow.deliver)

    def _note_lost(self, closing: "asyncio.Future[Any]") -> None:
        """Wake the keeper; why it was closed is looked at so that asyncio does not complain about it."""
        if not closing.cancelled():
            closing.exception()
        self._lost.set()

    async def _with_channel(self, call: Callable[[AbstractChannel], Awaitable[None]]) -> None:
        if self._receiving is None:
            return
        channel = await self._receiving.channel()
        await call(channel)
        await channel.close()


def _cancelled() -> bool:
    """Say whether this task is to end; within a call of RabbitMQ's library a cancellation can become its error."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _confirming(connection: AbstractConnection) -> Channel:
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    if not isinstance(channel, Channel):
        raise TypeError("aiormq opens channels of its own kind")
    return channel


async def connect(url: str) -> AbstractConnection:
    """Open a connection within ten seconds."""
    return await asyncio.wait_for(aiormq.connect(url), 10)


def properties(message: Message) -> spec.Basic.Properties:
    """Return the envelope; the trace's ids follow from the row that began it, so that all hops share it."""
    headers: FieldTable = {
        "sourceFile": message.source_file,
        "deanery": message.deanery,
        "row": message.row,
        "lastRow": message.last_row,
        "traceparent": f"00-{derived_id(message.correlation_id)}-{derived_id(message.id)[:16]}-01",
    }
    return spec.Basic.Properties(
        content_type="application/json",
        delivery_mode=2,
        app_id="ESR",
        message_type=own_key(message.queue),
        message_id=message.id,
        correlation_id=message.correlation_id,
        headers=headers,
    )
