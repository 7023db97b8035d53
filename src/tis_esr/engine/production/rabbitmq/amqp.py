"""RabbitMQ through pika, with awaitable calls: each returns, or fails with the reason that closed its channel, within half a minute."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pika import BasicProperties, URLParameters
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel as PikaChannel
from pika.exceptions import AMQPConnectionError, AMQPError
from pika.spec import Basic

from tis_esr.errors import TisEsrError

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
"""RabbitMQ answers within a second, unless it has blocked the connection, has lost its majority, or is gone."""
_CLOSE_SECONDS = 5.0
_HEARTBEAT_SECONDS = 60
Arguments = Mapping[str, Any]
Outgoing = tuple[str, BasicProperties, bytes]
"""Routing key, envelope and body."""


class UnansweredError(AMQPConnectionError):
    """RabbitMQ did not answer a call in time; its connection was ended, because everything on it waits for that answer."""


class Channel:
    """One channel. ``closed`` gets the reason when it closes, from either side."""

    def __init__(self, channel: PikaChannel) -> None:
        self._channel = channel
        self._asked: set[asyncio.Future[Any]] = set()
        self.closed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        channel.add_on_close_callback(self._on_closed)

    @property
    def is_open(self) -> bool:
        """Return whether calls can be made."""
        return bool(self._channel.is_open)

    async def declare_exchange(self, name: str, *, kind: str = "topic", passive: bool = False) -> None:
        """Declare a durable exchange, or check that an existing one has the same arguments."""
        declare = partial(self._channel.exchange_declare, name, passive=passive, durable=not passive)
        await self._answer(partial(declare, exchange_type=kind))

    async def declare_queue(
        self, name: str, arguments: Arguments | None = None, *, passive: bool = False
    ) -> int:
        """Declare a durable queue, or check that an existing one has the same arguments; return its number of ready messages."""
        declare = partial(self._channel.queue_declare, name, passive=passive, durable=not passive)
        answer = await self._answer(partial(declare, arguments=dict(arguments or {})))
        return int(answer.method.message_count)

    async def consumers(self, queue: str) -> int:
        """Return the number of consumers of an existing queue."""
        answer = await self._answer(partial(self._channel.queue_declare, queue, passive=True))
        return int(answer.method.consumer_count)

    async def purge(self, queue: str) -> None:
        """Remove all ready messages of an existing queue."""
        await self._answer(partial(self._channel.queue_purge, queue))

    async def bind(self, queue: str, exchange: str, key: str) -> None:
        """Bind the queue to the exchange with this routing key."""
        await self._answer(partial(self._channel.queue_bind, queue, exchange, key))

    async def consume(
        self, queue: str, prefetch: int, deliver: Callable[[int, BasicProperties, bytes], None]
    ) -> None:
        """Consume a queue: tag, envelope, body. If RabbitMQ cancels the consumer, the channel closes."""
        await self._answer(partial(self._channel.basic_qos, prefetch_count=prefetch))
        self._channel.add_on_cancel_callback(lambda _: self._channel.close())

        def on_message(_: PikaChannel, method: Any, properties: BasicProperties, body: bytes) -> None:
            deliver(method.delivery_tag, properties, body)

        await self._answer(partial(self._channel.basic_consume, queue, on_message))

    def acknowledge(self, tag: int, *, up_to: bool) -> None:
        """Acknowledge a delivery, or all up to it; RabbitMQ delivers unacknowledged messages again."""
        with contextlib.suppress(AMQPError):
            self._channel.basic_ack(tag, multiple=up_to)

    def publish(self, exchange: str, routing_key: str, properties: BasicProperties, body: bytes) -> None:
        """Publish a message without waiting; only a Sender notices that a message was returned."""
        self._channel.basic_publish(exchange, routing_key, body, properties, mandatory=True)

    async def close(self) -> None:
        """Close it; does nothing if it is closed already."""
        with contextlib.suppress(AMQPError):
            self._channel.close()
        if not self._channel.is_closed:
            await asyncio.wait([self.closed], timeout=_CLOSE_SECONDS)
        if not self._channel.is_closed:
            self._channel.connection.abort()

    async def _answer(self, call: Callable[..., Any]) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked.add(answer)
        answer.add_done_callback(self._asked.discard)
        try:
            call(callback=lambda frame: None if answer.done() else answer.set_result(frame))
            await asyncio.wait([answer], timeout=_ANSWER_SECONDS)
            if not answer.done():
                self._channel.connection.abort()
                raise UnansweredError
            return answer.result()
        finally:
            answer.cancel()

    def _on_closed(self, _: PikaChannel, reason: BaseException) -> None:
        for asked in list(self._asked):
            if not asked.done():
                asked.set_exception(reason)
        if not self.closed.done():
            self.closed.set_result(reason)


class UnroutableMessagesError(TisEsrError):
    """Some messages were returned because no queue is bound to their key; the others may have been confirmed."""

    def __init__(self, confirmed: list[bool]) -> None:
        super().__init__("no queue takes some of the messages")
        self.confirmed = confirmed


class Sender(Channel):
    """A channel with publisher confirms: reports for each message whether RabbitMQ has confirmed it."""

    def __init__(self, channel: PikaChannel) -> None:
        super().__init__(channel)
        self._tag = 0
        self._under_way: dict[int, tuple[Outgoing, asyncio.Future[bool]]] = {}
        self._returned: set[tuple[str, str | None]] = set()
        self.closed.add_done_callback(lambda _: self._settle(list(self._under_way), taken=False))

    async def begin(self) -> None:
        """Enable confirms; call it once, before the first ``send``."""
        self._channel.add_on_return_callback(self._on_return)
        await self._answer(partial(self._channel.confirm_delivery, self._on_confirm))

    async def send(self, exchange: str, messages: Sequence[Outgoing], seconds: float) -> list[bool]:
        """Publish messages; return for each whether it was confirmed within ``seconds``.

        Raises UnroutableMessagesError.
        """
        outcomes: list[asyncio.Future[bool]] = []
        tags: list[int] = []
        try:
            for message in messages:
                key, properties, body = message
                self.publish(exchange, key, properties, body)
                self._tag += 1
                outcomes.append(asyncio.get_running_loop().create_future())
                self._under_way[self._tag] = message, outcomes[-1]
                tags.append(self._tag)
            await asyncio.wait(outcomes, timeout=seconds)
        finally:
            for tag in tags:  # a confirmation that comes later no longer counts
                self._under_way.pop(tag, None)
        confirmed = [outcome.done() and outcome.result() for outcome in outcomes]
        came_back = {_name(message) for message in messages} & self._returned
        if came_back:
            self._returned -= came_back
            raise UnroutableMessagesError(confirmed)
        return confirmed

    def _on_return(self, _: PikaChannel, method: Any, properties: BasicProperties, _body: bytes) -> None:
        self._returned.add((method.routing_key, properties.message_id))

    def _on_confirm(self, frame: Any) -> None:
        tag, taken = frame.method.delivery_tag, isinstance(frame.method, Basic.Ack)
        if not frame.method.multiple:
            return self._settle([tag], taken=taken)
        settled = []
        for one in self._under_way:  # in the order of their tags
            if one > tag:
                break
            settled.append(one)
        return self._settle(settled, taken=taken)

    def _settle(self, tags: Sequence[int], *, taken: bool) -> None:
        for tag in tags:
            if under_way := self._under_way.pop(tag, None):
                message, outcome = under_way
                outcome.set_result(taken and _name(message) not in self._returned)


class _Adapter(AsyncioConnection):
    """Sends everything written in one iteration of the loop at once; pika makes a system call for each frame."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pieces: list[bytes] = []
        super().__init__(*args, **kwargs)

    def _adapter_emit_data(self, data: bytes) -> None:
        if not self._pieces:
            asyncio.get_running_loop().call_soon(self._emit)
        self._pieces.append(data)

    def _emit(self) -> None:
        whole = b"".join(self._pieces)
        self._pieces.clear()
        if not self.is_closed:
            super()._adapter_emit_data(whole)

    def abort(self) -> None:
        """End the connection at once, without a word to a server that no longer answers."""
        if not self.is_closed:
            self._terminate_stream(UnansweredError())


class Connection:
    """One connection. ``closed`` gets the reason when it closes, from either side.

    While ``is_blocked``, RabbitMQ reads none of its frames: an alarm is raised, and it has published.
    """

    def __init__(self, connection: _Adapter, closed: "asyncio.Future[BaseException]") -> None:
        self._connection = connection
        self.closed = closed
        self.is_blocked = False
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)

    @property
    def is_open(self) -> bool:
        """Return whether channels can be opened."""
        return bool(self._connection.is_open)

    @property
    def server_version(self) -> str:
        """Return the version that RabbitMQ reports."""
        return str((self._connection.server_properties or {}).get("version", "0.0"))

    @property
    def cluster_name(self) -> str:
        """Return the name of the cluster that RabbitMQ reports, "" if it reports none."""
        name = (self._connection.server_properties or {}).get("cluster_name", "")
        return name.decode(errors="replace") if isinstance(name, bytes) else str(name)

    async def channel(self) -> Channel:
        """Open a channel."""
        return Channel(await self._opened())

    async def sender(self) -> Sender:
        """Open a channel with confirms."""
        sender = Sender(await self._opened())
        await sender.begin()
        return sender

    async def close(self) -> None:
        """Close it with its channels; does nothing if it is closed already."""
        with contextlib.suppress(AMQPError):
            self._connection.close()
        try:
            if not self._connection.is_closed:
                await asyncio.wait([self.closed], timeout=_CLOSE_SECONDS)
        finally:
            self._connection.abort()

    def _on_blocked(self, *_: object) -> None:
        self.is_blocked = True

    def _on_unblocked(self, *_: object) -> None:
        self.is_blocked = False

    async def _opened(self) -> PikaChannel:
        opened: asyncio.Future[PikaChannel] = asyncio.get_running_loop().create_future()
        self._connection.channel(on_open_callback=opened.set_result)
        either: set[asyncio.Future[Any]] = {opened, self.closed}
        await asyncio.wait(either, timeout=_ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if opened.done():
            return opened.result()
        opened.cancel()
        if self.closed.done():
            raise self.closed.result()
        self._connection.abort()
        raise UnansweredError


async def connect(url: str) -> Connection:
    """Open a connection within ten seconds. Raises AMQPError, OSError, TimeoutError; ValueError for a bad URL."""
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[None] = loop.create_future()
    closed: asyncio.Future[BaseException] = loop.create_future()

    def on_error(_: object, error: BaseException) -> None:
        if not opened.done():  # what isn't AMQP's own is about sockets and TLS
            known = isinstance(error, AMQPError)
            opened.set_exception(error if known else ConnectionError(type(error).__name__))

    connection = _Adapter(
        _parameters(url),
        on_open_callback=lambda _: None if opened.done() else opened.set_result(None),
        on_open_error_callback=on_error,
        on_close_callback=lambda _, reason: None if closed.done() else closed.set_result(reason),
    )
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):  # wait_for can lose a cancellation
            await opened
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(AMQPError):
            connection.close()
        raise
    return Connection(connection, closed)


def _parameters(url: str) -> URLParameters:
    """Parse a URL strictly: pika uses defaults, such as localhost, for missing parts."""
    parts = urlsplit(url)
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise ValueError("not a valid RabbitMQ URL")
    parameters = URLParameters(url)
    if parameters.heartbeat is None:  # a server may suggest none
        parameters.heartbeat = _HEARTBEAT_SECONDS
    return parameters


def _name(message: Outgoing) -> tuple[str, str | None]:
    key, properties, _ = message
    return key, properties.message_id
