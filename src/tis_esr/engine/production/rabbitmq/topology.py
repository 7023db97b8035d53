"""The topology in RabbitMQ: one topic exchange, and a quorum queue for each queue of a handler."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tis_esr.engine.production.rabbitmq.amqp import Channel
from tis_esr.engine.runner import Handler

EXCHANGE = "esr"
DEAD = "esr.queue.dead"
DELIVERY_LIMIT = 1000
_PREFIX = "esr.queue."
SINGLE_ACTIVE_PREFETCH = 100
"""No other process reads the queue, and a message that waits for its next attempt must not hold up those behind it."""

ARGUMENTS: Mapping[str, Any] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": DEAD,
    "x-dead-letter-strategy": "at-least-once",
}
"""Explicit, because their defaults differ between RabbitMQ 3.10 and 4.x.

Attempts are counted by the inbox. A message that RabbitMQ dead-letters anyway is kept in the dead queue for inspection,
and published again from the outbox.
"""


@dataclass(frozen=True)
class Queue:
    """A queue, its routing keys, whether it has a single active consumer, and its linger time."""

    name: str
    keys: tuple[str, ...]
    prefetch: int
    single_active: bool
    linger: float = 0.02

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the arguments of its declaration."""
        return {**ARGUMENTS, **({"x-single-active-consumer": True} if self.single_active else {})}


def own_key(queue: str) -> str:
    """Return the routing key of one queue only: its name without ``esr.queue.``."""
    return queue.removeprefix(_PREFIX)


def queues(handlers: Iterable[Handler]) -> list[Queue]:
    """Return the queues of handlers, each bound to its shared routing key and to its own."""
    return [
        Queue(
            handler.queue,
            tuple(dict.fromkeys((handler.routing_key, own_key(handler.queue)))),
            prefetch=SINGLE_ACTIVE_PREFETCH
            if handler.single_active
            else min((handler.at_once + 1) * handler.batch, 2000),
            single_active=handler.single_active,
            linger=handler.linger,
        )
        for handler in handlers
    ]


async def declare(channel: Channel, wanted: Iterable[Queue]) -> None:
    """Create missing exchange, queues and bindings; raises if one exists with different arguments."""
    await channel.declare_exchange(EXCHANGE)
    await channel.declare_queue(DEAD, {"x-queue-type": "quorum"})
    for queue in wanted:
        await declare_one(channel, queue)


async def declare_one(channel: Channel, queue: Queue) -> None:
    """Create a queue with its bindings."""
    await channel.declare_queue(queue.name, queue.arguments)
    for key in queue.keys:
        await channel.bind(queue.name, EXCHANGE, key)
