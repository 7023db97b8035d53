"""Deliveries from RabbitMQ that are not acknowledged yet, by queue."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import uuid4

from pika import BasicProperties

from tis_esr.engine.envelope import Message
from tis_esr.engine.production.mongodb.outbox import entry_id
from tis_esr.engine.production.rabbitmq.amqp import Channel

_LONGEST = 2.0


@dataclass(eq=False)
class Delivery:
    """One delivery of a message; ``ready`` is the engine's time from which it may be claimed."""

    message: Message
    tag: int
    ready: float = 0.0
    settled: bool = False


@dataclass
class ConsumerBuffer:
    """The deliveries of one queue on the current channel."""

    queue: str
    changed: asyncio.Event
    channel: Channel | None = None
    waiting: deque[Delivery] = field(default_factory=deque)
    handed_out: dict[str, list[Delivery]] = field(default_factory=dict)
    _unsettled: deque[Delivery] = field(default_factory=deque)

    def attach(self, channel: Channel) -> None:
        """Begin with a new channel: what the old one delivered will be delivered again."""
        self.channel = channel
        self.waiting.clear()
        self.handed_out.clear()
        self._unsettled.clear()

    def receiver(self, channel: Channel) -> Callable[[int, BasicProperties, bytes], None]:
        """Return a callback that collects the deliveries of a channel as long as it is the current one."""

        def deliver(tag: int, properties: BasicProperties, body: bytes) -> None:
            if channel is self.channel:
                delivery = Delivery(read(properties, body, self.queue), tag)
                self.waiting.append(delivery)
                self._unsettled.append(delivery)
                self.changed.set()

        return deliver

    async def gathered(self, limit: int, linger: float) -> None:
        """Wait while more messages arrive, for two seconds at most: a transaction is expensive, a message in it cheap."""
        for _ in range(int(_LONGEST / linger)):
            before = len(self.waiting)
            if not 0 < before < limit:
                return
            await asyncio.sleep(linger)
            if len(self.waiting) == before:
                return

    def take(self, limit: int, now: float) -> list[Message]:
        """Return up to ``limit`` ready messages, each with any second copy of it."""
        taken: list[Message] = []
        later: list[Delivery] = []
        while self.waiting and len(taken) < limit:
            delivery = self.waiting.popleft()
            key = entry_id(delivery.message)
            if delivery.ready > now:
                later.append(delivery)
            elif key in self.handed_out:
                self.handed_out[key].append(delivery)
            else:
                self.handed_out[key] = [delivery]
                taken.append(delivery.message)
        self.waiting.extendleft(reversed(later))
        return taken

    def put_back(self, messages: Iterable[Message], ready: float) -> None:
        """Keep messages for later, unacknowledged."""
        for message in messages:
            for delivery in self.handed_out.pop(entry_id(message), ()):
                delivery.ready = ready
                self.waiting.append(delivery)
        self.changed.set()

    def keys(self) -> set[str]:
        """Return the keys of all unacknowledged messages, claimed or waiting."""
        return {entry_id(delivery.message) for delivery in self.waiting} | self.handed_out.keys()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Acknowledge messages to RabbitMQ; if it can't be reached, it will deliver them again."""
        others = []
        for message in messages:
            for delivery in self.handed_out.pop(entry_id(message), ()):
                delivery.settled = True
                others.append(delivery.tag)
        up_to = 0
        while self._unsettled and self._unsettled[0].settled:
            up_to = self._unsettled.popleft().tag
        if self.channel is None:
            return
        if up_to:
            self.channel.acknowledge(up_to, up_to=True)
        gone = {tag for tag in others if tag > up_to}
        for tag in gone:
            self.channel.acknowledge(tag, up_to=False)
        if gone:
            self._unsettled = deque(d for d in self._unsettled if d.tag not in gone)


def read(properties: BasicProperties, body: bytes, queue: str) -> Message:
    """Return the message in our envelope; one published manually may lack headers, and has the defaults.

    One without a message id gets an id for each delivery: it takes effect at least once, and again if it is delivered
    again before it is acknowledged.
    """
    headers = properties.headers or {}
    identity = str(properties.message_id or uuid4().hex)
    return Message(
        id=identity,
        queue=queue,
        correlation_id=str(properties.correlation_id or identity),
        source_file=str(headers.get("sourceFile", "")),
        deanery=str(headers.get("deanery", "")),
        row=_number(headers.get("row")),
        last_row=_number(headers.get("lastRow")),
        body=body,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
